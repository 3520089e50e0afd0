/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The engine's kernel, done by keyway.ko: requests and events over generic netlink, devices over
 * rtnetlink, all in the network namespace in which it was opened.
 *
 * Everything here runs on the loop's thread.
 */
#ifndef KW_KERNEL_GENL_H
#define KW_KERNEL_GENL_H

#include "kernel/kernel.h"

struct kernel_genl;

/* Opens the sockets; the module need not be loaded yet. 0 or -errno with a sentence in why. */
int kernel_genl_new(struct kernel_genl **k, char why[KERNEL_WHY]);
void kernel_genl_free(struct kernel_genl *k);	/* devices stay; NULL is fine */
/* Its context is the struct kernel_genl. Without the module every call fails and why says so. */
extern const struct kernel_ops kernel_genl_ops;

/* Finds the family (the kernel may load the module for it) and joins its events. 0, also when that was
 * done before; else -errno with a sentence. A call that finds the module gone undoes it.
 */
int kernel_genl_connect(struct kernel_genl *k, char why[KERNEL_WHY]);
/* ESP of policies installed from now on leaves by this interface or VRF; "" = as routing has it. */
void kernel_genl_set_link(struct kernel_genl *k, const char *link);
bool kernel_genl_connected(const struct kernel_genl *k);
/* Asks whether the module we are connected to is still the one that is loaded; if not, undoes that. */
bool kernel_genl_still_connected(struct kernel_genl *k);

/* Any link went up or down: a device that is up again gets back the routes that it lost. */
void kernel_genl_link_changed(struct kernel_genl *k, int ifindex, bool up);

/* A device that is removed leaves the guards of its routes (kernel/link_net.h), in case it is made again: this ends
 * them. For when all devices are there that a new configuration wants, and for the end.
 */
void kernel_genl_lift_guards(struct kernel_genl *k);
/* Those that a daemon left which was killed. For when all devices are there for the first time. */
void kernel_genl_lift_left(struct kernel_genl *k);

/*
 * One request of any command, for who builds his own (kernel/genl_words.h): fill puts its attributes and
 * returns 0 or -errno with a sentence in why; reply (may be NULL) sees each message of the answer. flags are
 * NLM_F_DUMP or 0. Keys are wiped from the message. 0 or -errno with a sentence.
 */
struct nl_msg;
struct nlmsghdr;
struct kernel_request {
	uint8_t cmd;
	uint16_t flags;
	int (*fill)(struct nl_msg *msg, void *ctx, char why[KERNEL_WHY]);
	int (*reply)(struct nlmsghdr *nlh, void *ctx);
	void *ctx;
};
int kernel_genl_request(struct kernel_genl *k, const struct kernel_request *r, char why[KERNEL_WHY]);

/* A descriptor that turns readable when there are events. */
int kernel_genl_event_fd(const struct kernel_genl *k);
/* Reads what there is, at most a hundred events, and hands each on; lost ones become KERNEL_RESYNC. */
void kernel_genl_read_events(struct kernel_genl *k, void (*emit)(const struct kernel_event *event, void *ctx),
			     void *ctx);

/* Lets the module take ESP out of a bound UDP socket (RFC 3948). The socket stays the caller's. */
int kernel_genl_take_socket(struct kernel_genl *k, int fd, char why[KERNEL_WHY]);

/*
 * A connected TCP socket, of which `read` was read, from the beginning of a frame on: the module takes ESP and IKE
 * from it from now on, whatever becomes of fd. 0 and its number, or -errno with a sentence. What it finds of IKE,
 * and its end, are events (KERNEL_STREAM); it ends at the latest when k is freed.
 */
int kernel_genl_stream_take(struct kernel_genl *k, int fd, struct kw_span read, uint32_t *id,
			    char why[KERNEL_WHY]);
int kernel_genl_stream_send(struct kernel_genl *k, uint32_t id, struct kw_span ike);	/* 0 or -errno */
void kernel_genl_stream_drop(struct kernel_genl *k, uint32_t id);	/* none is fine */

/* The namespace's drop counters by name ("in-replay"). 0 or -errno with a sentence. */
int kernel_genl_stats(struct kernel_genl *k, void (*emit)(const char *name, uint64_t value, void *ctx),
		      void *ctx, char why[KERNEL_WHY]);

#endif
