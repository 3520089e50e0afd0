/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One netlink request and its answer, with the kernel's own sentence when it refuses.
 *
 * Generic netlink and rtnetlink answer while the request is being sent, so waiting for the answer is
 * no waiting on the network. Not for sockets that also receive events.
 */
#ifndef KW_KERNEL_NLREQ_H
#define KW_KERNEL_NLREQ_H

#include <stddef.h>

struct nl_msg;
struct nl_sock;
struct nlmsghdr;

/* A connected socket for requests: answers carry sentences (extended acks) and never repeat the request,
 * which may hold keys. protocol: NETLINK_GENERIC, NETLINK_ROUTE. 0 or -errno with a sentence in why.
 */
int nlreq_open(struct nl_sock **sock, int protocol, char *why, size_t why_len);

/*
 * Sends msg, wipes and frees it, and waits for the answer. reply (may be NULL) sees every message of it
 * that is not an ack; what it returns other than 0 becomes the result. 0 or -errno with a sentence.
 */
int nlreq_do(struct nl_sock *sock, struct nl_msg *msg, int (*reply)(struct nlmsghdr *nlh, void *ctx),
	     void *ctx, char *why, size_t why_len);

#endif
