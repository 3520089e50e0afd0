// SPDX-License-Identifier: GPL-2.0
/*
 * Attributes of policies and SAs as words and back.
 *
 * RFCs: 4301 §4.4 (what an SPD and a SAD entry hold).
 */
#include "kernel/genl_words.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/keyway.h>
#include <net/if.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/alg.h"
#include "kernel/genl_msg.h"

static const struct genl_name actions[] = {
	{ "protect", KEYWAY_ACTION_PROTECT }, { "bypass", KEYWAY_ACTION_BYPASS },
	{ "discard", KEYWAY_ACTION_DISCARD }, { 0 },
};

static const struct genl_name modes[] = {
	{ "tunnel", KEYWAY_MODE_TUNNEL }, { "transport", KEYWAY_MODE_TRANSPORT },
	{ "beet", KEYWAY_MODE_BEET }, { 0 },
};

static const struct genl_name dfs[] = {
	{ "copy", KEYWAY_DF_COPY }, { "set", KEYWAY_DF_SET }, { "clear", KEYWAY_DF_CLEAR }, { 0 },
};

static const struct genl_name policy_flags[] = {
	{ "no-ecn", KEYWAY_POLICY_F_NO_ECN }, { "frag-outer", KEYWAY_POLICY_F_FRAG_OUTER },
	{ "no-icmp", KEYWAY_POLICY_F_NO_ICMP }, { "plain-in", KEYWAY_POLICY_F_PLAIN_IN }, { 0 },
};

static const struct genl_name pfps[] = {
	{ "local", KEYWAY_PFP_LOCAL }, { "remote", KEYWAY_PFP_REMOTE }, { "proto", KEYWAY_PFP_PROTO },
	{ "local-port", KEYWAY_PFP_LOCAL_PORT }, { "remote-port", KEYWAY_PFP_REMOTE_PORT }, { 0 },
};

static const struct genl_name sa_flags[] = {
	{ "esn", KEYWAY_SA_F_ESN }, { "verify-csum", KEYWAY_SA_F_VERIFY_CSUM },
	{ "larval", KEYWAY_SA_F_LARVAL }, { "current", KEYWAY_SA_F_CURRENT }, { 0 },
};

static const struct genl_name protocols[] = { { "esp", IPPROTO_ESP }, { "ah", IPPROTO_AH }, { 0 } };

static const struct genl_name dirs[] = { { "in", KEYWAY_DIR_IN }, { "out", KEYWAY_DIR_OUT }, { 0 } };

#define SAYS(attr_name, attr_kind, ...) { .name = (attr_name), .kind = GENL_KIND_##attr_kind, __VA_ARGS__ }
#define TOLD(attr_name, attr_kind) { .name = (attr_name), .kind = GENL_KIND_##attr_kind, .read_only = true }

static const struct genl_word policy_words[KEYWAY_A_POLICY_MAX + 1] = {
	[KEYWAY_A_POLICY_ID] = SAYS("id", U32),
	[KEYWAY_A_POLICY_COOKIE] = SAYS("cookie", U64),
	[KEYWAY_A_POLICY_IFINDEX] = SAYS("ifindex", DEVICE, .alias = "dev"),
	[KEYWAY_A_POLICY_PRIORITY] = SAYS("priority", U32),
	[KEYWAY_A_POLICY_ACTION] = SAYS("action", NAME8, .names = actions),
	[KEYWAY_A_POLICY_MODE] = SAYS("mode", NAME8, .names = modes),
	[KEYWAY_A_POLICY_FLAGS] = SAYS("flags", FLAGS, .names = policy_flags),
	[KEYWAY_A_POLICY_TS_LOCAL] = SAYS("ts-local", TS, .alias = "local-net"),
	[KEYWAY_A_POLICY_TS_REMOTE] = SAYS("ts-remote", TS, .alias = "remote-net"),
	[KEYWAY_A_POLICY_LOCAL] = SAYS("local", ADDR),
	[KEYWAY_A_POLICY_REMOTE] = SAYS("remote", ADDR),
	[KEYWAY_A_POLICY_DF] = SAYS("df", NAME8, .names = dfs),
	[KEYWAY_A_POLICY_TTL] = SAYS("ttl", U8),
	[KEYWAY_A_POLICY_DSCP] = SAYS("dscp", U8),
	[KEYWAY_A_POLICY_OUT_SPI] = TOLD("out-spi", SPI),
	[KEYWAY_A_POLICY_RX_PACKETS] = TOLD("rx-packets", U64),
	[KEYWAY_A_POLICY_RX_BYTES] = TOLD("rx-bytes", U64),
	[KEYWAY_A_POLICY_TX_PACKETS] = TOLD("tx-packets", U64),
	[KEYWAY_A_POLICY_TX_BYTES] = TOLD("tx-bytes", U64),
	[KEYWAY_A_POLICY_DROPS] = TOLD("drops", DROPS),
	[KEYWAY_A_POLICY_PAD] = TOLD("pad", PAD),
	[KEYWAY_A_POLICY_MARK] = SAYS("mark", U32),
	[KEYWAY_A_POLICY_MARK_MASK] = SAYS("mark-mask", U32),
	[KEYWAY_A_POLICY_SET_MARK] = SAYS("set-mark", U32),
	[KEYWAY_A_POLICY_LINK] = SAYS("link", DEVICE),
	[KEYWAY_A_POLICY_PFP] = SAYS("pfp", LIST, .names = pfps),
	[KEYWAY_A_POLICY_ORDER] = TOLD("order", U64),
};

static const struct genl_word sa_words[KEYWAY_A_SA_MAX + 1] = {
	[KEYWAY_A_SA_SPI] = SAYS("spi", SPI),
	[KEYWAY_A_SA_PROTO] = SAYS("proto", NAME8, .names = protocols),
	[KEYWAY_A_SA_DIR] = SAYS("dir", NAME8, .names = dirs),
	[KEYWAY_A_SA_POLICY_ID] = SAYS("policy-id", U32, .alias = "policy"),
	[KEYWAY_A_SA_MODE] = SAYS("mode", NAME8, .names = modes),
	[KEYWAY_A_SA_COOKIE] = SAYS("cookie", U64),
	[KEYWAY_A_SA_FLAGS] = SAYS("flags", FLAGS, .names = sa_flags),
	[KEYWAY_A_SA_LOCAL] = SAYS("local", ADDR),
	[KEYWAY_A_SA_REMOTE] = SAYS("remote", ADDR),
	[KEYWAY_A_SA_UDP_LOCAL] = SAYS("udp-local", U16),
	[KEYWAY_A_SA_UDP_REMOTE] = SAYS("udp-remote", U16),
	[KEYWAY_A_SA_ENCR] = SAYS("encr", ENCR),
	[KEYWAY_A_SA_ENCR_BITS] = SAYS("encr-bits", U16),
	[KEYWAY_A_SA_ENCR_KEY] = SAYS("encr-key", KEY),
	[KEYWAY_A_SA_INTEG] = SAYS("integ", INTEG),
	[KEYWAY_A_SA_INTEG_KEY] = SAYS("integ-key", KEY),
	[KEYWAY_A_SA_REPLAY_WINDOW] = SAYS("replay-window", U32, .alias = "window"),
	[KEYWAY_A_SA_TFC] = SAYS("tfc", U16),
	[KEYWAY_A_SA_SOFT_BYTES] = SAYS("soft-bytes", U64),
	[KEYWAY_A_SA_HARD_BYTES] = SAYS("hard-bytes", U64),
	[KEYWAY_A_SA_SOFT_PACKETS] = SAYS("soft-packets", U64),
	[KEYWAY_A_SA_HARD_PACKETS] = SAYS("hard-packets", U64),
	[KEYWAY_A_SA_SOFT_SECONDS] = SAYS("soft-seconds", U64),
	[KEYWAY_A_SA_HARD_SECONDS] = SAYS("hard-seconds", U64),
	[KEYWAY_A_SA_IDLE_SECONDS] = SAYS("idle-seconds", U64),
	[KEYWAY_A_SA_TIMEOUT] = SAYS("timeout", U32),
	[KEYWAY_A_SA_BYTES] = TOLD("bytes", U64),
	[KEYWAY_A_SA_PACKETS] = TOLD("packets", U64),
	[KEYWAY_A_SA_SEQ] = TOLD("seq", U64),
	[KEYWAY_A_SA_AGE] = TOLD("age", U64),
	[KEYWAY_A_SA_UNUSED] = TOLD("unused", U64),
	[KEYWAY_A_SA_DROPS] = TOLD("drops", DROPS),
	[KEYWAY_A_SA_AH_SPI] = SAYS("ah-spi", SPI),
	[KEYWAY_A_SA_PAD] = TOLD("pad", PAD),
	[KEYWAY_A_SA_DSCPS] = SAYS("dscps", U64),
	[KEYWAY_A_SA_STREAM] = SAYS("stream", U32),
};

const struct genl_set genl_policy_set = { KEYWAY_A_POLICY, KEYWAY_A_POLICY_MAX, policy_words };
const struct genl_set genl_sa_set = { KEYWAY_A_SA, KEYWAY_A_SA_MAX, sa_words };

int genl_word_find(const struct genl_set *set, const char *name)
{
	int i;

	for (i = 1; i <= set->max; i++)
		if (!strcmp(set->word[i].name, name) ||
		    (set->word[i].alias && !strcmp(set->word[i].alias, name)))
			return i;
	return 0;
}

int genl_flag_find(const struct genl_set *set, const char *word, uint32_t *flags)
{
	const struct genl_name *n;
	int i;

	for (i = 1; i <= set->max; i++) {
		if (set->word[i].kind != GENL_KIND_FLAGS)
			continue;
		for (n = set->word[i].names; n->name; n++) {
			if (!strcmp(n->name, word)) {
				*flags |= n->value;
				return i;
			}
		}
	}
	return 0;
}

const char *genl_value_name(const struct genl_word *w, uint32_t value)
{
	const struct genl_name *n;

	for (n = w->names; n && n->name; n++)
		if (n->value == value)
			return n->name;
	return NULL;
}

/* From text ------------------------------------------------------------------------------------ */

static int refuse(const struct genl_word *w, const char *text, const char *want, char why[KERNEL_WHY])
{
	snprintf(why, KERNEL_WHY, "%s \"%.60s\": want %s", w->name, text, want);
	return -EINVAL;
}

/* Decimal, or hexadecimal after 0x. */
static int put_number(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text, uint64_t max,
		      char why[KERNEL_WHY])
{
	char want[40], *end;
	uint64_t v;

	errno = 0;
	v = strtoull(text, &end, strncmp(text, "0x", 2) ? 10 : 16);
	if (errno || *text < '0' || *text > '9' || *end || v > max) {
		snprintf(want, sizeof(want), "a number up to %ju", (uintmax_t)max);
		return refuse(w, text, want, why);
	}
	switch (w->kind) {
	case GENL_KIND_U64:
		return nla_put_u64(msg, attr, v) ? -EMSGSIZE : 0;
	case GENL_KIND_U32:
		return nla_put_u32(msg, attr, (uint32_t)v) ? -EMSGSIZE : 0;
	case GENL_KIND_SPI:
		return nla_put_u32(msg, attr, htonl((uint32_t)v)) ? -EMSGSIZE : 0;
	case GENL_KIND_U16:
	case GENL_KIND_ENCR:
	case GENL_KIND_INTEG:
		return nla_put_u16(msg, attr, (uint16_t)v) ? -EMSGSIZE : 0;
	default:
		return nla_put_u8(msg, attr, (uint8_t)v) ? -EMSGSIZE : 0;
	}
}

/* Says which names there are. */
static int refuse_name(const struct genl_word *w, const char *text, char why[KERNEL_WHY])
{
	const struct genl_name *n;
	char want[100] = "";
	size_t len;

	for (n = w->names; n->name; n++) {
		len = strlen(want);
		snprintf(want + len, sizeof(want) - len, "%s%s", len ? ", " : "", n->name);
	}
	return refuse(w, text, want, why);
}

static int put_name(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
		    char why[KERNEL_WHY])
{
	const struct genl_name *n;

	for (n = w->names; n->name; n++)
		if (!strcmp(n->name, text))
			return nla_put_u8(msg, attr, (uint8_t)n->value) ? -EMSGSIZE : 0;
	return refuse_name(w, text, why);
}

/* "a,b": the sum of their values. */
static int put_list(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
		    char why[KERNEL_WHY])
{
	const struct genl_name *n;
	uint32_t sum = 0;
	size_t len;

	do {
		len = strcspn(text, ",");
		for (n = w->names; n->name; n++)
			if (strlen(n->name) == len && !strncmp(n->name, text, len))
				break;
		if (!n->name)
			return refuse_name(w, text, why);
		sum |= n->value;
		text += len;
	} while (*text++);
	return nla_put_u32(msg, attr, sum) ? -EMSGSIZE : 0;
}

static int put_addr(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
		    char why[KERNEL_WHY])
{
	struct ip_addr a;

	if (ip_addr_parse(&a, text))
		return refuse(w, text, "an IPv4 or IPv6 address", why);
	return nla_put(msg, attr, (int)ip_addr_len(&a), a.b) ? -EMSGSIZE : 0;
}

static int put_device(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
		      char why[KERNEL_WHY])
{
	unsigned int index = if_nametoindex(text);

	if (!index)
		return refuse(w, text, "the name of a device", why);
	return nla_put_u32(msg, attr, index) ? -EMSGSIZE : 0;
}

static int put_selector(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
			char why[KERNEL_WHY])
{
	struct ts ts;

	if (ts_from_text(&ts, text))
		return refuse(w, text, "a selector, such as 10.0.0.0/8 or fd00::/8[tcp/443]", why);
	return genl_put_ts(msg, attr, &ts, why);
}

/* The row of "aes-gcm-16" or "aes-gcm-16-256"; *bits is 0 when none are said. */
static const struct alg *find_alg(enum transform_type type, const char *text, uint16_t *bits)
{
	const struct alg *alg = alg_by_name(type, text);
	char name[ALG_STRLEN];
	const char *dash = strrchr(text, '-');
	unsigned int i;

	*bits = 0;
	if (alg || !dash || (size_t)(dash - text) >= sizeof(name))
		return alg;
	memcpy(name, text, (size_t)(dash - text));
	name[dash - text] = '\0';
	alg = alg_by_name(type, name);
	if (!alg)
		return NULL;
	for (i = 0; i < sizeof(alg->key_bits) / sizeof(alg->key_bits[0]); i++)
		if (alg->key_bits[i] && alg->key_bits[i] == strtoul(dash + 1, NULL, 10))
			*bits = alg->key_bits[i];
	return *bits ? alg : NULL;
}

/* By name, or by IANA's number for one without a name here. */
static int put_alg(struct nl_msg *msg, int attr, const struct genl_word *w, const char *text,
		   char why[KERNEL_WHY])
{
	enum transform_type type = w->kind == GENL_KIND_ENCR ? TRANSFORM_ENCR : TRANSFORM_INTEG;
	const struct alg *alg;
	uint16_t bits;

	if (*text >= '0' && *text <= '9' && !strchr(text, '-') && strcmp(text, "3des") != 0)
		return put_number(msg, attr, w, text, UINT16_MAX, why);
	alg = find_alg(type, text, &bits);
	if (!alg)
		return refuse(w, text, type == TRANSFORM_ENCR ? "an algorithm, such as aes-gcm-16-256" :
			      "an algorithm, such as hmac-sha2-256-128", why);
	if (nla_put_u16(msg, attr, alg->id) ||
	    (bits && nla_put_u16(msg, KEYWAY_A_SA_ENCR_BITS, bits)))
		return -EMSGSIZE;
	return 0;
}

int genl_word_put(struct nl_msg *msg, const struct genl_set *set, int attr, const char *text,
		  char why[KERNEL_WHY])
{
	const struct genl_word *w = &set->word[attr];

	switch (w->kind) {
	case GENL_KIND_U8:
		return put_number(msg, attr, w, text, UINT8_MAX, why);
	case GENL_KIND_U16:
		return put_number(msg, attr, w, text, UINT16_MAX, why);
	case GENL_KIND_U32:
	case GENL_KIND_SPI:
		return put_number(msg, attr, w, text, UINT32_MAX, why);
	case GENL_KIND_U64:
		return put_number(msg, attr, w, text, UINT64_MAX, why);
	case GENL_KIND_ADDR:
		return put_addr(msg, attr, w, text, why);
	case GENL_KIND_DEVICE:
		return put_device(msg, attr, w, text, why);
	case GENL_KIND_TS:
		return put_selector(msg, attr, w, text, why);
	case GENL_KIND_NAME8:
		return put_name(msg, attr, w, text, why);
	case GENL_KIND_LIST:
		return put_list(msg, attr, w, text, why);
	case GENL_KIND_ENCR:
	case GENL_KIND_INTEG:
		return put_alg(msg, attr, w, text, why);
	case GENL_KIND_PAD:
	case GENL_KIND_FLAGS:
	case GENL_KIND_KEY:
	case GENL_KIND_DROPS:
		break;
	}
	snprintf(why, KERNEL_WHY, "%s is no word with a value", w->name);
	return -EINVAL;
}

/* To text -------------------------------------------------------------------------------------- */

uint64_t genl_word_number(const struct genl_word *w, const struct nlattr *a)
{
	switch (nla_len(a)) {
	case 1:
		return nla_get_u8(a);
	case 2:
		return nla_get_u16(a);
	case 4:
		return w->kind == GENL_KIND_SPI ? ntohl(nla_get_u32(a)) : nla_get_u32(a);
	case 8:
		return nla_get_u64(a);
	default:
		return 0;
	}
}

static bool read_addr(struct ip_addr *a, const struct nlattr *attr)
{
	if (!attr || (nla_len(attr) != 4 && nla_len(attr) != 16))
		return false;
	*a = ip_addr_from_bytes(nla_len(attr) == 4 ? AF_INET : AF_INET6, nla_data(attr));
	return true;
}

static uint16_t u16_or(const struct nlattr *a, uint16_t absent)
{
	return a && nla_len(a) == 2 ? nla_get_u16(a) : absent;
}

static char *print_selector(char buf[GENL_WORD_LEN], const struct nlattr *nest)
{
	struct nlattr *tb[KEYWAY_A_TS_MAX + 1];
	struct ts ts = { 0 };

	/* nla_parse_nested() only reads what it is given. */
	if (nla_parse(tb, KEYWAY_A_TS_MAX, nla_data(nest), nla_len(nest), NULL) < 0 ||
	    !read_addr(&ts.range.first, tb[KEYWAY_A_TS_START]) ||
	    !read_addr(&ts.range.last, tb[KEYWAY_A_TS_END]))
		return NULL;
	if (tb[KEYWAY_A_TS_PROTO] && nla_len(tb[KEYWAY_A_TS_PROTO]) == 1)
		ts.protocol = nla_get_u8(tb[KEYWAY_A_TS_PROTO]);
	ts.port_first = u16_or(tb[KEYWAY_A_TS_PORT_START], 0);
	ts.port_last = u16_or(tb[KEYWAY_A_TS_PORT_END], UINT16_MAX);
	return ts_print(buf, &ts);
}

static char *print_list(char buf[GENL_WORD_LEN], const struct genl_word *w, uint32_t sum)
{
	const struct genl_name *n;
	size_t len = 0;

	buf[0] = '\0';
	for (n = w->names; n->name; n++)
		if (sum & n->value && len < GENL_WORD_LEN)
			len += (size_t)snprintf(buf + len, GENL_WORD_LEN - len, "%s%s", len ? "," : "", n->name);
	return len ? buf : NULL;
}

char *genl_word_print(char buf[GENL_WORD_LEN], const struct genl_word *w, const struct nlattr *a,
		      uint16_t bits)
{
	uint64_t v = genl_word_number(w, a);
	struct ip_addr addr;
	const char *name;

	switch (w->kind) {
	case GENL_KIND_SPI:
		snprintf(buf, GENL_WORD_LEN, "0x%08jx", (uintmax_t)v);
		return buf;
	case GENL_KIND_ADDR:
		return read_addr(&addr, a) ? ip_addr_print(buf, &addr) : NULL;
	case GENL_KIND_TS:
		return print_selector(buf, a);
	case GENL_KIND_DEVICE:
		if (v <= UINT32_MAX && if_indextoname((unsigned int)v, buf))
			return buf;
		break;
	case GENL_KIND_NAME8:
		name = genl_value_name(w, (uint32_t)v);
		if (name) {
			snprintf(buf, GENL_WORD_LEN, "%s", name);
			return buf;
		}
		break;
	case GENL_KIND_LIST:
		return print_list(buf, w, (uint32_t)v);
	case GENL_KIND_ENCR:
		return alg_print(buf, TRANSFORM_ENCR, (uint16_t)v, bits);
	case GENL_KIND_INTEG:
		return alg_print(buf, TRANSFORM_INTEG, (uint16_t)v, 0);
	case GENL_KIND_U8:
	case GENL_KIND_U16:
	case GENL_KIND_U32:
	case GENL_KIND_U64:
		break;
	case GENL_KIND_PAD:
	case GENL_KIND_FLAGS:
	case GENL_KIND_KEY:
	case GENL_KIND_DROPS:
		return NULL;
	}
	snprintf(buf, GENL_WORD_LEN, "%ju", (uintmax_t)v);
	return buf;
}
