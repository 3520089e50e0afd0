/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink requests that install: a policy, an SA, or a child (a policy and its SAs), entirely or
 * not at all.
 */
#ifndef KW_NETLINK_CHILD_H
#define KW_NETLINK_CHILD_H

struct genl_info;
struct sk_buff;

int kw_nl_policy_new(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_new(struct sk_buff *skb, struct genl_info *info);
int kw_nl_child_new(struct sk_buff *skb, struct genl_info *info);

#endif /* KW_NETLINK_CHILD_H */
