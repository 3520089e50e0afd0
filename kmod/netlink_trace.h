/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The command by which somebody asks what happens to packets.
 */
#ifndef KW_NETLINK_TRACE_H
#define KW_NETLINK_TRACE_H

struct genl_info;
struct sk_buff;

int kw_nl_trace_set(struct sk_buff *skb, struct genl_info *info);

#endif /* KW_NETLINK_TRACE_H */
