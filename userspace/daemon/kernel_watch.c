// SPDX-License-Identifier: GPL-2.0
/* Keeps the daemon connected to keyway.ko. */
#include "daemon/kernel_watch.h"

#include "daemon/daemon.h"
#include "lib/log.h"

/* How often a missing module is looked for. */
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

/* A call may have found the module gone at any time, so this looks for ever. */
static void on_retry(uv_timer_t *timer)
{
	const struct kernel_event resync = { .type = KERNEL_RESYNC };
	struct daemon *d = timer->data;
	char why[KERNEL_WHY];

	if (kernel_genl_connected(d->kernel) || kernel_genl_connect(d->kernel, why))
		return;
	log_info(NULL, "keyway.ko is there now");
	give_sockets(d);
	engine_kernel_event(d->engine, &resync);
}

static void on_event(const struct kernel_event *event, void *ctx)
{
	struct daemon *d = ctx;

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
	if (kernel_genl_connect(d->kernel, why))
		log_error(NULL, "%s; until then no tunnel can come up", why);
	return 0;
}

void kernel_watch_start(struct daemon *d)
{
	if (kernel_genl_connected(d->kernel))
		give_sockets(d);
	uv_poll_init(&d->loop, &d->kernel_poll, kernel_genl_event_fd(d->kernel));
	d->kernel_poll.data = d;
	uv_poll_start(&d->kernel_poll, UV_READABLE, on_readable);
	uv_timer_init(&d->loop, &d->kernel_retry);
	d->kernel_retry.data = d;
	uv_timer_start(&d->kernel_retry, on_retry, LOOK_MS, LOOK_MS);
}

void kernel_watch_close(struct daemon *d)
{
	if (uv_handle_get_data((uv_handle_t *)&d->kernel_poll)) {
		uv_close((uv_handle_t *)&d->kernel_poll, NULL);
		uv_close((uv_handle_t *)&d->kernel_retry, NULL);
	}
}
