// SPDX-License-Identifier: GPL-2.0
/* Reading the configuration again. */
#include "daemon/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/ctl_json.h"
#include "daemon/ctl_proto.h"
#include "daemon/daemon.h"
#include "daemon/notify.h"
#include "lib/log.h"

struct reload {
	uv_work_t uv;
	struct daemon *d;
	struct control_client *client;
	bool dry_run;
	int err;
	struct conf *conf;
	struct conf_errors errors;
	json_t *changes;
};

static void on_work(uv_work_t *uv)
{
	struct reload *r = uv->data;

	r->err = conf_load(r->d->options.config_dir, &r->conf, &r->errors);
}

static void on_change(void *ctx, const char *name, enum engine_change change)
{
	static const char *const word[] = {
		[ENGINE_CONN_SAME] = "same",
		[ENGINE_CONN_ADDED] = "added",
		[ENGINE_CONN_CHANGED] = "changed",
		[ENGINE_CONN_REMOVED] = "removed",
	};
	struct reload *r = ctx;

	json_array_append_new(r->changes, json_pack("{s:s, s:s}", "name", name, "change", word[change]));
	if (change != ENGINE_CONN_SAME && !r->dry_run)
		log_info(name, "configuration: %s", word[change]);
}

void reload_apply_daemon(struct daemon *d, const struct conf *conf)
{
	const struct conf_daemon was = d->conf;

	if (d->options.log_level < 0)
		log_set_level((enum log_level)conf->daemon.log_level);
	if (d->udp && (conf->daemon.port != d->conf.port || conf->daemon.natt_port != d->conf.natt_port))
		log_warn(NULL, "other UDP ports are used only after a restart");
	if (d->udp && conf->daemon.tcp_port != d->conf.tcp_port)
		log_warn(NULL, "another TCP port is used only after a restart");
	d->conf = conf->daemon;
	if (!d->udp || !strcmp(d->conf.link, was.link))
		return;
	/* What is negotiated by one link shall not be sent by another. */
	log_warn(NULL, "another link is used only after a restart");
	memcpy(d->conf.link, was.link, sizeof(was.link));
}

void reload_log_errors(const struct conf_errors *errors)
{
	const unsigned int room = sizeof(errors->e) / sizeof(errors->e[0]);
	unsigned int i;

	for (i = 0; i < errors->n && i < room; i++) {
		const struct conf_error *e = &errors->e[i];

		if (e->line)
			log_error(NULL, "%s:%u: %s", e->file, e->line, e->text);
		else
			log_error(NULL, "%s: %s", e->file, e->text);
	}
}

static void refuse_errors(struct reload *r)
{
	char text[100];

	snprintf(text, sizeof(text), "the configuration has %u error%s; nothing was changed", r->errors.n,
		 r->errors.n == 1 ? "" : "s");
	reload_log_errors(&r->errors);
	log_error(NULL, "reload: %s", text);
	if (r->client)
		control_refuse(r->client, CTL_CONFIG, text,
			       json_pack("{s:o}", "errors", ctl_json_config_errors(&r->errors)));
}

/*
 * keyway.ko was unloaded and loaded again: devices, routes, policies and SAs are gone, and what the engine
 * believes is wrong. A new engine makes all of it again, and INITIAL_CONTACT (RFC 7296 2.4) tells the peers.
 */
static void renew(struct reload *r)
{
	const struct conf wide = { .daemon = r->conf->daemon };
	struct daemon *d = r->d;
	char why[DAEMON_WHY] = "";

	engine_free(d->engine);
	d->engine = NULL;
	d->renew = false;
	if (daemon_start_engine(d, r->conf, why)) {
		log_error(NULL, "cannot go on after keyway.ko was loaded again: %s", why);
		d->stopping = true;
		d->exit_status = 1;
		uv_stop(&d->loop);
		if (r->client)
			control_refuse(r->client, CTL_INTERNAL, why, NULL);
		return;
	}
	reload_apply_daemon(d, &wide);
	kernel_genl_lift_guards(d->kernel);
	if (r->client)
		control_answer(r->client, json_pack("{s:O}", "changes", r->changes));
}

/* The engine takes the configuration, or stays as it was. */
static void apply(struct reload *r)
{
	const struct conf_daemon settings = r->conf->daemon;
	const struct conf wide = { .daemon = settings };
	char why[ENGINE_WHY] = "";
	int err = engine_configure(r->d->engine, r->conf, r->dry_run, on_change, r, why);

	if (err || r->dry_run)
		conf_free(r->conf);
	if (err) {
		log_error(NULL, "reload: %s", why);
		if (r->client)
			control_refuse(r->client, CTL_INTERNAL, why, NULL);
		return;
	}
	if (!r->dry_run) {
		reload_apply_daemon(r->d, &wide);
		kernel_genl_lift_guards(r->d->kernel);
	}
	if (r->client)
		control_answer(r->client, json_pack("{s:O}", "changes", r->changes));
}

static void on_done(uv_work_t *uv, int status)
{
	struct reload *r = uv->data;
	struct daemon *d = r->d;

	(void)status;	/* nothing cancels it */
	d->loading = false;
	d->env_uv.pending--;
	if (d->stopping) {
		conf_free(r->conf);
		if (r->client)
			control_refuse(r->client, CTL_REFUSED, "the daemon is stopping", NULL);
	} else if (r->err) {
		refuse_errors(r);
	} else if (d->renew && !r->dry_run) {
		renew(r);
	} else {
		apply(r);
	}
	if (!d->stopping)
		notify_send("READY=1");
	json_decref(r->changes);
	free(r);
	if (d->load_again && !d->stopping) {
		d->load_again = false;
		reload_start(d, NULL, false);
	}
}

void reload_start(struct daemon *d, struct control_client *client, bool dry_run)
{
	struct reload *r;

	if (d->loading) {
		d->load_again = d->load_again || !client;
		if (client)
			control_refuse(client, CTL_REFUSED, "another reload is under way", NULL);
		return;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		log_error(NULL, "reload: no memory");
		if (client)
			control_refuse(client, CTL_INTERNAL, "no memory", NULL);
		return;
	}
	*r = (struct reload){ .d = d, .client = client, .dry_run = dry_run, .changes = json_array() };
	r->uv.data = r;
	d->loading = true;
	d->env_uv.pending++;
	if (!dry_run)
		notify_reloading();
	uv_queue_work(&d->loop, &r->uv, on_work, on_done);
}
