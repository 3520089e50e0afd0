/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink requests about SAs that exist, and about SPIs.
 */
#ifndef KW_NETLINK_SA_H
#define KW_NETLINK_SA_H

#include "netlink_attr.h"

struct kw_sa_config;

extern const struct kw_nl_noun kw_nl_sa;

/* An SA that is to be made, from its nest.  @config borrows the keys from the message. */
int kw_nl_parse_sa(const struct nlattr *nest, struct kw_sa_config *config,
		   struct netlink_ext_ack *extack);

int kw_nl_spi_alloc(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_update(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_del(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_get(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_dump_start(struct netlink_callback *cb);
int kw_nl_sa_dump(struct sk_buff *skb, struct netlink_callback *cb);
int kw_nl_sa_flush(struct sk_buff *skb, struct genl_info *info);
int kw_nl_sa_dummy(struct sk_buff *skb, struct genl_info *info);

#endif /* KW_NETLINK_SA_H */
