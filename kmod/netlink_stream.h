/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Netlink requests and events about TCP streams.
 *
 * RFCs: 9329
 */
#ifndef KW_NETLINK_STREAM_H
#define KW_NETLINK_STREAM_H

struct genl_info;
struct kw_stream;
struct sk_buff;

int kw_nl_stream_set(struct sk_buff *skb, struct genl_info *info);
int kw_nl_stream_del(struct sk_buff *skb, struct genl_info *info);
int kw_nl_stream_send(struct sk_buff *skb, struct genl_info *info);

/* Tells the stream's netlink socket of an IKE message.  0 or -errno: it was not.  May sleep. */
int kw_nl_stream_frame(const struct kw_stream *s, const void *ike, unsigned int len);
/* Tells it that the stream is no more, and why: 0 or -errno. */
void kw_nl_stream_ended(const struct kw_stream *s, int err);

#endif /* KW_NETLINK_STREAM_H */
