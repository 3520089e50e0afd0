// SPDX-License-Identifier: GPL-2.0
/* `keyway trace`: what becomes of packets, for one client at a time. */
#include "daemon/trace.h"

#include <stdio.h>
#include <string.h>

#include "daemon/ctl_proto.h"
#include "daemon/daemon.h"

/* The request's selection, as the kernel wants it. */
static struct kernel_trace_wish wish_of(const struct ctl_request *req)
{
	return (struct kernel_trace_wish){
		.end = { req->end[0], req->end[1] },
		.protocol = req->protocol,
		.port = req->port,
		.drops = req->drops,
	};
}

static void set_end(json_t *o, const char *addr_key, const char *port_key, const struct endpoint *e, bool ports)
{
	char text[ADDR_STRLEN];

	json_object_set_new(o, addr_key, json_string(ip_addr_print(text, &e->addr)));
	if (ports)
		json_object_set_new(o, port_key, json_integer(e->port));
}

json_t *trace_json(const struct kernel_trace_event *ev, const char *name, const char *why)
{
	json_t *o = json_pack("{s:s, s:I, s:s, s:s, s:i}", "event", "trace", "when",
			      (json_int_t)(ev->when_ns / 1000000), "dir", ev->dir == KERNEL_IN ? "in" : "out",
			      "verdict", ev->verdict, "packets", (int)ev->packets);
	char spi[16];

	if (!o)
		return NULL;
	if (ev->reason)
		json_object_set_new(o, "reason", json_string(ev->reason));
	if (name)
		json_object_set_new(o, "name", json_string(name));
	if (why)
		json_object_set_new(o, "why", json_string(why));
	if (ev->has_policy)
		json_object_set_new(o, "policy", json_integer(ev->policy_id));
	if (ev->spi) {
		snprintf(spi, sizeof(spi), "%08x", ev->spi);
		json_object_set_new(o, "spi", json_string(spi));
	}
	if (ev->seq)
		json_object_set_new(o, "seq", json_integer((json_int_t)ev->seq));
	if (ev->length)
		json_object_set_new(o, "length", json_integer(ev->length));
	if (ev->lost)
		json_object_set_new(o, "unreported", json_integer(ev->lost));
	if (ev->has_packet) {
		json_object_set_new(o, "protocol", json_integer(ev->protocol));
		set_end(o, "src", "sport", &ev->src, ev->has_ports);
		set_end(o, "dst", "dport", &ev->dst, ev->has_ports);
	}
	return o;
}

static void on_event(const struct kernel_trace_event *ev, void *ctx)
{
	struct daemon *d = ctx;
	const struct failure *failure = NULL;
	const char *name = NULL;

	if (!d->trace.client)
		return;
	if (ev->has_policy && d->engine)
		name = engine_policy_owner(d->engine, ev->policy_cookie, &failure);
	if (d->trace.name[0] && (!name || strcmp(name, d->trace.name) != 0))
		return;
	control_stream(d->trace.client, trace_json(ev, name, ev->reason && failure ? failure->text : NULL));
}

static void on_readable(uv_poll_t *poll, int status, int events)
{
	struct daemon *d = poll->data;

	(void)status;	/* an error state is read out like an event */
	(void)events;
	kernel_trace_read(d->trace.kernel, on_event, d);
}

static void on_closed(uv_handle_t *handle)
{
	struct daemon *d = handle->data;

	kernel_trace_free(d->trace.kernel);
	d->trace.kernel = NULL;
}

void trace_stop(struct daemon *d)
{
	d->trace.client = NULL;
	if (d->trace.kernel && !uv_is_closing((uv_handle_t *)&d->trace.poll))
		uv_close((uv_handle_t *)&d->trace.poll, on_closed);
}

void trace_client_gone(struct daemon *d, const struct control_client *client)
{
	if (d->trace.client == client)
		trace_stop(d);
}

void trace_start(struct daemon *d, struct control_client *client, const struct ctl_request *req)
{
	struct kernel_trace_wish wish = wish_of(req);
	char why[KERNEL_WHY];

	if (d->trace.kernel) {
		control_refuse(client, CTL_REFUSED, "another \"keyway trace\" is running", NULL);
		return;
	}
	if (req->name[0] && !engine_has_conn(d->engine, req->name)) {
		snprintf(why, sizeof(why), "there is no connection \"%s\"", req->name);
		control_refuse(client, CTL_NOT_FOUND, why, NULL);
		return;
	}
	if (kernel_trace_new(&d->trace.kernel, &wish, why)) {
		control_refuse(client, CTL_REFUSED, why, NULL);
		return;
	}
	snprintf(d->trace.name, sizeof(d->trace.name), "%s", req->name);
	d->trace.client = client;
	uv_poll_init(&d->loop, &d->trace.poll, kernel_trace_fd(d->trace.kernel));
	d->trace.poll.data = d;
	uv_poll_start(&d->trace.poll, UV_READABLE, on_readable);
	control_answer(client, json_object());
}
