// SPDX-License-Identifier: GPL-2.0
/*
 * Netlink requests that install: a policy, an SA, or a child (a policy and its SAs), entirely or
 * not at all.
 */
#include "netlink_child.h"

#include <linux/slab.h>

#include "device.h"
#include "net.h"
#include "netlink_policy.h"
#include "netlink_sa.h"
#include "policy.h"
#include "sa.h"

/* What one message installs: a policy, new or not, and SAs for it. */
struct install {
	struct kw_net *kn;
	struct netlink_ext_ack *extack;
	const struct nlattr *policy_nest;
	struct kw_policy_config *new_policy;	/* NULL: @policy exists */
	struct kw_policy *policy;		/* with a reference */
	unsigned int n;
	struct {
		const struct nlattr *nest;
		struct kw_sa_config config;
		struct kw_sa *sa;
	} item[KEYWAY_CHILD_SA_MAX];
};

/* An outer address has to come from the SA or from its policy, and both be of one family. */
static int check_addresses(const struct install *in, const struct kw_sa_config *config,
			   const struct nlattr *nest)
{
	u8 local = config->local.family ?: in->policy->local.family;
	u8 remote = config->remote.family ?: in->policy->remote.family;

	if (!local || !remote)
		return KW_REFUSE(in->extack, nest, -EINVAL,
				 "Neither the SA nor its policy says between which addresses it runs.");
	if (local != remote)
		return KW_REFUSE(in->extack, nest, -EINVAL,
				 "The outer addresses are of different families.");
	return 0;
}

/* BEET mode needs the addresses of a policy for it, and ESP. */
static int check_mode(const struct install *in, const struct kw_sa_config *config,
		      const struct nlattr *nest)
{
	bool beet = in->policy->mode == KEYWAY_MODE_BEET, asked = config->mode == KEYWAY_MODE_BEET;

	if (beet && config->proto == IPPROTO_AH)
		return KW_REFUSE(in->extack, nest, -EINVAL, "BEET mode is of ESP alone.");
	if (config->mode != KW_MODE_POLICY && asked != beet)
		return KW_REFUSE(in->extack, nest, -EINVAL,
				 "An SA is of BEET mode if its policy is, and only then.");
	return 0;
}

/* The AH SA of the message that @esp asks for. */
static int wrap(const struct install *in, unsigned int esp)
{
	const struct kw_sa_config *config = &in->item[esp].config;
	unsigned int i;

	for (i = 0; i < in->n; i++) {
		struct kw_sa *ah = in->item[i].sa;

		if (ah->proto != IPPROTO_AH || ah->dir != config->dir || ah->spi != config->ah_spi)
			continue;
		if (ah->carries)
			return KW_REFUSE(in->extack, in->item[esp].nest, -EINVAL,
					 "Two ESP SAs cannot be wrapped in one AH SA.");
		kw_sa_wrap(in->item[esp].sa, ah);
		return 0;
	}
	return KW_REFUSE(in->extack, in->item[esp].nest, -EINVAL,
			 "The message lacks the AH SA of this direction that ESP is to be wrapped in.");
}

/* Makes what the message asks for; nobody sees it yet. */
static int make(struct install *in)
{
	const char *lacks;
	unsigned int i;
	int ret;

	if (in->new_policy) {
		in->policy = kw_policy_new(in->new_policy);
		if (IS_ERR(in->policy)) {
			ret = PTR_ERR(in->policy);
			in->policy = NULL;
			return ret;
		}
	}
	if (in->n && in->policy->action != KEYWAY_ACTION_PROTECT)
		return KW_REFUSE(in->extack, in->item[0].nest, -EINVAL,
				 "Only a policy whose action is protect has SAs.");
	for (i = 0; i < in->n; i++) {
		struct kw_sa *sa;

		ret = check_addresses(in, &in->item[i].config, in->item[i].nest) ?:
		      check_mode(in, &in->item[i].config, in->item[i].nest);
		if (ret)
			return ret;
		sa = kw_sa_new(in->kn, in->policy, &in->item[i].config, &lacks);
		if (sa == ERR_PTR(-ENOENT)) {
			NL_SET_BAD_ATTR(in->extack, in->item[i].nest);
			in->extack->_msg = lacks;
			return -ENOENT;
		}
		if (sa == ERR_PTR(-ENOTCONN))
			return KW_REFUSE(in->extack, in->item[i].nest, -ENOTCONN,
					 "There is no stream of this id.");
		if (IS_ERR(sa))
			return PTR_ERR(sa);
		in->item[i].sa = sa;
	}
	for (i = 0; i < in->n; i++) {
		ret = in->item[i].config.ah_spi ? wrap(in, i) : 0;
		if (ret)
			return ret;
	}
	return 0;
}

static bool same_name(const struct kw_sa *a, const struct kw_sa *b)
{
	return a->dir == b->dir && a->proto == b->proto && a->spi == b->spi;
}

/* Whether all SAs of the message can go in beside what is there. */
static int check_names(const struct install *in)
{
	const struct kw_sa *sa, *there;
	unsigned int i, j;

	for (i = 0; i < in->n; i++) {
		sa = in->item[i].sa;
		for (j = 0; j < i; j++)
			if (same_name(sa, in->item[j].sa))
				return KW_REFUSE(in->extack, in->item[i].nest, -EEXIST,
						 "The message names this SA twice.");
		there = kw_sa_find(in->kn, sa->dir, sa->proto, sa->spi, in->policy->id);
		if (there && there->policy)
			return KW_REFUSE(in->extack, in->item[i].nest, -EEXIST,
					 "An SA of this direction, protocol and SPI exists.");
	}
	return 0;
}

/* Numbers for everything, so that nothing can fail after the first insert. */
static int reserve(struct install *in, struct kw_dev *kwdev)
{
	unsigned int i;
	int ret;

	if (in->new_policy) {
		ret = kw_policy_reserve(in->kn, in->policy, kwdev);
		if (ret)
			return ret;
	}
	for (i = 0; i < in->n; i++) {
		ret = kw_sadb_reserve(in->kn, in->item[i].sa);
		if (ret)
			goto out_unreserve;
	}
	return 0;

out_unreserve:
	while (i--)
		kw_sadb_unreserve(in->kn, in->item[i].sa);
	if (in->new_policy)
		kw_policy_unreserve(in->kn, in->policy);
	return ret;
}

/* Entirely or not at all.  Inbound first: the peer may answer as soon as we send. */
static int commit(struct install *in)
{
	struct kw_dev *kwdev = NULL;
	unsigned int i;
	u8 dir;
	int ret;

	lockdep_assert_held(&in->kn->lock);
	if (in->new_policy && in->new_policy->ifindex) {
		kwdev = kw_dev_find(in->kn, in->new_policy->ifindex);
		if (!kwdev)
			return KW_REFUSE(in->extack, in->policy_nest, -ENODEV,
					 "No keyway device of this namespace has that index.");
	} else if (!in->new_policy && kw_policy_find(in->kn, in->policy->id) != in->policy) {
		return KW_REFUSE(in->extack, in->policy_nest, -ENOENT,
				 "The policy was deleted meanwhile.");
	}
	ret = check_names(in) ?: reserve(in, kwdev);
	if (ret)
		return ret;
	if (in->new_policy) {
		kw_policy_get(in->policy);	/* the tables'; ours is put by release() */
		kw_policy_insert(in->kn, in->policy);
	}
	for (dir = KEYWAY_DIR_IN; dir <= KEYWAY_DIR_OUT; dir++) {
		for (i = 0; i < in->n; i++) {
			if (!in->item[i].sa || in->item[i].sa->dir != dir)
				continue;
			kw_sa_insert(in->item[i].sa);
			in->item[i].sa = NULL;
		}
	}
	return 0;
}

static void release(struct install *in)
{
	unsigned int i;

	for (i = 0; i < in->n; i++)
		if (in->item[i].sa)
			kw_sa_put(in->item[i].sa);
	if (in->policy)
		kw_policy_put(in->policy);
	kfree(in->new_policy);
	kfree(in);
}

/* With a reference, for an id in @nest.  NULL: none, and @extack says so. */
static struct kw_policy *get_policy(struct kw_net *kn, u32 id, const struct nlattr *nest,
				    struct netlink_ext_ack *extack)
{
	struct kw_policy *p;

	mutex_lock(&kn->lock);
	p = kw_policy_find(kn, id);
	if (p)
		kw_policy_get(p);
	mutex_unlock(&kn->lock);
	if (!p)
		NL_SET_ERR_MSG_ATTR(extack, nest, "There is no policy of this id.");
	return p;
}

/* The policy a child is for: an id alone, or everything for a new one. */
static int gather_policy(struct install *in, struct nlattr *tb[])
{
	unsigned int i;

	if (!tb[KEYWAY_A_POLICY_ID]) {
		in->new_policy = kzalloc(sizeof(*in->new_policy), GFP_KERNEL);
		if (!in->new_policy)
			return -ENOMEM;
		return kw_nl_parse_policy(in->policy_nest, tb, in->new_policy, in->extack);
	}
	for (i = 0; i <= KEYWAY_A_POLICY_MAX; i++)
		if (i != KEYWAY_A_POLICY_ID && tb[i])
			return KW_REFUSE(in->extack, tb[i], -EINVAL,
					 "An existing policy is named by its id alone.");
	in->policy = get_policy(in->kn, nla_get_u32(tb[KEYWAY_A_POLICY_ID]),
				tb[KEYWAY_A_POLICY_ID], in->extack);
	return in->policy ? 0 : -ENOENT;
}

static int gather_sa(struct install *in, const struct nlattr *nest)
{
	int ret;

	if (in->n == KEYWAY_CHILD_SA_MAX)
		return KW_REFUSE(in->extack, nest, -E2BIG, "One message installs at most 8 SAs.");
	ret = kw_nl_parse_sa(nest, &in->item[in->n].config, in->extack);
	if (ret)
		return ret;
	in->item[in->n++].nest = nest;
	return 0;
}

static struct install *new_install(struct genl_info *info)
{
	struct install *in = kzalloc(sizeof(*in), GFP_KERNEL);

	if (in) {
		in->kn = kw_net(genl_info_net(info));
		in->extack = info->extack;
		in->policy_nest = info->attrs[KEYWAY_A_POLICY];
	}
	return in;
}

static int make_and_commit(struct install *in)
{
	int ret;

	ret = make(in);
	if (ret)
		return ret;
	mutex_lock(&in->kn->lock);
	ret = commit(in);
	mutex_unlock(&in->kn->lock);
	return ret;
}

/* Installs, and answers with the policy's id.  The answer is made first: it must not fail after. */
static int install_and_reply(struct install *in, struct genl_info *info)
{
	struct nlattr *nest, *id;
	struct sk_buff *msg;
	void *header;
	int ret;

	msg = kw_nl_reply(info, &header);
	if (!msg)
		return -ENOMEM;
	nest = nla_nest_start(msg, KEYWAY_A_POLICY);
	id = nla_reserve(msg, KEYWAY_A_POLICY_ID, sizeof(u32));
	ret = make_and_commit(in);
	if (ret) {
		nlmsg_free(msg);
		return ret;
	}
	*(u32 *)nla_data(id) = in->policy->id;
	nla_nest_end(msg, nest);
	genlmsg_end(msg, header);
	return genlmsg_reply(msg, info);
}

int kw_nl_policy_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct install *in;
	int ret;

	ret = kw_nl_parse(&kw_nl_policy, info, tb);
	if (ret)
		return ret;
	if (tb[KEYWAY_A_POLICY_ID])
		return KW_REFUSE(info->extack, tb[KEYWAY_A_POLICY_ID], -EINVAL,
				 "The kernel chooses the id of a new policy.");
	in = new_install(info);
	if (!in)
		return -ENOMEM;
	ret = gather_policy(in, tb) ?: install_and_reply(in, info);
	release(in);
	return ret;
}

static int gather_sas(struct install *in, const struct genl_info *info)
{
	const struct nlattr *nla;
	int rem, ret;

	nlmsg_for_each_attr(nla, info->nlhdr, GENL_HDRLEN, rem) {
		if (nla_type(nla) != KEYWAY_A_SA)
			continue;
		ret = gather_sa(in, nla);
		if (ret)
			return ret;
	}
	return 0;
}

int kw_nl_child_new(struct sk_buff *skb, struct genl_info *info)
{
	struct nlattr *tb[KEYWAY_A_POLICY_MAX + 1];
	struct install *in;
	int ret;

	in = new_install(info);
	if (!in)
		return -ENOMEM;
	ret = kw_nl_parse(&kw_nl_policy, info, tb) ?: gather_policy(in, tb) ?:
	      gather_sas(in, info) ?: install_and_reply(in, info);
	release(in);
	return ret;
}

/* The one SA of the message, for the policy it names. */
static int gather_single(struct install *in, const struct genl_info *info)
{
	const struct nlattr *nest = info->attrs[KEYWAY_A_SA];
	int ret;

	if (!nest)
		return KW_REFUSE(info->extack, NULL, -EINVAL, "The message lacks the SA.");
	ret = gather_sa(in, nest);
	if (ret)
		return ret;
	if (!in->item[0].config.policy_id)
		return KW_REFUSE(info->extack, nest, -EINVAL, "An SA needs its policy's id.");
	in->policy_nest = nest;
	in->policy = get_policy(in->kn, in->item[0].config.policy_id, nest, info->extack);
	return in->policy ? 0 : -ENOENT;
}

int kw_nl_sa_new(struct sk_buff *skb, struct genl_info *info)
{
	struct install *in = new_install(info);
	int ret;

	if (!in)
		return -ENOMEM;
	ret = gather_single(in, info) ?: make_and_commit(in);
	release(in);
	return ret;
}
