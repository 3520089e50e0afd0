// SPDX-License-Identifier: GPL-2.0
/* Keeps the daemon connected to keyway.ko. */
#include "daemon/kernel_watch.h"

#include "daemon/daemon.h"
#include "daemon/reload.h"
#include "daemon/streams.h"
#include "lib/log.h"

/* How often the module is looked for: it may come, go, and come again. */
#define LOOK_MS 3000

static void give_sockets(struct daemon *d)
{
	char why[KERNEL_WHY];
	unsigned int i;

	for (i = 0; i < UDP_SOCKETS; i++)
		if (udp_fd(d->udp, i) >= 0 && udp_kind(d->udp, i) == UDP_NATT &&
		    kernel_genl_take_socket(d->kernel, udp_fd(d->udp, i), why))
			log_error(NULL, "ESP in UDP will not work: %s", why);
}

/*
 * Does the module we know still stand, is it there again? A call may have found it gone before this does.
 * What was in one that was unloaded is lost: the engine begins anew. A configuration with a mistake keeps
 * it from that, so it is tried again.
 */
static void on_look(uv_timer_t *timer)
{
	struct daemon *d = timer->data;
	char why[KERNEL_WHY];

	if (!kernel_genl_still_connected(d->kernel)) {
		if (d->module_seen)
			log_error(NULL, "keyway.ko was unloaded, and every tunnel with it");
		d->renew = d->renew || d->module_seen;
		d->module_seen = !kernel_genl_connect(d->kernel, why);
		if (!d->module_seen)
			return;
		log_info(NULL, "keyway.ko is there now");
		give_sockets(d);
	}
	if (d->renew && !d->loading && !d->stopping)
		reload_start(d, NULL, false);
}

static void on_event(const struct kernel_event *event, void *ctx)
{
	struct daemon *d = ctx;

	if (event->type == KERNEL_STREAM)
		streams_on_kernel(d, event);
	else if (d->engine)
		engine_kernel_event(d->engine, event);
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)status;	/* an error state is read out like an event */
	(void)events;
	kernel_genl_read_events(d->kernel, on_event, d);
}

int kernel_watch_open(struct daemon *d, char *why)
{
	int err = kernel_genl_new(&d->kernel, why);

	if (err)
		return err;
	kernel_genl_set_link(d->kernel, d->conf.link);
	d->module_seen = !kernel_genl_connect(d->kernel, why);
	if (!d->module_seen)
		log_error(NULL, "%s; until then no tunnel can come up", why);
	else if (kernel_left_note(&d->left, d->kernel, why))
		log_error(NULL, "cannot look for what a daemon before left: %s", why);
	return 0;
}

void kernel_watch_start(struct daemon *d)
{
	unsigned int left = kernel_left_remove(&d->left, d->kernel);

	if (left)
		log_info(NULL, "%u polic%s of a daemon that did not end well removed", left,
			 left == 1 ? "y" : "ies");
	kernel_genl_lift_left(d->kernel);
	if (kernel_genl_connected(d->kernel))
		give_sockets(d);
	uv_poll_init(&d->loop, &d->kernel_poll, kernel_genl_event_fd(d->kernel));
	d->kernel_poll.data = d;
	uv_poll_start(&d->kernel_poll, UV_READABLE, on_readable);
	uv_timer_init(&d->loop, &d->kernel_look);
	d->kernel_look.data = d;
	uv_timer_start(&d->kernel_look, on_look, LOOK_MS, LOOK_MS);
}

void kernel_watch_close(struct daemon *d)
{
	if (uv_handle_get_data((uv_handle_t *)&d->kernel_poll)) {
		uv_close((uv_handle_t *)&d->kernel_poll, NULL);
		uv_close((uv_handle_t *)&d->kernel_look, NULL);
	}
}
