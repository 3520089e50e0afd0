// SPDX-License-Identifier: GPL-2.0
/* Decrypting captured ISAKMP messages: see open_v1.h for where IVs come from. */
#include "cli/open_v1.h"

#include "crypto/alg.h"
#include "crypto/block.h"
#include "crypto/hash_v1.h"
#include "wire/isakmp_v1.h"
#include "wire/names_v1.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSIONS	64
#define CHAINS		32	/* message ids of one session */
#define HISTORY		16	/* messages of one id */
#define KE_MAX		1024	/* octets: the largest MODP group */

/* A message that was decrypted: its last block identifies it when it comes again. */
struct seen {
	uint8_t iv[BLOCK_MAX], last[BLOCK_MAX];
};

/* The messages of one message id. */
struct iv_chain {
	bool used;
	uint32_t message_id;
	unsigned int n;			/* ever seen; the ring holds the last HISTORY of them */
	struct seen seen[HISTORY];
};

struct v1_session {
	bool used;
	uint8_t cookie_i[8];
	struct endpoint initiator;
	uint16_t encryption, hash;	/* enum v1_encryption, v1_hash_algorithm; 0 = not seen */
	uint8_t ke[2][KE_MAX];		/* initiator's, responder's */
	size_t ke_len[2];
	struct iv_chain phase1, chain[CHAINS];
	unsigned int turn;
};

struct v1_sessions {
	struct v1_session s[SESSIONS];
	unsigned int turn;
};

struct v1_sessions *v1_sessions_new(void)
{
	return calloc(1, sizeof(struct v1_sessions));
}

void v1_sessions_free(struct v1_sessions *s)
{
	free(s);
}

struct v1_session *v1_session_get(struct v1_sessions *all, const struct ike_header *h,
				  const struct endpoint *from)
{
	struct v1_session *s;

	for (unsigned int i = 0; i < SESSIONS; i++) {
		s = &all->s[i];
		if (s->used && memcmp(s->cookie_i, h->spi_i, sizeof(s->cookie_i)) == 0)
			return s;
	}
	s = &all->s[all->turn++ % SESSIONS];
	memset(s, 0, sizeof(*s));
	s->used = true;
	s->initiator = *from;
	memcpy(s->cookie_i, h->spi_i, sizeof(s->cookie_i));
	return s;
}

static bool is_zero(const uint8_t *p, size_t n)
{
	while (n && !p[n - 1])
		n--;
	return n == 0;
}

void v1_session_note_sa(struct v1_session *s, const struct ike_header *h, const struct sa_v1 *sa)
{
	const struct transform_v1 *t;
	uint64_t number;

	/*
	 * The responder's answer is the choice; the initiator does not know the other cookie yet.
	 */
	if (is_zero(h->spi_r, sizeof(h->spi_r)) || h->message_id || !sa->n || !sa->p[0].n)
		return;
	t = &sa->p[0].t[0];
	for (unsigned int i = 0; i < t->n; i++) {
		if (!attr_number(&t->a[i], &number) || number > UINT16_MAX)
			continue;
		if (t->a[i].type == V1_ATTR_ENCRYPTION)
			s->encryption = (uint16_t)number;
		else if (t->a[i].type == V1_ATTR_HASH)
			s->hash = (uint16_t)number;
	}
}

void v1_session_note_ke(struct v1_session *s, const struct endpoint *from, struct kw_span value)
{
	int side = endpoint_equal(from, &s->initiator) ? 0 : 1;

	if (!value.len || value.len > KE_MAX)
		return;
	memcpy(s->ke[side], value.p, value.len);
	s->ke_len[side] = value.len;
}

static uint16_t encr_of(uint16_t encryption)
{
	switch (encryption) {
	case V1_ENCR_DES_CBC:
		return ENCR_DES;
	case V1_ENCR_3DES_CBC:
		return ENCR_3DES;
	case V1_ENCR_AES_CBC:
		return ENCR_AES_CBC;
	case V1_ENCR_CAMELLIA_CBC:
		return ENCR_CAMELLIA_CBC;
	default:
		return 0;
	}
}

static const struct seen *newest(const struct iv_chain *c)
{
	return c->n ? &c->seen[(c->n - 1) % HISTORY] : NULL;
}

/* A message that comes again has the IV it had. */
static const struct seen *seen_before(const struct iv_chain *c, struct kw_span last)
{
	for (unsigned int i = 0; i < HISTORY && i < c->n; i++)
		if (memcmp(c->seen[i].last, last.p, last.len) == 0)
			return &c->seen[i];
	return NULL;
}

static struct iv_chain *chain_of(struct v1_session *s, uint32_t message_id)
{
	struct iv_chain *c;

	if (message_id == 0)
		return &s->phase1;
	for (unsigned int i = 0; i < CHAINS; i++)
		if (s->chain[i].used && s->chain[i].message_id == message_id)
			return &s->chain[i];
	c = &s->chain[s->turn++ % CHAINS];
	memset(c, 0, sizeof(*c));
	c->used = true;
	c->message_id = message_id;
	return c;
}

/* RFC 2409 appendix B: "the IV for the first message is derived from a hash of g^xi | g^xr". */
static int first_iv_phase1(const struct v1_session *s, uint8_t iv[HASH_MAX])
{
	const struct kw_span in[] = {
		KW_SPAN(s->ke[0], s->ke_len[0]), KW_SPAN(s->ke[1], s->ke_len[1])
	};

	return hash_v1_digest(s->hash, in, 2, iv);
}

/* Likewise: the hash of the last phase 1 block and the message id. */
static int first_iv_phase2(const struct v1_session *s, uint32_t message_id, size_t block,
			   uint8_t iv[HASH_MAX])
{
	uint8_t last[HASH_MAX], id[4];
	struct kw_writer w = kw_writer(id, sizeof(id));
	const struct kw_span in[] = { KW_SPAN(last, block), KW_SPAN(id, sizeof(id)) };
	const struct seen *phase1 = newest(&s->phase1);
	int ret = 0;

	if (phase1)
		memcpy(last, phase1->last, block);
	else		/* aggressive mode may end in clear */
		ret = first_iv_phase1(s, last);
	kw_put_be32(&w, message_id);
	return ret ? ret : hash_v1_digest(s->hash, in, 2, iv);
}

static int find_iv(const struct v1_session *s, const struct iv_chain *c, struct kw_span last,
		   uint8_t iv[HASH_MAX])
{
	const struct seen *seen = seen_before(c, last);

	if (seen)
		memcpy(iv, seen->iv, last.len);
	else if (c->n)
		memcpy(iv, newest(c)->last, last.len);
	else if (c == &s->phase1)
		return first_iv_phase1(s, iv);
	else
		return first_iv_phase2(s, c->message_id, last.len, iv);
	return 0;
}

static void remember(struct iv_chain *c, const uint8_t *iv, struct kw_span last)
{
	struct seen *seen;

	if (seen_before(c, last))
		return;
	seen = &c->seen[c->n++ % HISTORY];
	memcpy(seen->iv, iv, last.len);
	memcpy(seen->last, last.p, last.len);
}

/* 0 and the length of a block, or what is missing to decrypt. */
static int check(const struct v1_session *s, const struct kw_secret *key, struct kw_span body,
		 size_t *block, char *why, size_t why_len)
{
	if (!s->encryption || !s->hash) {
		snprintf(
			why, why_len,
			"the capture does not hold the responder's SA payload, which names cipher and hash");
		return -ENOENT;
	}
	if (!s->ke_len[0] || !s->ke_len[1]) {
		snprintf(
			why, why_len,
			"the capture does not hold both KE payloads, from which the first IV is made");
		return -ENOENT;
	}
	if (!hash_v1_len(s->hash)) {
		snprintf(why, why_len, "hash %s is not known", v1_hash_name(s->hash));
		return -EOPNOTSUPP;
	}
	*block = block_len(encr_of(s->encryption), key->len);
	if (!*block) {
		snprintf(why, why_len, "the key's %u octets do not fit %s", key->len,
			 v1_encryption_name(s->encryption));
		return -EINVAL;
	}
	if (!body.len || body.len % *block) {
		snprintf(why, why_len, "%zu encrypted octets are no multiple of %zu", body.len,
			 *block);
		return -EBADMSG;
	}
	return 0;
}

int v1_session_open(struct v1_session *s, const struct kw_secret *key, uint32_t message_id,
		    struct kw_span body, uint8_t *plain, char *why, size_t why_len)
{
	struct iv_chain *c;
	struct kw_span last;
	uint8_t iv[HASH_MAX];
	size_t block;
	int ret = check(s, key, body, &block, why, why_len);

	if (ret)
		return ret;
	c = chain_of(s, message_id);
	last = KW_SPAN(body.p + body.len - block, block);
	ret = find_iv(s, c, last, iv);
	memcpy(plain, body.p, body.len);
	if (ret == 0)
		ret = block_decrypt(encr_of(s->encryption), kw_secret_expose(key),
				    KW_SPAN(iv, block), plain, body.len);
	if (ret) {
		snprintf(why, why_len, "cannot be decrypted: %s", strerror(-ret));
		return ret;
	}
	remember(c, iv, last);
	return 0;
}
