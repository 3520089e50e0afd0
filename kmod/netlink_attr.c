// SPDX-License-Identifier: GPL-2.0
/*
 * What the handlers of policies, SAs and children share: reading and writing attributes, and the
 * requests that are alike for both nouns.
 */
#include "netlink_attr.h"

#include <linux/idr.h>
#include <net/sock.h>

#include "addr.h"
#include "compat.h"
#include "flow.h"
#include "mib.h"
#include "net.h"
#include "netlink.h"

int kw_nl_addr(const struct nlattr *nla, struct kw_addr *addr,
	       struct netlink_ext_ack *extack)
{
	switch (nla_len(nla)) {
	case 4:
		addr->family = AF_INET;
		break;
	case 16:
		addr->family = AF_INET6;
		break;
	default:
		return KW_REFUSE(extack, nla, -EINVAL, "An address has 4 or 16 bytes.");
	}
	memcpy(addr->bytes, nla_data(nla), nla_len(nla));
	return 0;
}

int kw_nl_optional_addr(const struct nlattr *nla, struct kw_addr *addr,
			struct netlink_ext_ack *extack)
{
	return nla ? kw_nl_addr(nla, addr, extack) : 0;
}

int kw_put_addr(struct sk_buff *msg, int attr, const struct kw_addr *addr)
{
	return addr->family ? nla_put(msg, attr, kw_addr_len(addr), addr->bytes) : 0;
}

int kw_nl_put_drops(struct sk_buff *msg, int attr, const struct kw_drops *drops)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest || kw_drops_put(msg, drops))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

int kw_nl_put_ts(struct sk_buff *msg, int attr, const struct kw_ts *ts)
{
	struct nlattr *nest = nla_nest_start(msg, attr);

	if (!nest ||
	    kw_put_addr(msg, KEYWAY_A_TS_START, &ts->start) ||
	    kw_put_addr(msg, KEYWAY_A_TS_END, &ts->end) ||
	    nla_put_u8(msg, KEYWAY_A_TS_PROTO, ts->proto) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_START, ts->port_start) ||
	    nla_put_u16(msg, KEYWAY_A_TS_PORT_END, ts->port_end))
		return -EMSGSIZE;
	nla_nest_end(msg, nest);
	return 0;
}

struct sk_buff *kw_nl_reply(const struct genl_info *info, void **header)
{
	struct sk_buff *msg = genlmsg_new(KW_NL_MESSAGE_MAX, GFP_KERNEL);

	if (!msg)
		return NULL;
	*header = genlmsg_put(msg, info->snd_portid, info->snd_seq, &kw_family, 0,
			      info->genlhdr->cmd);
	if (*header)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

int kw_nl_parse(const struct kw_nl_noun *noun, const struct genl_info *info, struct nlattr *tb[])
{
	if (!info->attrs[noun->attr])
		return KW_REFUSE(info->extack, NULL, -EINVAL,
				 "The message lacks the policy or SA it is about.");
	return nla_parse_nested(tb, noun->max, info->attrs[noun->attr], noun->table,
				info->extack);
}

int kw_nl_filter(const struct kw_nl_noun *noun, struct nlattr *attrs[], u32 *filter,
		 struct netlink_ext_ack *extack)
{
	struct nlattr *tb[KW_NL_TB];
	int ret;

	*filter = 0;
	if (!attrs || !attrs[noun->attr])
		return 0;
	ret = nla_parse_nested(tb, noun->max, attrs[noun->attr], noun->table, extack);
	if (!ret)
		*filter = kw_nl_u32_or(tb[noun->filter], 0);
	return ret;
}

int kw_nl_get(const struct kw_nl_noun *noun, struct genl_info *info)
{
	struct kw_net *kn = kw_net(genl_info_net(info));
	struct nlattr *tb[KW_NL_TB];
	struct sk_buff *msg;
	void *header, *object;
	int ret;

	ret = kw_nl_parse(noun, info, tb);
	if (ret)
		return ret;
	msg = kw_nl_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	mutex_lock(&kn->lock);
	object = noun->find(kn, info, tb, &ret);
	if (object)
		ret = noun->put(msg, kn, object);
	mutex_unlock(&kn->lock);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

/* What the callbacks of one dump share, in cb->args. */
struct dump {
	unsigned long next;	/* the number to go on with */
	unsigned long filter;
};

static struct dump *dump_of(struct netlink_callback *cb)
{
	BUILD_BUG_ON(sizeof(struct dump) > sizeof(cb->args));
	return (struct dump *)cb->args;
}

int kw_nl_dump_start(const struct kw_nl_noun *noun, struct netlink_callback *cb)
{
	u32 filter;
	int ret = kw_nl_filter(noun, kw_compat_dump_attrs(cb), &filter, cb->extack);

	dump_of(cb)->filter = filter;
	cb->min_dump_alloc = KW_NL_MESSAGE_MAX;
	return ret;
}

int kw_nl_dump(const struct kw_nl_noun *noun, struct sk_buff *skb, struct netlink_callback *cb)
{
	struct kw_net *kn = kw_net(sock_net(skb->sk));
	struct dump *dump = dump_of(cb);
	int id = dump->next;
	void *object, *header;

	mutex_lock(&kn->lock);
	idr_for_each_entry_continue(noun->all(kn), object, id) {
		if (dump->filter && !noun->filtered(object, dump->filter))
			continue;
		header = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
				     &kw_family, NLM_F_MULTI, noun->cmd);
		if (!header)
			break;
		if (noun->put(skb, kn, object)) {
			genlmsg_cancel(skb, header);
			break;
		}
		genlmsg_end(skb, header);
	}
	mutex_unlock(&kn->lock);
	dump->next = id;
	return skb->len;
}
