// SPDX-License-Identifier: GPL-2.0
/* The engine's timers, jobs, name lookups and dialogs over libuv. */
#include "daemon/env_uv.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kernel/kernel.h"

/* The most addresses of one name that are tried. */
#define ADDRESSES_MAX 16

/* Timers ------------------------------------------------------------------------------------- */

struct env_timer {
	uv_timer_t uv;
	void (*fire)(void *arg);
	void *arg;
};

static uint64_t now(void *ctx)
{
	(void)ctx;
	return uv_hrtime() / 1000000;
}

static int64_t wall(void *ctx)
{
	struct timespec ts;

	(void)ctx;
	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static struct env_timer *timer_new(void *ctx, void (*fire)(void *arg), void *arg)
{
	struct env_uv *env = ctx;
	struct env_timer *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (uv_timer_init(env->loop, &t->uv)) {
		free(t);
		return NULL;
	}
	t->fire = fire;
	t->arg = arg;
	return t;
}

static void on_timer(uv_timer_t *uv)
{
	struct env_timer *t = (struct env_timer *)uv->data;

	t->fire(t->arg);
}

static void timer_start(struct env_timer *t, uint64_t ms)
{
	/* The loop's idea of now is from before the work that leads here. */
	uv_update_time(t->uv.loop);
	t->uv.data = t;
	uv_timer_start(&t->uv, on_timer, ms, 0);
}

static void timer_stop(struct env_timer *t)
{
	uv_timer_stop(&t->uv);
}

static void on_timer_closed(uv_handle_t *uv)
{
	free(uv->data);
}

static void timer_free(struct env_timer *t)
{
	if (!t)
		return;
	t->uv.data = t;
	uv_close((uv_handle_t *)&t->uv, on_timer_closed);
}

const struct env_timer_ops env_uv_time = {
	.now = now,
	.wall = wall,
	.timer_new = timer_new,
	.timer_start = timer_start,
	.timer_stop = timer_stop,
	.timer_free = timer_free,
};

/* Jobs --------------------------------------------------------------------------------------- */

struct work {
	uv_work_t uv;
	struct env_uv *env;
	struct env_job *job;
};

static void on_work(uv_work_t *uv)
{
	struct work *w = uv->data;

	w->job->work(w->job);
}

static void on_work_done(uv_work_t *uv, int status)
{
	struct work *w = uv->data;
	struct env_job *job = w->job;

	(void)status;	/* nothing cancels jobs */
	w->env->pending--;
	free(w);
	job->done(job);
}

static int submit(void *ctx, struct env_job *job)
{
	struct env_uv *env = ctx;
	struct work *w = calloc(1, sizeof(*w));

	if (!w)
		return -ENOMEM;
	w->uv.data = w;
	w->env = env;
	w->job = job;
	if (uv_queue_work(env->loop, &w->uv, on_work, on_work_done)) {
		free(w);
		return -ENOMEM;
	}
	env->pending++;
	return 0;
}

const struct env_job_ops env_uv_job = { .submit = submit };

/* Names -------------------------------------------------------------------------------------- */

struct lookup {
	uv_getaddrinfo_t uv;
	struct env_uv *env;
	struct env_resolve *req;
	char host[256];
};

/* Without those that are there already: getaddrinfo may say one twice. */
static unsigned int add_address(struct ip_addr *addr, unsigned int n, const struct sockaddr *sa)
{
	struct endpoint e;
	unsigned int i;

	if (n == ADDRESSES_MAX || endpoint_from_sockaddr(&e, sa))
		return n;
	for (i = 0; i < n; i++)
		if (ip_addr_equal(&addr[i], &e.addr))
			return n;
	addr[n] = e.addr;
	return n + 1;
}

static void on_lookup(uv_getaddrinfo_t *uv, int status, struct addrinfo *res)
{
	struct lookup *l = uv->data;
	struct env_resolve *req = l->req;
	struct ip_addr addr[ADDRESSES_MAX];
	const struct addrinfo *ai;
	unsigned int n = 0;
	char why[400] = "";

	for (ai = res; ai; ai = ai->ai_next)
		n = add_address(addr, n, ai->ai_addr);
	if (!n)
		snprintf(why, sizeof(why), "%s has no address: %s", l->host,
			 status ? uv_strerror(status) : "neither IPv4 nor IPv6");
	l->env->pending--;
	free(l);
	req->done(req, n ? 0 : -ENOENT, addr, n, why);
	uv_freeaddrinfo(res);
}

static int resolve(void *ctx, const char *host, struct env_resolve *req)
{
	const struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_DGRAM };
	struct env_uv *env = ctx;
	struct lookup *l = calloc(1, sizeof(*l));

	if (!l)
		return -ENOMEM;
	l->uv.data = l;
	l->env = env;
	l->req = req;
	snprintf(l->host, sizeof(l->host), "%s", host);
	if (uv_getaddrinfo(env->loop, &l->uv, on_lookup, l->host, NULL, &hints)) {
		free(l);
		return -ENOMEM;
	}
	env->pending++;
	return 0;
}

const struct env_resolve_ops env_uv_resolve = { .resolve = resolve };

/* Dialogs ------------------------------------------------------------------------------------ */

#define DATAGRAM_MAX 8192

struct env_dialog {
	uv_udp_t uv;
	struct env_uv *env;
	void (*heard)(void *arg, struct kw_span datagram);
	void *arg;
	uint8_t in[DATAGRAM_MAX];
};

static void on_dialog_room(uv_handle_t *uv, size_t size, uv_buf_t *buf)
{
	struct env_dialog *d = uv->data;

	(void)size;
	*buf = uv_buf_init((char *)d->in, sizeof(d->in));
}

static void on_dialog_heard(uv_udp_t *uv, ssize_t n, const uv_buf_t *buf, const struct sockaddr *from,
			    unsigned int flags)
{
	struct env_dialog *d = uv->data;

	(void)buf;
	/* An error, such as a closed port, is a lost packet. */
	if (n > 0 && from && !(flags & UV_UDP_PARTIAL))
		d->heard(d->arg, KW_SPAN(d->in, (size_t)n));
}

static void on_dialog_closed(uv_handle_t *uv)
{
	struct env_dialog *d = uv->data;

	d->env->pending--;
	free(d);
}

static void dialog_close(struct env_dialog *d)
{
	uv_close((uv_handle_t *)&d->uv, on_dialog_closed);
}

static struct env_dialog *dialog_open(void *ctx, const struct endpoint *server,
				      void (*heard)(void *arg, struct kw_span datagram), void *arg)
{
	struct env_uv *env = ctx;
	struct env_dialog *d = calloc(1, sizeof(*d));
	struct sockaddr_storage to;

	if (!d)
		return NULL;
	if (uv_udp_init(env->loop, &d->uv)) {
		free(d);
		return NULL;
	}
	d->uv.data = d;
	d->env = env;
	d->heard = heard;
	d->arg = arg;
	env->pending++;
	endpoint_to_sockaddr(server, &to);
	if (uv_udp_connect(&d->uv, (struct sockaddr *)&to) ||
	    uv_udp_recv_start(&d->uv, on_dialog_room, on_dialog_heard)) {
		dialog_close(d);
		return NULL;
	}
	return d;
}

static void dialog_send(struct env_dialog *d, struct kw_span datagram)
{
	uv_buf_t buf = uv_buf_init((char *)(uintptr_t)datagram.p, (unsigned int)datagram.len);

	uv_udp_try_send(&d->uv, &buf, 1, NULL);
}

const struct env_dialog_ops env_uv_dialog = {
	.open = dialog_open, .send = dialog_send, .close = dialog_close,
};
