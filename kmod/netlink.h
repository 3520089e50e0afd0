/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The generic netlink family: attributes <-> configuration.
 */
#ifndef KW_NETLINK_H
#define KW_NETLINK_H

#include <linux/types.h>

struct genl_family;
struct kw_addr;
struct sk_buff;

/* Multicast groups of the family. */
enum {
	KW_MCGRP_EVENTS,
	KW_MCGRP_TRACE,
};

extern struct genl_family kw_family;

/* Puts 4 or 16 bytes; nothing for an address that is none.  0 or -EMSGSIZE. */
int kw_put_addr(struct sk_buff *msg, int attr, const struct kw_addr *addr);

int kw_netlink_init(void);
void kw_netlink_exit(void);

#endif /* KW_NETLINK_H */
