/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What keyway.ko does with the packets of one flow: asked for, and read as it happens.
 *
 * The kernel reports until the socket is closed, which is therefore one of its own.
 */
#ifndef KW_KERNEL_GENL_TRACE_H
#define KW_KERNEL_GENL_TRACE_H

#include "kernel/kernel.h"

struct kernel_trace;
struct nlmsghdr;

/* Which packets; what is 0 or has no family does not matter. */
struct kernel_trace_wish {
	struct ip_range end[2];		/* between which, in either direction */
	uint8_t protocol;
	uint16_t port;			/* of either end */
	bool drops;			/* only those that are dropped */
};

/* What became of one packet, or of a train of them. */
struct kernel_trace_event {
	int64_t when_ns;		/* since 1970 */
	const char *verdict;		/* "sent", "delivered", "bypassed", "dropped" */
	const char *reason;		/* the drop counter's name, NULL = not dropped */
	enum kernel_dir dir;
	bool has_policy, has_packet;
	uint32_t policy_id;
	uint64_t policy_cookie;
	uint32_t spi;			/* host order; 0 = no SA */
	uint64_t seq;			/* of the first; 0 = none */
	uint32_t packets;
	uint32_t length;		/* octets of the inner packet or train; 0 = not known */
	uint32_t lost;			/* packets that went unreported before this one */
	uint8_t protocol;		/* has_packet: the inner packet */
	struct endpoint src, dst;
	bool has_ports;
};

/* Begins. 0, or -errno with a sentence in why: -EBUSY when somebody else traces. */
int kernel_trace_new(struct kernel_trace **t, const struct kernel_trace_wish *wish, char why[KERNEL_WHY]);
void kernel_trace_free(struct kernel_trace *t);		/* ends; NULL is fine */
/* A descriptor that turns readable when there are events. */
int kernel_trace_fd(const struct kernel_trace *t);
/* Reads what there is, at most a hundred events. */
void kernel_trace_read(struct kernel_trace *t, void (*emit)(const struct kernel_trace_event *event, void *ctx),
		       void *ctx);

/* One message of the family into an event: 0, -ENOMSG when it is another command, -EBADMSG. Pure. */
int genl_trace_parse(struct nlmsghdr *nlh, struct kernel_trace_event *event);

#endif
