// SPDX-License-Identifier: GPL-2.0
/*
 * MS-CHAPv2.
 *
 * RFCs: 2759 §8, 3079 §3.
 */
#include "crypto/mschap.h"

#include "crypto/hash.h"

#include <errno.h>
#include <nettle/des.h>
#include <nettle/md4.h>
#include <string.h>

#define HASH_LEN	16u
#define PASSWORD_MAX	256u	/* characters, RFC 2759 §8.1 */
#define KEY_LEN		16u

/* The next character; 0xffffffff: not UTF-8. */
static uint32_t next_char(struct kw_reader *r)
{
	uint32_t c = kw_get_u8(r), least;
	unsigned int more;

	if (c < 0x80)
		return c;
	more = c >= 0xf0 && c < 0xf8 ? 3 : c >= 0xe0 ? 2 : c >= 0xc2 ? 1 : 0;
	if (!more || c >= 0xf8)
		return UINT32_MAX;
	least = more == 3 ? 0x10000 : more == 2 ? 0x800 : 0x80;
	c &= 0x3fu >> more;
	while (more--) {
		uint8_t b = kw_get_u8(r);

		if (r->bad || (b & 0xc0) != 0x80)
			return UINT32_MAX;
		c = c << 6 | (b & 0x3f);
	}
	return c < least || c > 0x10ffff || (c >= 0xd800 && c < 0xe000) ? UINT32_MAX : c;
}

static void put_le16(struct kw_writer *w, uint16_t v)
{
	kw_put_u8(w, v & 0xff);
	kw_put_u8(w, v >> 8);
}

/* UTF-16LE, as Windows has it. */
static int to_utf16(struct kw_writer *w, struct kw_span utf8)
{
	struct kw_reader r = kw_reader(utf8);

	while (kw_reader_left(&r)) {
		uint32_t c = next_char(&r);

		if (c == UINT32_MAX)
			return -EINVAL;
		if (c >= 0x10000) {
			put_le16(w, 0xd800 | (c - 0x10000) >> 10);
			c = 0xdc00 | (c & 0x3ff);
		}
		put_le16(w, c);
	}
	return w->bad ? -EINVAL : 0;
}

static void md4(struct kw_span in, uint8_t out[HASH_LEN])
{
	struct md4_ctx ctx;

	md4_init(&ctx);
	md4_update(&ctx, in.len, in.p);
	md4_digest(&ctx, HASH_LEN, out);
	kw_wipe(&ctx, sizeof(ctx));
}

int mschap_hash(struct kw_span password, struct kw_secret *hash)
{
	uint8_t text[2 * PASSWORD_MAX];
	struct kw_writer w = kw_writer(text, sizeof(text));
	int ret = to_utf16(&w, password);

	if (!ret)
		ret = kw_secret_new(hash, HASH_LEN);
	if (!ret)
		md4(kw_written(&w), hash->p);
	kw_wipe(text, sizeof(text));
	return ret;
}

/* §8.2: the first 8 octets of SHA-1 over both challenges and the name. */
static int challenge_hash(const struct mschap_round *round, uint8_t out[HASH_MAX])
{
	const struct kw_span in[] = {
		KW_SPAN(round->client_challenge, MSCHAP_CHALLENGE_LEN),
		KW_SPAN(round->server_challenge, MSCHAP_CHALLENGE_LEN),
		round->user,
	};

	return hash_digest(HASH_SHA1, in, 3, out);
}

/* Seven octets of key as the eight that DES wants, each with room for a parity bit. */
static void des_one(const uint8_t key[7], const uint8_t in[DES_BLOCK_SIZE], uint8_t out[DES_BLOCK_SIZE])
{
	uint8_t spread[DES_KEY_SIZE];
	struct des_ctx ctx;
	uint64_t bits = 0;

	for (unsigned int i = 0; i < 7; i++)
		bits = bits << 8 | key[i];
	for (unsigned int i = 0; i < 8; i++)
		spread[i] = (bits >> (49 - 7 * i) & 0x7f) << 1;
	des_fix_parity(DES_KEY_SIZE, spread, spread);
	des_set_key(&ctx, spread);	/* a weak key is what the password gives, and no reason to stop */
	des_encrypt(&ctx, DES_BLOCK_SIZE, out, in);
	kw_wipe(&ctx, sizeof(ctx));
	kw_wipe(spread, sizeof(spread));
	kw_wipe(&bits, sizeof(bits));
}

int mschap_respond(const struct kw_secret *hash, const struct mschap_round *round,
		   uint8_t out[MSCHAP_RESPONSE_LEN])
{
	uint8_t challenge[HASH_MAX], key[21] = { 0 };

	if (hash->len != HASH_LEN || challenge_hash(round, challenge))
		return -EIO;
	memcpy(key, kw_secret_expose(hash).p, HASH_LEN);
	for (unsigned int i = 0; i < 3; i++)
		des_one(key + 7 * i, challenge, out + DES_BLOCK_SIZE * i);
	kw_wipe(key, sizeof(key));
	return 0;
}

int mschap_prove(const struct kw_secret *hash, const struct mschap_round *round,
		 const uint8_t response[MSCHAP_RESPONSE_LEN], uint8_t out[MSCHAP_PROOF_LEN])
{
	uint8_t hash_hash[HASH_LEN], digest[HASH_MAX], challenge[HASH_MAX];
	const struct kw_span first[] = {
		KW_SPAN(hash_hash, HASH_LEN),
		KW_SPAN(response, MSCHAP_RESPONSE_LEN),
		KW_SPAN_STR("Magic server to client signing constant"),
	};
	const struct kw_span second[] = {
		KW_SPAN(digest, MSCHAP_PROOF_LEN),
		KW_SPAN(challenge, DES_BLOCK_SIZE),
		KW_SPAN_STR("Pad to make it do more than one iteration"),
	};
	int ret;

	md4(kw_secret_expose(hash), hash_hash);
	ret = hash_digest(HASH_SHA1, first, 3, digest);
	if (!ret)
		ret = challenge_hash(round, challenge);
	if (!ret)
		ret = hash_digest(HASH_SHA1, second, 3, digest);
	if (!ret)
		memcpy(out, digest, MSCHAP_PROOF_LEN);
	kw_wipe(hash_hash, sizeof(hash_hash));
	return ret ? -EIO : 0;
}

/* RFC 3079 §3.4: SHSpad1 and SHSpad2. */
static void fill(uint8_t pad[40], uint8_t with)
{
	memset(pad, with, 40);
}

static int start_key(const uint8_t master[KEY_LEN], struct kw_span magic, uint8_t *out)
{
	uint8_t pad1[40], pad2[40], digest[HASH_MAX];
	const struct kw_span in[] = {
		KW_SPAN(master, KEY_LEN), KW_SPAN(pad1, 40), magic, KW_SPAN(pad2, 40),
	};
	int ret;

	fill(pad1, 0x00);
	fill(pad2, 0xf2);
	ret = hash_digest(HASH_SHA1, in, 4, digest);
	if (!ret)
		memcpy(out, digest, KEY_LEN);
	kw_wipe(digest, sizeof(digest));
	return ret;
}

int mschap_msk(const struct kw_secret *hash, const uint8_t response[MSCHAP_RESPONSE_LEN],
	       struct kw_secret *msk)
{
	static const struct kw_span client_sends = KW_SPAN_STR(
		"On the client side, this is the send key; on the server side, it is the receive key.");
	static const struct kw_span server_sends = KW_SPAN_STR(
		"On the client side, this is the receive key; on the server side, it is the send key.");
	uint8_t hash_hash[HASH_LEN], master[HASH_MAX];
	const struct kw_span in[] = {
		KW_SPAN(hash_hash, HASH_LEN),
		KW_SPAN(response, MSCHAP_RESPONSE_LEN),
		KW_SPAN_STR("This is the MPPE Master Key"),
	};
	int ret = kw_secret_new(msk, MSCHAP_MSK_LEN);

	if (ret)
		return ret;
	md4(kw_secret_expose(hash), hash_hash);
	ret = hash_digest(HASH_SHA1, in, 3, master);
	if (!ret)
		ret = start_key(master, client_sends, msk->p);
	if (!ret)
		ret = start_key(master, server_sends, msk->p + KEY_LEN);
	if (ret)
		kw_secret_drop(msk);
	kw_wipe(hash_hash, sizeof(hash_hash));
	kw_wipe(master, sizeof(master));
	return ret ? -EIO : 0;
}
