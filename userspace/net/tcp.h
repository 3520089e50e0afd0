/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP streams of IKE and ESP: those we open and those we accept, each known by its two endpoints.
 *
 * A stream is read here until a child SA runs on it; then the kernel takes it over, for the ESP in it, and what
 * it finds of IKE comes back through tcp_kernel_heard(). To who sends and receives it is all the same.
 *
 * RFCs: 9329.
 */
#ifndef KW_NET_TCP_H
#define KW_NET_TCP_H

#include <uv.h>

#include "lib/addr.h"
#include "lib/buf.h"

#define TCP_WHY 256

struct tcp;

/* Whom it serves; ctx for each. No call but input() and closed() comes back into this file's functions. */
struct tcp_ops {
	/* An IKE message, without length and marker. Borrowed. */
	void (*input)(void *ctx, const struct endpoint *local, const struct endpoint *remote, struct kw_span ike);
	/* A stream has ended, other than by tcp_close(); err: 0 or -errno. */
	void (*closed)(void *ctx, const struct endpoint *local, const struct endpoint *remote, int err);
	/* The kernel takes the connection, of which `read` was read: 0 and its *id, or -errno with a sentence. */
	int (*take)(void *ctx, int fd, struct kw_span read, uint32_t *id, char why[TCP_WHY]);
	int (*send)(void *ctx, uint32_t id, struct kw_span ike);	/* 0 or -errno */
	void (*drop)(void *ctx, uint32_t id);
};

/*
 * ops and loop are borrowed. link: an interface or VRF by which alone streams come and go; "" = any; that there is
 * none is told by tcp_listen() and tcp_open(), with -ENODEV. NULL: no memory.
 */
struct tcp *tcp_new(uv_loop_t *loop, const struct tcp_ops *ops, void *ctx, const char *link);
/* Closes all; the loop must run on until its handles are closed, then tcp_free(). NULL is fine. */
void tcp_shutdown(struct tcp *tcp);
void tcp_free(struct tcp *tcp);

/* Accepts streams at this port, IPv4 and IPv6. 0 or -errno with a sentence that names the port or the link. */
int tcp_listen(struct tcp *tcp, uint16_t port, char why[TCP_WHY]);
/*
 * Begins to connect, from local's address if that is set; *local becomes this end. What is sent before it is
 * connected waits. 0 or -errno; that nobody answers comes later, by closed().
 */
int tcp_open(struct tcp *tcp, struct endpoint *local, const struct endpoint *remote);
/* 0 or -errno; -ENOTCONN: there is no such stream. Never waits. */
int tcp_send(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote, struct kw_span ike);
/* ESP is to run on it: its number in the kernel. 0 or -errno with a sentence. */
int tcp_take(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote, uint32_t *id,
	     char why[TCP_WHY]);
/* Nobody needs it any more: it is closed when what was sent had time to leave. None is fine. */
void tcp_close(struct tcp *tcp, const struct endpoint *local, const struct endpoint *remote);

/* What the kernel says of a stream that it took. */
void tcp_kernel_heard(struct tcp *tcp, uint32_t id, struct kw_span ike);
void tcp_kernel_ended(struct tcp *tcp, uint32_t id, int err);

#endif
