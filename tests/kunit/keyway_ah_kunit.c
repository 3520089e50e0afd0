// SPDX-License-Identifier: GPL-2.0
/*
 * AH's wire format: packets that scapy protected byte for byte, and every bit that counts.
 *
 * RFCs: 4302, 4543 section 4
 */
#include <crypto/hash.h>
#include <linux/bottom_half.h>
#include <linux/unaligned.h>
#include <uapi/linux/keyway.h>

#include "ah.h"
#include "algs.h"
#include "crypto.h"
#include "skb.h"
#include "vectors.h"

#include "vectors_gen.h"

static void mac_free_action(void *c)
{
	kw_cipher_free(c);
}

static struct kw_cipher *mac_new(struct kunit *test, u16 integ, const u8 *key, unsigned int len)
{
	struct kw_cipher *c = kunit_kzalloc(test, sizeof(*c), GFP_KERNEL);
	const struct kw_keys keys = {
		.integ = kw_integ_find(integ), .integ_key = key, .integ_len = len,
	};
	const char *missing;

	KUNIT_ASSERT_NOT_NULL(test, c);
	KUNIT_ASSERT_NOT_NULL(test, keys.integ);
	KUNIT_ASSERT_EQ(test, kw_cipher_init(c, &keys, &missing), 0);
	KUNIT_ASSERT_EQ(test, kunit_add_action_or_reset(test, mac_free_action, c), 0);
	return c;
}

static int check_bh(const struct kw_cipher *c, const u8 *ip, unsigned int head, unsigned int len,
		    u64 seq, bool esn)
{
	int ret;

	local_bh_disable();
	ret = kw_ah_check(c, ip, head, len, seq, esn);
	local_bh_enable();
	return ret;
}

static int seal_bh(const struct kw_cipher *c, u8 *ip, unsigned int head, unsigned int len,
		   u8 next_header, u64 seq, bool esn)
{
	int ret;

	local_bh_disable();
	ret = kw_ah_seal(c, ip, head, len, next_header, cpu_to_be32(0xc0ffee01), seq, esn);
	local_bh_enable();
	return ret;
}

/* Of exactly @len bytes, so that KASAN sees one too many. */
static u8 *exactly(struct kunit *test, const void *data, unsigned int len)
{
	u8 *buf = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, buf);
	memcpy(buf, data, len);
	return buf;
}

KUNIT_ARRAY_PARAM_DESC(scapy, vec_ah, desc);

static void what_scapy_protected_is_accepted_and_made_again(struct kunit *test)
{
	const struct vec_ah *v = test->param_value;
	struct kw_cipher *c = mac_new(test, v->integ, v->key.data, v->key.len);
	const u8 *packet = v->packet.data, *ah = packet + v->head;
	u8 version = packet[0] >> 4, *copy = exactly(test, packet, v->packet.len);
	unsigned int ah_len = kw_ah_len(c, version);

	KUNIT_ASSERT_EQ(test, kw_ah_check_len(c, ah, v->packet.len - v->head, version), ah_len);
	KUNIT_EXPECT_EQ(test, check_bh(c, copy, v->head, v->packet.len, v->seq, v->esn), 0);
	KUNIT_EXPECT_MEMEQ(test, copy, packet, v->packet.len);

	memset(copy + v->head, 0xaa, ah_len);
	KUNIT_ASSERT_EQ(test, seal_bh(c, copy, v->head, v->packet.len, ah[0], v->seq, v->esn), 0);
	KUNIT_EXPECT_MEMEQ(test, copy, packet, v->packet.len);
}

struct integ {
	const char *desc;
	u16 id;
	u8 key_len;
	u8 ipv4_len;
	u8 ipv6_len;
};

static const struct integ integs[] = {
	{ "HMAC-SHA1-96", 2, 20, 24, 24 },
	{ "AES-XCBC-96", 5, 16, 24, 24 },
	{ "AES-CMAC-96", 8, 16, 24, 24 },
	{ "AES-128-GMAC", 9, 20, 36, 40 },
	{ "AES-192-GMAC", 10, 28, 36, 40 },
	{ "AES-256-GMAC", 11, 36, 36, 40 },
	{ "HMAC-SHA2-256-128", 12, 32, 28, 32 },
	{ "HMAC-SHA2-384-192", 13, 48, 36, 40 },
	{ "HMAC-SHA2-512-256", 14, 64, 44, 48 },
};

KUNIT_ARRAY_PARAM_DESC(integ, integs, desc);

static const u8 key[64] = "some key that is as good as any other of its length, or better.";

static struct kw_cipher *mac_of(struct kunit *test, const struct integ *i)
{
	return mac_new(test, i->id, key, i->key_len);
}

/*
 * A packet before AH is in it: headers of @head bytes, of which those bits that @may_change has
 * as 1 are not covered, then @rest bytes.
 */
struct sample {
	unsigned int head;
	unsigned int rest;
	u8 headers[64];
	u8 may_change[64];
};

static const struct sample samples[] = {
	{ 32, 21, { 0x48, 0xb9, 1, 0, 0x12, 0x34, 0x40, 0, 64, IPPROTO_AH, 0xab, 0xcd,
		    10, 0, 0, 1, 10, 0, 0, 2, 148, 4, 0, 0, 7, 7, 8, 10, 0, 0, 3, 0 },
	  { [1] = 0xff, [6] = 0xff, 0xff, 0xff, [10] = 0xff, 0xff,
	    [24] = 0xff, 0, 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ 56, 21, { 0x6b, 0x91, 0x23, 0x45, 0, 99, 0, 64, 0xfd, [23] = 1, 0xfd, [39] = 2,
		    IPPROTO_AH, 1, 0x3e, 4, 1, 2, 3, 4, 0x1e, 4, 1, 2, 3, 4, 1, 0 },
	  { 0x0f, 0xff, 0xff, 0xff, [7] = 0xff, [44] = 0xff, 0xff, 0xff, 0xff } },
};

#define SEQ	0x0000000512345678ULL

static unsigned int sample_len(const struct kw_cipher *c, const struct sample *s)
{
	return s->head + kw_ah_len(c, s->headers[0] >> 4) + s->rest;
}

static u8 *sealed(struct kunit *test, const struct kw_cipher *c, const struct sample *s, bool esn)
{
	unsigned int len = sample_len(c, s), i;
	u8 *ip = kunit_kmalloc(test, len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, ip);
	for (i = 0; i < len; i++)
		ip[i] = 5 * i + 1;
	memcpy(ip, s->headers, s->head);
	KUNIT_ASSERT_EQ(test, seal_bh(c, ip, s->head, len, 17, SEQ, esn), 0);
	return ip;
}

static void flip_all(struct kunit *test, const struct kw_cipher *c, const struct sample *s,
		     bool esn)
{
	unsigned int len = sample_len(c, s), bit, accepted = 0, expected = 0;
	u8 *ip = sealed(test, c, s, esn);

	KUNIT_ASSERT_EQ(test, check_bh(c, ip, s->head, len, SEQ, esn), 0);
	for (bit = 0; bit < len * 8; bit++) {
		unsigned int at = bit / 8;
		bool free = at < s->head && s->may_change[at] >> bit % 8 & 1;
		int ret;

		/* Another AH length is another header, refused by kw_ah_check_len(). */
		if (at == s->head + 1)
			continue;
		ip[at] ^= 1 << bit % 8;
		ret = check_bh(c, ip, s->head, len, SEQ, esn);
		ip[at] ^= 1 << bit % 8;
		KUNIT_ASSERT_EQ_MSG(test, !ret, free, "byte %u bit %u: %d", at, bit % 8, ret);
		accepted += !ret;
		expected += free;
	}
	KUNIT_EXPECT_EQ(test, accepted, expected);
	KUNIT_EXPECT_GT(test, accepted, 60);
}

static void a_flipped_bit_is_refused_unless_it_may_change(struct kunit *test)
{
	const struct integ *i = test->param_value;
	struct kw_cipher *c = mac_of(test, i);
	unsigned int n;

	for (n = 0; n < ARRAY_SIZE(samples); n++) {
		flip_all(test, c, &samples[n], false);
		flip_all(test, c, &samples[n], true);
	}
}

static void the_high_half_is_covered_only_with_esn(struct kunit *test)
{
	const struct integ *i = test->param_value;
	struct kw_cipher *c = mac_of(test, i);
	const struct sample *s = &samples[0];
	unsigned int len = sample_len(c, s);
	u64 later = SEQ + (1ULL << 32);

	KUNIT_EXPECT_EQ(test, check_bh(c, sealed(test, c, s, true), s->head, len, later, true),
			-EBADMSG);
	KUNIT_EXPECT_EQ(test, check_bh(c, sealed(test, c, s, false), s->head, len, later, false),
			0);
	KUNIT_EXPECT_EQ(test, check_bh(c, sealed(test, c, s, true), s->head, len, SEQ, false),
			-EBADMSG);
}

static void a_shorter_packet_is_refused(struct kunit *test)
{
	const struct integ *i = test->param_value;
	struct kw_cipher *c = mac_of(test, i);
	const struct sample *s = &samples[1];
	unsigned int len = sample_len(c, s), cut;
	u8 *ip = sealed(test, c, s, true);

	for (cut = 1; cut <= s->rest; cut++)
		KUNIT_EXPECT_EQ(test, check_bh(c, exactly(test, ip, len - cut), s->head, len - cut,
					       SEQ, true), -EBADMSG);
}

static void lengths_are_padded_for_the_ip_version(struct kunit *test)
{
	const struct integ *i = test->param_value;
	struct kw_cipher *c = mac_of(test, i);
	unsigned int words;
	u8 ah[12] = {};

	KUNIT_EXPECT_EQ(test, kw_ah_len(c, 4), i->ipv4_len);
	KUNIT_EXPECT_EQ(test, kw_ah_len(c, 6), i->ipv6_len);
	for (words = 0; words < 256; words++) {
		unsigned int len = (words + 2) * 4;

		ah[1] = words;
		KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, 2000, 6),
				len == i->ipv6_len ? len : 0);
		/* What a kernel pads to 8 bytes in IPv4 too is understood. */
		KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, 2000, 4),
				len == i->ipv4_len || len == i->ipv6_len ? len : 0);
	}
	ah[1] = i->ipv6_len / 4 - 2;
	KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, i->ipv6_len, 6), i->ipv6_len);
	KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, i->ipv6_len - 1, 6), 0);
	KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, 11, 6), 0);
	KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ah, 0, 6), 0);
}

/* RFC 4302 2.6: whatever the padding is, it is covered as it came. */
static void padding_is_covered_as_it_came(struct kunit *test)
{
	struct kw_cipher *c = mac_new(test, KEYWAY_INTEG_HMAC_SHA2_256_128, key, 32);
	struct crypto_shash *hmac = crypto_alloc_shash("hmac(sha256)", 0, 0);
	u8 ip[20 + 32 + 8] = {}, digest[32];

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, hmac);
	KUNIT_ASSERT_EQ(test, crypto_shash_setkey(hmac, key, 32), 0);
	write_ipv4(ip, sizeof(ip), IPPROTO_AH, 0, 0);
	ip[8] = 0;
	ip[10] = 0;
	ip[11] = 0;
	ip[20] = 17;
	ip[21] = 32 / 4 - 2;
	ip[31] = 1;
	memcpy(ip + 48, "odd!", 4);
	KUNIT_ASSERT_EQ(test, crypto_shash_tfm_digest(hmac, ip, sizeof(ip), digest), 0);
	crypto_free_shash(hmac);
	memcpy(ip + 32, digest, 16);
	ip[8] = 64;
	KUNIT_EXPECT_EQ(test, kw_ah_check_len(c, ip + 20, 40, 4), 32);
	KUNIT_EXPECT_EQ(test, check_bh(c, ip, 20, sizeof(ip), 1, false), 0);
	ip[48] ^= 1;
	KUNIT_EXPECT_EQ(test, check_bh(c, ip, 20, sizeof(ip), 1, false), -EBADMSG);
}

/* RFC 4543 3.1 */
static void gmac_never_uses_an_iv_twice(struct kunit *test)
{
	static const u64 seqs[] = { 1, 2, 0xffffffff, 0x100000000, 0x100000001, 0x1ffffffff };
	struct kw_cipher *c = mac_of(test, &integs[3]);
	u8 ip[20 + 36 + 8] = {}, iv[ARRAY_SIZE(seqs)][8];
	unsigned int i, k;

	write_ipv4(ip, sizeof(ip), IPPROTO_AH, 0, 0);
	for (i = 0; i < ARRAY_SIZE(seqs); i++) {
		KUNIT_ASSERT_EQ(test, seal_bh(c, ip, 20, sizeof(ip), 17, seqs[i], true), 0);
		memcpy(iv[i], ip + 32, 8);
		for (k = 0; k < i; k++)
			KUNIT_EXPECT_MEMNEQ(test, iv[i], iv[k], 8);
	}
}

static void headers_nobody_can_cover_are_refused(struct kunit *test)
{
	struct kw_cipher *c = mac_of(test, &integs[0]);
	u8 ip[24 + 24 + 8] = {};

	write_ipv4(ip, sizeof(ip), IPPROTO_AH, 0, 0);
	ip[0] = 0x46;
	ip[20] = 148;
	ip[21] = 5;
	KUNIT_EXPECT_EQ(test, seal_bh(c, ip, 24, sizeof(ip), 17, 1, false), -EINVAL);
	KUNIT_EXPECT_EQ(test, check_bh(c, ip, 24, sizeof(ip), 1, false), -EINVAL);
	ip[21] = 4;
	KUNIT_EXPECT_EQ(test, seal_bh(c, ip, 24, sizeof(ip), 17, 1, false), 0);
	KUNIT_EXPECT_EQ(test, check_bh(c, ip, 24, sizeof(ip), 1, false), 0);
}

static struct kunit_case ah_cases[] = {
	KUNIT_CASE_PARAM(what_scapy_protected_is_accepted_and_made_again, scapy_gen_params),
	KUNIT_CASE_PARAM(a_flipped_bit_is_refused_unless_it_may_change, integ_gen_params),
	KUNIT_CASE_PARAM(the_high_half_is_covered_only_with_esn, integ_gen_params),
	KUNIT_CASE_PARAM(a_shorter_packet_is_refused, integ_gen_params),
	KUNIT_CASE_PARAM(lengths_are_padded_for_the_ip_version, integ_gen_params),
	KUNIT_CASE(padding_is_covered_as_it_came),
	KUNIT_CASE(gmac_never_uses_an_iv_twice),
	KUNIT_CASE(headers_nobody_can_cover_are_refused),
	{}
};

static struct kunit_suite ah_suite = {
	.name = "keyway_ah",
	.test_cases = ah_cases,
};

kunit_test_suite(ah_suite);

MODULE_DESCRIPTION("KUnit: AH wire format");
MODULE_LICENSE("GPL");
