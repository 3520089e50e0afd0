/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink requests about policies.
 */
#ifndef KW_NETLINK_POLICY_H
#define KW_NETLINK_POLICY_H

#include "netlink_attr.h"

struct kw_policy_config;
struct kw_ts;

extern const struct kw_nl_noun kw_nl_policy;

/* One traffic selector, from its nest.  0 or a negative error. */
int kw_nl_parse_ts(const struct nlattr *nest, struct kw_ts *ts, struct netlink_ext_ack *extack);

/* A policy that is to be made, from its nest and the nest's attributes. */
int kw_nl_parse_policy(const struct nlattr *nest, struct nlattr *tb[],
		       struct kw_policy_config *config, struct netlink_ext_ack *extack);

int kw_nl_policy_del(struct sk_buff *skb, struct genl_info *info);
int kw_nl_policy_get(struct sk_buff *skb, struct genl_info *info);
int kw_nl_policy_dump_start(struct netlink_callback *cb);
int kw_nl_policy_dump(struct sk_buff *skb, struct netlink_callback *cb);
int kw_nl_policy_flush(struct sk_buff *skb, struct genl_info *info);

#endif /* KW_NETLINK_POLICY_H */
