/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel holds, as a daemon sees it: the dumps of policies and SAs as one number.
 */
#ifndef KEYWAY_KUNIT_STATE_H
#define KEYWAY_KUNIT_STATE_H

#include <linux/jhash.h>

#include "nl.h"

/**
 * struct state - policies and SAs at one moment
 * @digest: of everything in the dumps but what time changes by itself; their order does not matter
 * @sas: how many there are
 * @policies: how many there are
 */
struct state {
	u64 digest;
	unsigned int sas, policies;
};

static inline bool state_same(const struct state *a, const struct state *b)
{
	return a->digest == b->digest && a->sas == b->sas && a->policies == b->policies;
}

static inline u64 state_of_message(const struct nlmsghdr *nlh)
{
	const struct nlattr *outer, *nla;
	u32 a = 0, b = 1;
	int rem, rem2;

	nlmsg_for_each_attr(outer, nlh, GENL_HDRLEN, rem) {
		nla_for_each_nested(nla, outer, rem2) {
			if (nla_type(outer) == KEYWAY_A_SA &&
			    (nla_type(nla) == KEYWAY_A_SA_AGE ||
			     nla_type(nla) == KEYWAY_A_SA_UNUSED))
				continue;
			a = jhash(nla, nla->nla_len, a);
			b = jhash(nla, nla->nla_len, b);
		}
	}
	return (u64)a << 32 | b;
}

/* Adds what the dump of @cmd says; false: it did not come to its end. */
static inline bool state_dump(struct kunit *test, struct nl *nl, u8 cmd, u64 *digest,
			      unsigned int *count)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct {
		struct nlmsghdr nlh;
		struct genlmsghdr genl;
	} request = {
		.nlh = {
			.nlmsg_len = sizeof(request),
			.nlmsg_type = kw_family.id,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP,
			.nlmsg_seq = 1,
		},
		.genl = { .cmd = cmd, .version = KEYWAY_FAMILY_VERSION },
	};
	struct kvec vec = { &request, sizeof(request) };

	if (kernel_sendmsg(nl->sock, &mh, &vec, 1, sizeof(request)) < 0)
		return false;
	while (nl_receive(nl)) {
		const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->answer;
		int rem = nl->len;

		for (; nlmsg_ok(nlh, rem); nlh = nlmsg_next(nlh, &rem)) {
			if (nlh->nlmsg_type != kw_family.id)
				return nlh->nlmsg_type == NLMSG_DONE;
			*digest += state_of_message(nlh);
			++*count;
		}
	}
	return false;
}

/* By @nl, which is connected and has nothing to read. */
static inline struct state state_read(struct kunit *test, struct nl *nl)
{
	struct state s = {};

	KUNIT_ASSERT_TRUE(test, state_dump(test, nl, KEYWAY_CMD_POLICY_GET, &s.digest,
					   &s.policies));
	KUNIT_ASSERT_TRUE(test, state_dump(test, nl, KEYWAY_CMD_SA_GET, &s.digest, &s.sas));
	return s;
}

#endif
