// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink requests and events about TCP streams.
 *
 * RFCs: 9329
 */
#include "netlink_stream.h"

#include "net.h"
#include "netlink.h"
#include "netlink_attr.h"
#include "tcp.h"

/* Bytes of an IKE message that fit an attribute inside another. */
#define IKE_MAX		65000u

static const struct nla_policy keyway_stream_policy[KEYWAY_A_STREAM_MAX + 1] = {
	[KEYWAY_A_STREAM_ID]		= { .type = NLA_U32 },
	[KEYWAY_A_STREAM_FD]		= { .type = NLA_S32 },
	[KEYWAY_A_STREAM_PORT]		= { .type = NLA_U32 },
	[KEYWAY_A_STREAM_READ]		= { .type = NLA_BINARY },
	[KEYWAY_A_STREAM_IKE]		= { .type = NLA_BINARY },
};

static int parse(const struct genl_info *info, struct nlattr *tb[])
{
	if (!info->attrs[KEYWAY_A_STREAM])
		return KW_REFUSE(info->extack, NULL, -EINVAL, "The message lacks the stream.");
	return nla_parse_nested(tb, KEYWAY_A_STREAM_MAX, info->attrs[KEYWAY_A_STREAM],
				keyway_stream_policy, info->extack);
}

/* The stream that a message names, with a reference.  NULL, with *@ret and extack set. */
static struct kw_stream *find(struct genl_info *info, struct nlattr *tb[], int *ret)
{
	const struct nlattr *id;
	struct kw_stream *s;

	*ret = parse(info, tb);
	if (*ret)
		return NULL;
	id = tb[KEYWAY_A_STREAM_ID];
	s = id ? kw_stream_get(kw_net(genl_info_net(info)), nla_get_u32(id)) : NULL;
	if (!s)
		*ret = KW_REFUSE(info->extack, info->attrs[KEYWAY_A_STREAM], -ENOENT,
				 "There is no stream of this id.");
	return s;
}

int kw_nl_stream_set(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_STREAM_MAX + 1], *nest, *id;
	struct kw_stream_config config = {};
	struct sk_buff *msg;
	void *header;
	int ret;

	ret = parse(info, tb);
	if (ret)
		return ret;
	if (!tb[KEYWAY_A_STREAM_FD])
		return KW_REFUSE(info->extack, info->attrs[KEYWAY_A_STREAM], -EINVAL,
				 "The message lacks the socket's file descriptor.");
	config.fd = nla_get_s32(tb[KEYWAY_A_STREAM_FD]);
	config.portid = kw_nl_u32_or(tb[KEYWAY_A_STREAM_PORT], info->snd_portid);
	if (tb[KEYWAY_A_STREAM_READ]) {
		config.read = nla_data(tb[KEYWAY_A_STREAM_READ]);
		config.n_read = nla_len(tb[KEYWAY_A_STREAM_READ]);
	}
	/* The answer is made first: it must not fail after. */
	msg = kw_nl_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_STREAM);
	id = nla_reserve(msg, KEYWAY_A_STREAM_ID, sizeof(u32));
	ret = kw_stream_adopt(kw_net(genl_info_net(info)), &config, nla_data(id),
			      tb[KEYWAY_A_STREAM_FD], info->extack);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int kw_nl_stream_del(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_STREAM_MAX + 1];
	struct kw_stream *s;
	int ret;

	s = find(info, tb, &ret);
	if (!s)
		return ret;
	kw_stream_end(s, 0);
	kw_stream_put(s);
	return 0;
}

int kw_nl_stream_send(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_STREAM_MAX + 1], *ike;
	struct kw_stream *s;
	int ret;

	s = find(info, tb, &ret);
	if (!s)
		return ret;
	ike = tb[KEYWAY_A_STREAM_IKE];
	if (ike)
		ret = kw_stream_send_ike(s, nla_data(ike), nla_len(ike));
	else
		ret = KW_REFUSE(info->extack, info->attrs[KEYWAY_A_STREAM], -EINVAL,
				"The message lacks what is to be sent.");
	kw_stream_put(s);
	return ret;
}

/* An event about @s with room for @len more bytes, the nest open; NULL: no memory. */
static struct sk_buff *begin(const struct kw_stream *s, unsigned int len, void **header,
			     struct nlattr **nest)
{
	struct sk_buff *msg = genlmsg_new(nla_total_size(nla_total_size(sizeof(u32)) +
							 nla_total_size(len)), GFP_KERNEL);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, 0, 0, &kw_family, 0, KEYWAY_CMD_STREAM);
	*nest = *header ? nla_nest_start(msg, KEYWAY_A_STREAM) : NULL;
	if (*nest && !nla_put_u32(msg, KEYWAY_A_STREAM_ID, kw_stream_id(s)))
		return msg;
	nlmsg_free(msg);
	return NULL;
}

static int tell(const struct kw_stream *s, struct sk_buff *msg, void *header, struct nlattr *nest)
{
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_unicast(kw_stream_net(s)->net, msg, kw_stream_port(s));
}

int kw_nl_stream_frame(const struct kw_stream *s, const void *ike, unsigned int len)
{
	struct nlattr *nest;
	struct sk_buff *msg;
	void *header;

	if (len > IKE_MAX)
		return -EMSGSIZE;
	msg = begin(s, len, &header, &nest);
	if (!msg)
		return -ENOMEM;
	if (nla_put(msg, KEYWAY_A_STREAM_IKE, len, ike)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	return tell(s, msg, header, nest);
}

void kw_nl_stream_ended(const struct kw_stream *s, int err)
{
	struct nlattr *nest;
	struct sk_buff *msg;
	void *header;

	msg = begin(s, sizeof(u32), &header, &nest);
	if (!msg)
		return;
	if (nla_put_u32(msg, KEYWAY_A_STREAM_ERROR, -err))
		nlmsg_free(msg);
	else
		tell(s, msg, header, nest);	/* who does not hear it finds out by sending */
}
