// SPDX-License-Identifier: GPL-2.0
/* The engine's timers, jobs and name lookups over libuv. */
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
