// SPDX-License-Identifier: GPL-2.0
/* TCP streams between the engine, the network and the kernel. */
#include "daemon/streams.h"

#include <errno.h>
#include <stdio.h>

#include "daemon/daemon.h"
#include "lib/log.h"

_Static_assert(TCP_WHY == KERNEL_WHY, "one sentence passes through");

static void on_input(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct kw_span ike)
{
	struct daemon *d = ctx;

	if (d->engine)
		engine_input(d->engine, NET_SOCKET_TCP, local, remote, ike);
}

static void on_closed(void *ctx, const struct endpoint *local, const struct endpoint *remote, int err)
{
	struct daemon *d = ctx;

	if (d->engine)
		engine_stream_closed(d->engine, local, remote, err);
}

static int take(void *ctx, int fd, struct kw_span read, uint32_t *id, char why[TCP_WHY])
{
	struct daemon *d = ctx;

	return kernel_genl_stream_take(d->kernel, fd, read, id, why);
}

static int send_ike(void *ctx, uint32_t id, struct kw_span ike)
{
	struct daemon *d = ctx;

	return kernel_genl_stream_send(d->kernel, id, ike);
}

static void drop(void *ctx, uint32_t id)
{
	struct daemon *d = ctx;

	kernel_genl_stream_drop(d->kernel, id);
}

static const struct tcp_ops ops = {
	.input = on_input, .closed = on_closed, .take = take, .send = send_ike, .drop = drop,
};

int streams_open(struct daemon *d, char *why)
{
	d->tcp = tcp_new(&d->loop, &ops, d, d->conf.link);
	if (!d->tcp) {
		snprintf(why, DAEMON_WHY, "no memory");
		return -ENOMEM;
	}
	return d->conf.tcp_port ? tcp_listen(d->tcp, d->conf.tcp_port, why) : 0;
}

void streams_on_kernel(struct daemon *d, const struct kernel_event *event)
{
	if (event->ike.len)
		tcp_kernel_heard(d->tcp, event->stream, event->ike);
	else
		tcp_kernel_ended(d->tcp, event->stream, event->error);
}

void streams_close(struct daemon *d)
{
	tcp_shutdown(d->tcp);
}

void streams_free(struct daemon *d)
{
	tcp_free(d->tcp);
}

int streams_dial(void *ctx, struct endpoint *local, const struct endpoint *remote)
{
	struct daemon *d = ctx;

	return tcp_open(d->tcp, local, remote);
}

int streams_take(void *ctx, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
		 char why[KERNEL_WHY])
{
	struct daemon *d = ctx;

	return tcp_take(d->tcp, local, remote, id, why);
}

void streams_hang_up(void *ctx, const struct endpoint *local, const struct endpoint *remote)
{
	struct daemon *d = ctx;

	tcp_close(d->tcp, local, remote);
}
