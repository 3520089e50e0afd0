// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of a child that say how its packets are handled.
 *
 * RFCs: 2474, 2597, 3246 (names of DSCPs), 4301 §5.1.2 (outer headers), 4303 §2.7 (TFC padding), 6040 (ECN).
 */
#include "config/handling.h"

#include <stdlib.h>
#include <string.h>

#include "config/value.h"
#include "wire/handling.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static bool digit(char c, char last)
{
	return c >= '0' && c <= last;
}

/* "ef", "cs0" to "cs7", "af11" to "af43", or a number. */
static bool parse_dscp(const char *value, uint8_t *dscp)
{
	uint64_t v;

	if (strcmp(value, "ef") == 0)
		v = 46;
	else if (strncmp(value, "cs", 2) == 0 && digit(value[2], '7') && !value[3])
		v = (uint64_t)(value[2] - '0') << 3;
	else if (strncmp(value, "af", 2) == 0 && value[2] != '0' && digit(value[2], '4') && value[3] != '0' &&
		 digit(value[3], '3') && !value[4])
		v = (uint64_t)(value[2] - '0') << 3 | (uint64_t)(value[3] - '0') << 1;
	else if (!value_number(value, 63, &v))
		return false;
	*dscp = (uint8_t)v;
	return true;
}

void set_dscp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;

	h->dscp_fixed = strcmp(value, "copy") != 0;
	if (h->dscp_fixed && !parse_dscp(value, &h->dscp))
		reader_complain(r, r->line, "%s is copy, a number from 0 to 63 or a name such as ef, af41 or cs6, not \"%.60s\"",
				key->name, value);
}

static bool parse_class(char *item, uint64_t *dscps)
{
	uint8_t dscp;
	char *name;

	*dscps = 0;
	while ((name = token_item(&item, '+'))) {
		if (!parse_dscp(name, &dscp))
			return false;
		*dscps |= 1ull << dscp;
	}
	return *dscps;
}

void set_dscp_classes(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conf_child *c = field;
	uint64_t all = 0, dscps;
	char *item;

	c->n_dscp_class = 0;	/* a section does not add to what the connection says */
	if (strcmp(value, "none") == 0)
		return;
	while ((item = token_item(&value, ','))) {
		if (c->n_dscp_class == CONF_CLASSES_MAX) {
			reader_complain(r, r->line, "%s has more than %d classes", key->name, CONF_CLASSES_MAX);
			return;
		}
		if (!parse_class(item, &dscps)) {
			reader_complain(r, r->line, "%s is a list of DSCPs joined by +, such as ef+cs5, af41+af42", key->name);
			return;
		}
		if (all & dscps) {
			reader_complain(r, r->line, "%s has a DSCP in two classes", key->name);
			return;
		}
		all |= dscps;
		c->dscp_class[c->n_dscp_class++] = dscps;
	}
}

void set_ecn(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	static const char *const words[] = { "copy", "no" };

	h->no_ecn = reader_word(r, key, value, words, COUNT(words)) == 1;
}

void set_df(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[HANDLING_DF_COPY] = "copy", [HANDLING_DF_SET] = "set", [HANDLING_DF_CLEAR] = "clear",
	};
	struct handling *h = field;
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		h->df = (enum handling_df)word;
}

void set_ttl(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	uint64_t ttl = 0;

	h->ttl_copied = strcmp(value, "copy") == 0;
	if (!h->ttl_copied && strcmp(value, "auto") != 0 && (!value_number(value, 255, &ttl) || !ttl))
		reader_complain(r, r->line, "%s is auto, copy or a number from 1 to 255, not \"%.60s\"", key->name,
				value);
	h->ttl = (uint8_t)ttl;
}

void set_mss_clamp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	bool clamp = true;

	set_bool(r, key, &clamp, value);
	h->no_mss_clamp = !clamp;
}

void set_fragment(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "before", "after" };
	struct handling *h = field;

	h->fragment_after = reader_word(r, key, value, words, COUNT(words)) == 1;
}

void set_flow_label(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "zero", "copy" };
	struct handling *h = field;

	h->flow_label_copied = reader_word(r, key, value, words, COUNT(words)) == 1;
}

void set_icmp_errors(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	bool errors = true;

	set_bool(r, key, &errors, value);
	h->no_icmp = !errors;
}

void set_plaintext_in(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;

	set_bool(r, key, &h->plain_in, value);
}

void set_verify_checksums(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;

	set_bool(r, key, &h->verify_csum, value);
}

/* A number as iproute2 and nftables take marks: decimal, or hex after 0x. */
static bool parse_mark(const char *text, uint32_t *mark)
{
	const bool hex = text[0] == '0' && text[1] == 'x';
	const char *digits = hex ? text + 2 : text;
	size_t len = strspn(digits, hex ? "0123456789abcdefABCDEF" : "0123456789");
	unsigned long long v;

	if (!len || len > 10 || digits[len])
		return false;
	v = strtoull(digits, NULL, hex ? 16 : 10);
	if (v > UINT32_MAX)
		return false;
	*mark = (uint32_t)v;
	return true;
}

void set_mark(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	char *mask = strchr(value, '/');
	bool good;

	h->mark_mask = UINT32_MAX;
	if (mask)
		*mask++ = '\0';
	good = parse_mark(value, &h->mark) && (!mask || parse_mark(mask, &h->mark_mask));
	if (!good)
		reader_complain(r, r->line, "%s is a number such as 42 or 0x2a, with a mask such as 0x2a/0xff if not all bits count",
				key->name);
	else if (!h->mark_mask || h->mark & ~h->mark_mask)
		reader_complain(r, r->line, "%s: the mask 0x%x leaves out bits of the mark 0x%x", key->name,
				h->mark_mask, h->mark);
}

void set_set_mark(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;

	if (!parse_mark(value, &h->set_mark) || !h->set_mark)
		reader_complain(r, r->line, "%s is a number such as 42 or 0x2a, and not 0: \"%.60s\"", key->name, value);
}

/* The words are those of `keyway policy add`. */
void set_pfp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "no", "local", "remote", "proto", "local-port", "remote-port" };
	static const uint8_t bits[] = {
		0, HANDLING_PFP_LOCAL, HANDLING_PFP_REMOTE, HANDLING_PFP_PROTO, HANDLING_PFP_LOCAL_PORT,
		HANDLING_PFP_REMOTE_PORT,
	};
	struct handling *h = field;
	char *item;

	h->pfp = 0;	/* a section does not add to what the connection says */
	while ((item = token_item(&value, ','))) {
		int word = reader_word(r, key, item, words, COUNT(words));

		if (word > 0)
			h->pfp |= bits[word];
	}
	/* RFC 4301 §4.4.1.1: a port is one of a protocol. */
	if (h->pfp & (HANDLING_PFP_LOCAL_PORT | HANDLING_PFP_REMOTE_PORT))
		h->pfp |= HANDLING_PFP_PROTO;
}

/* "mtu": as many as fit, so that all packets look alike. */
void set_tfc(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct handling *h = field;
	uint64_t tfc = UINT16_MAX;

	if (strcmp(value, "no") == 0)
		tfc = 0;
	else if (strcmp(value, "mtu") != 0 && (!value_number(value, UINT16_MAX, &tfc) || !tfc))
		reader_complain(r, r->line, "%s is no, mtu or a number of octets, not \"%.60s\"", key->name, value);
	h->tfc = (uint16_t)tfc;
}

void handling_check_transport(struct conf_reader *r)
{
	static const char *const keys[] = { "dscp", "ecn", "df", "ttl", "tfc", "fragment", "flow-label" };

	for (size_t i = 0; i < COUNT(keys); i++)
		if (reader_line(r, keys[i]))
			reader_complain(r, reader_line(r, keys[i]),
					"%s is of tunnel mode: in transport mode packets keep their own header", keys[i]);
}
