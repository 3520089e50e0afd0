// SPDX-License-Identifier: GPL-2.0
/*
 * The daemon: one object that owns everything, in the order in which it is made.
 *
 * Start: the processes for name servers and for PAM, configuration, control socket, UDP, netlink, privileges, engine. Each step undoes those before it
 * when it fails, in reverse, by the one function that also ends a daemon that ran.
 */
#include "daemon/daemon.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/setup.h"
#include "daemon/ctl_json.h"
#include "daemon/ctl_proto.h"
#include "daemon/heap.h"
#include "daemon/kernel_watch.h"
#include "daemon/net_watch.h"
#include "daemon/notify.h"
#include "daemon/privs.h"
#include "daemon/reload.h"
#include "daemon/requests.h"
#include "daemon/streams.h"
#include "lib/log.h"

/* Peers get this long to answer our goodbye. */
#define GOODBYE_MS	3000
/* Jobs that are still running get this long to end. */
#define DRAIN_MS	2000

/* The protocols spoken. */
#define KEYWAYD_SPEAKS(version) extern const struct ike_version version;
#include "daemon/trace.h"
#include "daemon/versions.h"
#undef KEYWAYD_SPEAKS

#define KEYWAYD_SPEAKS(version) &(version),
static const struct ike_version *const versions[] = {
#include "daemon/versions.h"
};


/* The engine's doors ------------------------------------------------------------------------- */

static int net_send(void *ctx, enum net_socket socket, const struct endpoint *local,
		    const struct endpoint *remote, struct kw_span datagram)
{
	struct daemon *d = ctx;

	if (socket == NET_SOCKET_TCP)
		return tcp_send(d->tcp, local, remote, datagram);
	return udp_send(d->udp, socket == NET_SOCKET_NATT ? UDP_NATT : UDP_IKE, local, remote, datagram);
}

static void net_keepalive(void *ctx, const struct endpoint *local, const struct endpoint *remote)
{
	struct daemon *d = ctx;

	udp_keepalive(d->udp, local, remote);
}

static int net_source(void *ctx, const struct ip_addr *remote, struct ip_addr *local)
{
	struct daemon *d = ctx;

	return udp_source(d->udp, remote, local);
}

static const struct env_net_ops net_ops = {
	.send = net_send,
	.keepalive = net_keepalive,
	.source = net_source,
	.dial = streams_dial,
	.take = streams_take,
	.hang_up = streams_hang_up,
};

static void on_engine_event(void *ctx, const struct engine_event *ev)
{
	struct daemon *d = ctx;

	/* Mostly nobody listens, and then it is not put into words. */
	if (!list_empty(&d->control.clients))
		control_broadcast(&d->control, ctl_json_event(ev));
}

static void fill_env(struct daemon *d)
{
	d->env = (struct env){
		.net = &net_ops, .net_ctx = d,
		.time = &env_uv_time, .time_ctx = &d->env_uv,
		.job = &env_uv_job, .job_ctx = &d->env_uv,
		.resolve = &env_uv_resolve, .resolve_ctx = &d->env_uv,
		.dialog = &env_uv_dialog, .dialog_ctx = &d->env_uv,
		.pam = &pam_process_ops, .pam_ctx = &d->pam,
		.fetch = &fetcher_ops, .fetch_ctx = d->fetcher,
		.kernel = &kernel_genl_ops, .kernel_ctx = d->kernel,
		.crash_secret = &d->crash_secret,
		.keys = key_files_add, .keys_ctx = &d->key_files,
		.dns = names_set, .dns_ctx = &d->names,
		.event = on_engine_event, .event_ctx = d,
	};
}

/* Input -------------------------------------------------------------------------------------- */

static void on_datagram(void *ctx, enum udp_kind kind, const struct endpoint *local,
			const struct endpoint *remote, struct kw_span bytes)
{
	struct daemon *d = ctx;

	if (d->engine)
		engine_input(d->engine, kind == UDP_NATT ? NET_SOCKET_NATT : NET_SOCKET_IKE, local, remote,
			     bytes);
}

static void on_udp_readable(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)status;	/* an error state is read out like a datagram */
	(void)events;
	udp_read(d->udp, (unsigned int)(poll - d->udp_poll), on_datagram, d);
}

static void poll_udp(struct daemon *d)
{
	unsigned int i;

	for (i = 0; i < UDP_SOCKETS; i++) {
		if (udp_fd(d->udp, i) < 0)
			continue;
		uv_poll_init(&d->loop, &d->udp_poll[i], udp_fd(d->udp, i));
		d->udp_poll[i].data = d;
		uv_poll_start(&d->udp_poll[i], UV_READABLE, on_udp_readable);
	}
}

/* Signals ------------------------------------------------------------------------------------ */

static void on_goodbyes_said(void *ctx)
{
	struct daemon *d = ctx;

	uv_stop(&d->loop);
}

static void on_term(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	if (d->stopping) {
		log_warn(NULL, "second signal: not waiting for peers");
		uv_stop(&d->loop);
		return;
	}
	d->stopping = true;
	log_info(NULL, "stopping on %s", signum == SIGTERM ? "SIGTERM" : "SIGINT");
	notify_send("STOPPING=1");
	engine_shutdown(d->engine, GOODBYE_MS, on_goodbyes_said, d);
}

static void on_hup(uv_signal_t *handle, int signum)
{
	struct daemon *d = handle->data;

	(void)signum;
	if (!d->stopping)
		reload_start(d, NULL, false);
}

static void catch_signal(struct daemon *d, uv_signal_t *handle, uv_signal_cb cb, int signum)
{
	uv_signal_init(&d->loop, handle);
	handle->data = d;
	uv_signal_start(handle, cb, signum);
}

/* Start and end ------------------------------------------------------------------------------ */

static int load_config(struct daemon *d, struct conf **conf, char why[DAEMON_WHY])
{
	struct conf_errors *errors = calloc(1, sizeof(*errors));
	int err;

	if (!errors) {
		snprintf(why, DAEMON_WHY, "no memory");
		return -ENOMEM;
	}
	err = conf_load(d->options.config_dir, conf, errors);
	reload_log_errors(errors);
	if (err)
		snprintf(why, DAEMON_WHY, "the configuration in %s has %u error%s", d->options.config_dir,
			 errors->n, errors->n == 1 ? "" : "s");
	free(errors);
	return err;
}

static void on_client_gone(void *ctx, const struct control_client *client)
{
	trace_client_gone(ctx, client);
}

static int open_sockets(struct daemon *d, char why[DAEMON_WHY])
{
	/* First, because it knows best who is there already. Nobody is answered before the loop runs. */
	int err = control_open(&d->control, &d->loop, d->options.socket, requests_handle, d, why, DAEMON_WHY);

	d->control.gone = on_client_gone;
	if (!err)
		err = udp_open(&d->udp, d->conf.port, d->conf.natt_port, d->conf.link, why);
	if (!err)
		err = streams_open(d, why);
	if (!err)
		err = kernel_watch_open(d, why);
	return err;
}

int daemon_start_engine(struct daemon *d, struct conf *conf, char why[DAEMON_WHY])
{
	int err;

	fill_env(d);
	err = engine_new(&d->engine, &d->env, versions, sizeof(versions) / sizeof(versions[0]));
	if (err)
		snprintf(why, DAEMON_WHY, "no memory");
	if (!err) {
		lease_file_attach(&d->leases, engine_leases(d->engine));
		err = engine_configure(d->engine, conf, false, NULL, NULL, why);
	}
	if (!err)
		return 0;
	conf_free(conf);
	if (d->engine)
		engine_free(d->engine);
	d->engine = NULL;
	return err;
}

int daemon_start(struct daemon *d, const struct daemon_options *options, char why[DAEMON_WHY])
{
	struct conf *conf = NULL;
	unsigned int n;
	int err;

	*d = (struct daemon){ .options = *options, .started = env_uv_time.wall(NULL) };
	d->env_uv.loop = &d->loop;
	d->leases.fd = -1;
	key_files_none(&d->key_files);
	names_start(&d->names);
	pam_process_start(&d->pam, NULL);
	signal(SIGPIPE, SIG_IGN);	/* control clients hang up when they like */
	err = uv_loop_init(&d->loop);
	if (err) {
		snprintf(why, DAEMON_WHY, "event loop: %s", uv_strerror(err));
		return err;
	}
	/* A signal during the start waits for the loop instead of ending us half-way. */
	catch_signal(d, &d->sighup, on_hup, SIGHUP);
	catch_signal(d, &d->sigterm, on_term, SIGTERM);
	catch_signal(d, &d->sigint, on_term, SIGINT);
	err = crypto_setup();
	if (err)
		snprintf(why, DAEMON_WHY, "the cryptographic libraries do not work");
	if (!err) {
		err = fetcher_new(&d->fetcher, &d->env_uv);
		if (err)
			snprintf(why, DAEMON_WHY, "the HTTP library does not work");
	}
	if (!err)
		err = load_config(d, &conf, why);
	if (!err) {
		reload_apply_daemon(d, conf);
		err = open_sockets(d, why);
	}
	if (!err) {
		lease_file_open(&d->leases, d->options.state_dir);
		crash_secret_open(&d->crash_secret, d->options.state_dir);
		key_files_open(&d->key_files, conf, d->options.state_dir);
		err = privs_drop(why, DAEMON_WHY);
	}
	if (err) {
		conf_free(conf);
		daemon_finish(d);
		return err;
	}
	n = conf->n;
	err = daemon_start_engine(d, conf, why);
	if (err) {
		daemon_finish(d);
		return err;
	}
	kernel_watch_start(d);
	net_watch_start(d);
	heap_watch_start(d);
	poll_udp(d);
	pam_process_attach(&d->pam, &d->loop);
	log_info(NULL, "keywayd %s: %u connection%s from %s, control socket %s", KEYWAY_VERSION, n,
		 n == 1 ? "" : "s", d->options.config_dir, d->options.socket);
	return 0;
}

void daemon_run(struct daemon *d)
{
	notify_send("READY=1");
	uv_run(&d->loop, UV_RUN_DEFAULT);
}

static void on_drain_timeout(uv_timer_t *timer)
{
	*(bool *)timer->data = true;
}

/* Closed handles and jobs end in the loop; false when one does not. */
static bool drain(struct daemon *d)
{
	bool late = false;
	uv_timer_t timer;

	uv_timer_init(&d->loop, &timer);
	timer.data = &late;
	uv_timer_start(&timer, on_drain_timeout, DRAIN_MS, 0);
	uv_unref((uv_handle_t *)&timer);
	while (!late && uv_loop_alive(&d->loop))
		uv_run(&d->loop, UV_RUN_ONCE);
	uv_close((uv_handle_t *)&timer, NULL);
	uv_run(&d->loop, UV_RUN_NOWAIT);
	return !late;
}

static void close_if_open(uv_handle_t *handle)
{
	if (handle->data)
		uv_close(handle, NULL);
}

bool daemon_finish(struct daemon *d)
{
	unsigned int i;
	bool clean;

	close_if_open((uv_handle_t *)&d->sigint);
	close_if_open((uv_handle_t *)&d->sigterm);
	close_if_open((uv_handle_t *)&d->sighup);
	for (i = 0; i < UDP_SOCKETS; i++)
		close_if_open((uv_handle_t *)&d->udp_poll[i]);
	kernel_watch_close(d);
	net_watch_close(d);
	heap_watch_close(d);
	d->stopping = true;
	if (d->engine)
		engine_free(d->engine);
	d->engine = NULL;
	pam_process_stop(&d->pam);
	streams_close(d);
	if (d->kernel)
		kernel_genl_lift_guards(d->kernel);
	fetcher_free(d->fetcher);
	control_close(&d->control);
	clean = drain(d);
	udp_close(d->udp);
	streams_free(d);
	kernel_left_free(&d->left);
	kernel_genl_free(d->kernel);
	names_stop(&d->names);
	lease_file_close(&d->leases);
	key_files_close(&d->key_files);
	kw_secret_drop(&d->crash_secret);
	if (clean)
		uv_loop_close(&d->loop);
	notify_close();
	return clean;
}
