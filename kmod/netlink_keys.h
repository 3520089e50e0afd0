/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink: the algorithms and keys of an SA that is to be made.
 *
 * RFCs: 8221
 */
#ifndef KW_NETLINK_KEYS_H
#define KW_NETLINK_KEYS_H

#include <linux/types.h>

struct kw_keys;
struct netlink_ext_ack;
struct nlattr;

/*
 * What @tb, the attributes of the SA @nest, say about ESP's algorithms: a combined one, or
 * encryption, be it NULL, and integrity; or about AH's: integrity alone.  @keys borrows from the
 * message.  0, or -errno with @extack saying why.
 */
int kw_nl_parse_keys(const struct nlattr *nest, struct nlattr *tb[], u8 proto,
		     struct kw_keys *keys, struct netlink_ext_ack *extack);

#endif /* KW_NETLINK_KEYS_H */
