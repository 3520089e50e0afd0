// SPDX-License-Identifier: GPL-2.0
/*
 * Campaigns: netlink messages and packets that are almost right, many of them.
 *
 * Each case is a part of a campaign and names its seed, which repeats it. Kernel parameters:
 *   keyway_campaign_kunit.messages=N    netlink messages in all
 *   keyway_campaign_kunit.packets=N     packets in all
 *   keyway_campaign_kunit.seed=N        of the first part; 0 chooses one
 */
#include <linux/fdtable.h>
#include <linux/file.h>
#include <linux/moduleparam.h>
#include <linux/prandom.h>
#include <linux/random.h>
#include <net/inet_ecn.h>

#include "commands.h"
#include "road.h"
#include "state.h"

/* A part has to end within KUnit's five minutes for a case. */
#define PART_MAX	250000u
/* Parts of the smallest campaign: one for each kind of packet. */
#define PARTS_MIN	ARRAY_SIZE(kinds)

static unsigned int messages = 5000;
static unsigned int packets = 40000;
static unsigned int seed = 1;
module_param(messages, uint, 0444);
module_param(packets, uint, 0444);
module_param(seed, uint, 0444);

static unsigned int first_seed(void)
{
	while (!seed)
		seed = get_random_u32();
	return seed;
}

static unsigned int below(struct rnd_state *rnd, unsigned int n)
{
	return n ? prandom_u32_state(rnd) % n : 0;
}

static bool one_in(struct rnd_state *rnd, unsigned int n)
{
	return !below(rnd, n);
}

/* A number that is at the edge of something. */
static u64 edge(struct rnd_state *rnd)
{
	static const u64 edges[] = {
		0, 1, 2, 3, 4, 16, 17, 31, 32, 33, 63, 64, 127, 128, 255, 256, 4500, 65535, 65536,
		65537, S32_MAX, S32_MAX + 1ULL, U32_MAX, U32_MAX + 1ULL, S64_MAX, U64_MAX,
	};

	return one_in(rnd, 3) ? prandom_u32_state(rnd) : edges[below(rnd, ARRAY_SIZE(edges))];
}

/* ---- Netlink messages ---- */

#define MESSAGE_MAX	4096
#define ATTRS_MAX	128

/**
 * struct draft - a message under mutation
 * @data: the message from its netlink header on
 * @len: bytes of it
 * @n: attributes found in it, each before those inside it
 * @at: where each begins
 * @parent: index of the one around it, -1 for none
 */
struct draft {
	u8 *data;
	unsigned int len;
	unsigned int n;
	u16 at[ATTRS_MAX];
	s16 parent[ATTRS_MAX];
};

static struct nlattr *attr(struct draft *d, int i)
{
	return (struct nlattr *)(d->data + d->at[i]);
}

static bool is_nest(const struct nlattr *nla, int parent_type)
{
	int type = nla_type(nla);

	if (parent_type < 0)
		return type == KEYWAY_A_POLICY || type == KEYWAY_A_SA;
	return parent_type == KEYWAY_A_POLICY &&
	       (type == KEYWAY_A_POLICY_TS_LOCAL || type == KEYWAY_A_POLICY_TS_REMOTE);
}

static void scan(struct draft *d, unsigned int from, unsigned int to, int parent)
{
	while (from + NLA_HDRLEN <= to && d->n < ATTRS_MAX) {
		struct nlattr *nla = (struct nlattr *)(d->data + from);
		int outer = parent < 0 ? -1 : nla_type(attr(d, parent));
		unsigned int i = d->n++;

		if (nla->nla_len < NLA_HDRLEN || from + nla->nla_len > to)
			return;
		d->at[i] = from;
		d->parent[i] = parent;
		if (is_nest(nla, outer))
			scan(d, from + NLA_HDRLEN, from + nla->nla_len, i);
		from += NLA_ALIGN(nla->nla_len);
	}
}

static void rescan(struct draft *d)
{
	d->n = 0;
	memset(d->at, 0, sizeof(d->at));
	scan(d, NLMSG_HDRLEN + GENL_HDRLEN, d->len, -1);
}

/* Moves what begins at @at by @by, and lengthens attribute @i and those around it. */
static bool shift(struct draft *d, unsigned int at, int by, int i)
{
	if (at > d->len || (int)(d->len + by) < NLMSG_HDRLEN + GENL_HDRLEN ||
	    d->len + by > MESSAGE_MAX || (by < 0 && at - by > d->len))
		return false;
	if (by > 0)
		memmove(d->data + at + by, d->data + at, d->len - at);
	else
		memmove(d->data + at, d->data + at - by, d->len - at + by);
	d->len += by;
	for (; i >= 0; i = d->parent[i])
		attr(d, i)->nla_len += by;
	return true;
}

static void duplicate(struct draft *d, int i)
{
	unsigned int size = NLA_ALIGN(attr(d, i)->nla_len);
	unsigned int at = d->at[i];

	if (shift(d, at + size, size, d->parent[i]))
		memcpy(d->data + at + size, d->data + at, size);
}

static void resize(struct rnd_state *rnd, struct draft *d, int i)
{
	unsigned int size = NLA_ALIGN(attr(d, i)->nla_len);
	unsigned int want = NLA_ALIGN(NLA_HDRLEN + below(rnd, 150));

	if (!shift(d, d->at[i] + min(size, want), (int)want - (int)size, d->parent[i]))
		return;
	attr(d, i)->nla_len = want - below(rnd, 4);
	if (want > size)
		prandom_bytes_state(rnd, d->data + d->at[i] + size, want - size);
}

static void set_payload(struct rnd_state *rnd, struct draft *d, int i)
{
	int len = min_t(int, attr(d, i)->nla_len - NLA_HDRLEN, 8);
	u64 value = edge(rnd);

	if (len > 0)
		memcpy(attr(d, i) + 1, &value, len);
}

static void flip(struct rnd_state *rnd, u8 *data, unsigned int len)
{
	unsigned int n = 1 + below(rnd, 4);

	while (len && n--)
		data[below(rnd, len)] ^= 1 << below(rnd, 8);
}

static void mutate_attr(struct rnd_state *rnd, struct draft *d)
{
	unsigned int i = below(rnd, d->n);
	struct nlattr *nla = attr(d, i);

	if (!d->at[i])
		return;
	switch (below(rnd, 8)) {
	case 0:
		nla->nla_len += (int)below(rnd, 9) - 4;
		break;
	case 1:
		nla->nla_len = edge(rnd);
		break;
	case 2:
		nla->nla_type = below(rnd, 48) | (one_in(rnd, 2) ? NLA_F_NESTED : 0) |
				(one_in(rnd, 16) ? NLA_F_NET_BYTEORDER : 0);
		break;
	case 3:
		duplicate(d, i);
		break;
	case 4:
		shift(d, d->at[i], -(int)NLA_ALIGN(nla->nla_len), d->parent[i]);
		break;
	case 5:
		resize(rnd, d, i);
		break;
	default:
		set_payload(rnd, d, i);
		break;
	}
}

static void mutate_message(struct rnd_state *rnd, struct draft *d)
{
	struct genlmsghdr *genl = (struct genlmsghdr *)(d->data + NLMSG_HDRLEN);
	unsigned int n = 1 + below(rnd, 3);

	while (n--) {
		rescan(d);
		switch (below(rnd, 16)) {
		case 0:
			flip(rnd, d->data + NLMSG_HDRLEN, d->len - NLMSG_HDRLEN);
			break;
		case 1:
			d->len = NLMSG_HDRLEN + below(rnd, d->len - NLMSG_HDRLEN);
			break;
		case 2:
			genl->cmd = below(rnd, 32);
			break;
		default:
			if (d->n)
				mutate_attr(rnd, d);
			break;
		}
		if (d->len < NLMSG_HDRLEN + GENL_HDRLEN)
			return;
	}
}

/* One datagram of ours is well formed and nothing else. */
static bool well_formed(const struct nl *nl, int *error)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)nl->answer;
	const struct nlattr *nla;
	int rem = nl->len, rest;

	for (; nlmsg_ok(nlh, rem); nlh = nlmsg_next(nlh, &rem)) {
		if (nlh->nlmsg_type == NLMSG_ERROR || nlh->nlmsg_type == NLMSG_DONE) {
			*error = *(const int *)nlmsg_data(nlh);
			if (*error > 0 || *error < -MAX_ERRNO)
				return false;
			continue;
		}
		if (nlh->nlmsg_type != kw_family.id)
			return false;
		nlmsg_for_each_attr(nla, nlh, GENL_HDRLEN, rest)
			;
		if (rest > 0)
			return false;
	}
	return !rem;
}

/* Sends @d; returns the error of the answer, or 1 when it was not well formed or there was none. */
static int ask_draft(struct kunit *test, struct nl *nl, const struct draft *d)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	struct msghdr mh = { .msg_name = &kernel, .msg_namelen = sizeof(kernel) };
	struct kvec vec = { d->data, d->len };
	int error = 1;

	KUNIT_ASSERT_EQ(test, kernel_sendmsg(nl->sock, &mh, &vec, 1, d->len), d->len);
	while (nl_receive(nl))
		if (!well_formed(nl, &error))
			return 1;
	return error;
}

static void draft_of(struct kunit *test, struct rnd_state *rnd, const struct stage *stage,
		     struct draft *d)
{
	const struct command *command = &commands[below(rnd, ARRAY_SIZE(commands))];
	struct sk_buff *msg = command->message(test, stage);
	struct nlmsghdr *nlh = nlmsg_hdr(msg);

	nlmsg_end(msg, nlh);
	KUNIT_ASSERT_LE(test, msg->len, MESSAGE_MAX);
	memcpy(d->data, msg->data, msg->len);
	d->len = msg->len;
	nlmsg_free(msg);
	mutate_message(rnd, d);
	nlh = (struct nlmsghdr *)d->data;
	nlh->nlmsg_len = d->len;
	nlh->nlmsg_flags |= NLM_F_ACK;
}

/* Long before the shortest limit in seconds can end an SA by itself. */
#define STAGE_JIFFIES	(HZ * 8 / 10)

static void bad_messages_are_refused_and_change_nothing(struct kunit *test)
{
	unsigned int part = (unsigned long)test->param_value - 1, i, refused = 0, unsure = 0;
	unsigned int count = min(messages, PART_MAX);
	struct stage stage = {
		.nl = nl_open(test, NETLINK_GENERIC),
		.watch = nl_open(test, NETLINK_GENERIC),
		.dev = nl_device(test, "kw-kunit"),
	};
	struct draft d = { .data = kunit_kmalloc(test, MESSAGE_MAX, GFP_KERNEL) };
	unsigned long staged = jiffies;
	struct state before, after;
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, d.data);
	prandom_seed_state(&rnd, first_seed() + part);
	for (i = 0; i < count; i++) {
		int error;

		if (i % 100 == 0 || time_after(jiffies, staged + STAGE_JIFFIES / 2)) {
			staged = jiffies;
			set_stage(test, &stage);
			before = state_read(test, stage.watch);
		}
		draft_of(test, &rnd, &stage, &d);
		error = ask_draft(test, stage.nl, &d);
		after = state_read(test, stage.watch);
		KUNIT_ASSERT_NE_MSG(test, error, 1, "message %u of seed %u has no good answer", i,
				    first_seed() + part);
		refused += error < 0;
		if (time_after(jiffies, staged + STAGE_JIFFIES))
			unsure++;
		else if (error < 0)
			KUNIT_ASSERT_TRUE_MSG(test, state_same(&before, &after),
					      "message %u of seed %u: refused with %d, and done",
					      i, first_seed() + part, error);
		before = after;
	}
	kunit_info(test, "seed %u: %u messages, %u refused, %u too slow to judge\n",
		   first_seed() + part, count, refused, unsure);
	KUNIT_EXPECT_GT(test, refused, count / 4);
	KUNIT_EXPECT_LT(test, refused, count);
	set_stage(test, &stage);
}

static const void *part_of(const void *prev, char *desc, unsigned int total, unsigned int parts)
{
	unsigned long part = (unsigned long)prev;

	parts = max(parts, DIV_ROUND_UP(total, PART_MAX));
	if (!total || part >= parts)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "part %lu of %u, seed %u", part + 1, parts,
		 first_seed() + (unsigned int)part);
	return (void *)(part + 1);
}

static const void *message_parts(const void *prev, char *desc)
{
	return part_of(prev, desc, messages, 1);
}

/* ---- Packets ---- */

struct kind {
	struct crossing crossing;
	bool udp;
};

static const struct kind kinds[] = {
	{ { "", 4, 4, KEYWAY_ENCR_AES_GCM_16, 0 } },
	{ { "", 6, 6, KEYWAY_ENCR_AES_GCM_16, KEYWAY_SA_F_ESN } },
	{ { "", 6, 4, KEYWAY_ENCR_CHACHA20_POLY1305, 0 } },
	{ { "", 4, 6, KEYWAY_ENCR_CHACHA20_POLY1305, KEYWAY_SA_F_ESN } },
	{ { "", 4, 4, KEYWAY_ENCR_AES_GCM_16, KEYWAY_SA_F_ESN }, .udp = true },
};

struct packet {
	u8 data[512];
	unsigned int len;
	unsigned int esp;		/* where the ESP header is */
};

static void close_fd_action(void *fd)
{
	close_fd((unsigned long)fd);
}

/* A UDP socket as the daemon's, handed over to keyway. */
static void adopt_socket(struct kunit *test, struct road *road)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(4500) };
	struct sk_buff *msg = nl_request(test, KEYWAY_CMD_SOCKET_SET);
	struct socket *sock;
	struct file *file;
	int fd;

	KUNIT_ASSERT_EQ(test, sock_create_kern(&init_net, AF_INET, SOCK_DGRAM, IPPROTO_UDP, &sock),
			0);
	KUNIT_ASSERT_EQ(test, kernel_bind(sock, (struct sockaddr *)&any, sizeof(any)), 0);
	fd = get_unused_fd_flags(O_CLOEXEC);
	KUNIT_ASSERT_GE(test, fd, 0);
	file = sock_alloc_file(sock, O_CLOEXEC, NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(file));
	fd_install(fd, file);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, close_fd_action,
							(void *)(unsigned long)fd), 0);
	nla_put_s32(msg, KEYWAY_A_SOCKET_FD, fd);
	KUNIT_ASSERT_EQ(test, nl_send(test, road->nl, msg, NULL), 0);
}

static void take(struct kunit *test, struct road *road, const struct kind *kind, const u8 *inner,
		 struct packet *p)
{
	struct captured c = capture(test, road, inner);

	memcpy(p->data, c.data, c.len);
	p->len = c.len;
	p->esp = (kind->crossing.outer == 4 ? 20 : 40) + (kind->udp ? 8 : 0);
}

/* Room of @n bytes at @at. */
static void insert(struct packet *p, unsigned int at, unsigned int n)
{
	if (p->len + n > sizeof(p->data))
		return;
	memmove(p->data + at + n, p->data + at, p->len - at);
	memset(p->data + at, 0, n);
	p->len += n;
	if (at <= p->esp)
		p->esp += n;
}

/* IPv4 options, or an IPv6 extension header, that may or may not be good. */
static void extend_header(struct rnd_state *rnd, struct packet *p)
{
	unsigned int n = 4 * (1 + below(rnd, 10));

	if (p->data[0] >> 4 == 4) {
		insert(p, 20, n);
		memset(p->data + 20, one_in(rnd, 2) ? IPOPT_NOOP : below(rnd, 256), n);
		p->data[0] = 0x40 | (5 + n / 4);
	} else {
		n = round_up(n, 8);
		insert(p, 40, n);
		p->data[40] = p->data[6];
		p->data[41] = n / 8 - 1;
		p->data[42] = one_in(rnd, 2) ? 1 : below(rnd, 256);
		p->data[43] = n - 4;
		p->data[6] = one_in(rnd, 2) ? NEXTHDR_DEST : NEXTHDR_HOP;
	}
}

static void mutate_packet(struct rnd_state *rnd, struct packet *p, const struct packet *other)
{
	unsigned int body = p->len - p->esp, at, n;
	u8 *esp = p->data + p->esp;

	switch (below(rnd, 14)) {
	case 0:
		flip(rnd, p->data + 1, p->esp - 1);
		break;
	case 1:
		esp[below(rnd, 4)] ^= 1 << below(rnd, 8);
		break;
	case 2:
		put_unaligned_be32(get_unaligned_be32(esp + 4) + edge(rnd), esp + 4);
		break;
	case 3:
		p->len -= below(rnd, body + 1);
		break;
	case 4:
		n = below(rnd, 60);
		insert(p, p->len, n);
		break;
	case 5:
		at = below(rnd, body);
		n = below(rnd, body - at + 1);
		memset(esp + at, one_in(rnd, 2) ? 0 : below(rnd, 256), n);
		break;
	case 6:
		/* The head of one and the tail of another. */
		at = 8 + below(rnd, body - 8);
		memcpy(esp + at, other->data + p->esp + at, body - at);
		break;
	case 7:
		extend_header(rnd, p);
		break;
	case 8:
		p->data[p->data[0] >> 4 == 4 ? 9 : 6] = below(rnd, 256);
		break;
	case 9:
		if (p->data[0] >> 4 == 4)
			put_unaligned_be16(below(rnd, 0x10000), p->data + 6);
		break;
	case 10:
		/* The tag alone. */
		flip(rnd, p->data + p->len - 16, 16);
		break;
	case 11:
		at = below(rnd, body);
		insert(p, p->esp + at, 1 + below(rnd, 8));
		break;
	default:
		flip(rnd, esp, body);
		break;
	}
}

/* The inner packet came out, apart from its ECN bits, which an outer header may raise. */
static bool is_inner(struct sk_buff *skb, const u8 *inner)
{
	u8 *p = skb->data;

	if (skb_linearize(skb) || skb->len != INNER_LEN)
		return false;
	if (inner[0] >> 4 == 4)
		return !((p[1] ^ inner[1]) & ~INET_ECN_MASK) && !memcmp(p + 2, inner + 2, 8) &&
		       !memcmp(p + 12, inner + 12, INNER_LEN - 12);
	return !((p[1] ^ inner[1]) & ~(INET_ECN_MASK << 4)) &&
	       !memcmp(p + 2, inner + 2, INNER_LEN - 2);
}

/* How many packets came out; each has to be the one that was sealed. */
static unsigned int drain(struct kunit *test, struct road *road, const u8 *inner,
			  unsigned int packet, unsigned int part)
{
	unsigned int n = 0;
	struct sk_buff *skb;

	while ((skb = skb_dequeue(&road->inner))) {
		bool good = is_inner(skb, inner);

		kfree_skb(skb);
		KUNIT_ASSERT_TRUE_MSG(test, good, "packet %u of seed %u is not what was sealed",
				      packet, first_seed() + part);
		n++;
	}
	skb_queue_purge(&road->wire);
	return n;
}

static void only_what_was_sealed_is_accepted_and_once(struct kunit *test)
{
	unsigned int part = (unsigned long)test->param_value - 1, i, accepted = 0, n;
	unsigned int count = min(DIV_ROUND_UP(packets, PARTS_MIN), PART_MAX);
	const struct kind *kind = &kinds[part % ARRAY_SIZE(kinds)];
	struct road *road = road_new(test);
	struct child c = child_of(road, &kind->crossing);
	struct packet *p = kunit_kzalloc(test, 3 * sizeof(*p), GFP_KERNEL);
	struct packet *good = p + 1, *other = p + 2;
	u8 inner[INNER_LEN];
	struct rnd_state rnd;

	KUNIT_ASSERT_NOT_NULL(test, p);
	prandom_seed_state(&rnd, first_seed() + part);
	if (kind->udp) {
		road->udp = true;
		c.udp_local = 4500;
		c.udp_remote = 4500;
		adopt_socket(test, road);
	}
	write_inner(inner, kind->crossing.inner, 0, 0);
	KUNIT_ASSERT_EQ(test, nl_child(test, road->nl, &c), 0);
	take(test, road, kind, inner, other);
	take(test, road, kind, inner, good);
	for (i = 0; i < count; i++) {
		u64 burnt = drops(KEYWAY_A_STATS_IN_ECN);

		*p = *good;
		mutate_packet(&rnd, p, other);
		if (p->len < (p->data[0] >> 4 == 4 ? 20 : 40))
			continue;
		inject(test, p->data, p->len);
		n = drain(test, road, inner, i, part);
		KUNIT_ASSERT_LE(test, n, 1);
		/* RFC 6040 drops one that says congestion of a packet that cannot; it was ours. */
		if (!n && burnt == drops(KEYWAY_A_STATS_IN_ECN))
			continue;
		/* The mutation was outside what is authenticated. Now it has been seen. */
		accepted++;
		inject(test, good->data, good->len);
		KUNIT_ASSERT_EQ_MSG(test, drain(test, road, inner, i, part), 0,
				    "packet %u of seed %u is accepted twice", i,
				    first_seed() + part);
		take(test, road, kind, inner, good);
	}
	/* And the channel is as good as before. */
	inject(test, good->data, good->len);
	KUNIT_EXPECT_EQ(test, drain(test, road, inner, i, part), 1);
	kunit_info(test, "seed %u: %u packets, %u accepted for what they were\n",
		   first_seed() + part, count, accepted);
	KUNIT_EXPECT_LT(test, accepted, count / 4);
}

static const void *packet_parts(const void *prev, char *desc)
{
	return part_of(prev, desc, packets, PARTS_MIN);
}

static struct kunit_case campaign_cases[] = {
	KUNIT_CASE_PARAM(bad_messages_are_refused_and_change_nothing, message_parts),
	KUNIT_CASE_PARAM(only_what_was_sealed_is_accepted_and_once, packet_parts),
	{}
};

static struct kunit_suite campaign_suite = {
	.name = "keyway_campaign",
	.test_cases = campaign_cases,
};

kunit_test_suite(campaign_suite);

MODULE_DESCRIPTION("KUnit: netlink messages and packets that are almost right");
MODULE_LICENSE("GPL");
