// SPDX-License-Identifier: GPL-2.0
/*
 * ESP's wire format: header, padding and trailer, sealed or opened in one contiguous buffer.
 *
 * RFCs: 4303, 4106 section 5, 7634 section 2, 8750, 3602, 3686
 *
 *     0                   8         8+iv                                            len-icv
 *     +---------+---------+---------+---------+-----------+---------+-------------+-------+
 *     | SPI     | Seq low | IV      | payload | 1 2 3 ... | pad len | next header | ICV   |
 *     +---------+---------+---------+---------+-----------+---------+-------------+-------+
 *     |<------ AAD ------>|         |<-------------------- text ----------------->|
 *
 * A combined algorithm wants AAD, IV and text in one run.  With ESN its AAD is SPI | Seq high |
 * Seq low, and an implicit IV is not on the wire but is wanted all the same; so the header moves up
 * to 12 bytes to the left while the cipher works, over whatever is there (the end of the outer
 * header, or headroom), and both are put back afterwards.
 *
 * With separate algorithms everything before the ICV is authenticated after it was encrypted, and
 * with ESN Seq high behind it (RFC 4303 section 2.2.1).
 */
#include "esp.h"

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/random.h>
#include <linux/string.h>
#include <linux/uio.h>

#include "algs.h"
#include "compat.h"
#include "crypto.h"

/* Bytes of IV a combined algorithm is given. */
#define AEAD_IV	8u

unsigned int kw_esp_text_len(const struct kw_cipher *c, unsigned int payload)
{
	return round_up(payload + KW_ESP_TRAILER, c->align);
}

unsigned int kw_esp_overhead_max(const struct kw_cipher *c)
{
	return KW_ESP_HEADER + c->iv + c->align - 1 + KW_ESP_TRAILER + c->icv;
}

unsigned int kw_esp_payload_max(const struct kw_cipher *c, unsigned int room)
{
	unsigned int fixed = KW_ESP_HEADER + c->iv + c->icv;

	if (room < fixed + c->align)
		return 0;
	return round_down(room - fixed, c->align) - KW_ESP_TRAILER;
}

bool kw_esp_len_ok(const struct kw_cipher *c, unsigned int len)
{
	unsigned int fixed = KW_ESP_HEADER + c->iv + c->icv;

	return len >= fixed + c->align && (len - fixed) % c->align == 0;
}

/* The run a combined algorithm wants, where the header as it is on the wire is not that. */
struct shifted {
	u8 *start;
	unsigned int aad_len;
	unsigned int before;		/* bytes of it before the ESP packet */
	u8 header[KW_ESP_HEADER];
	u8 saved[KW_ESP_SCRATCH];
};

static void shift(struct shifted *s, const struct kw_cipher *c, u8 *esp, u64 seq, bool esn)
{
	s->aad_len = KW_ESP_HEADER + (esn ? 4 : 0);
	s->before = s->aad_len + AEAD_IV - (KW_ESP_HEADER + c->iv);
	s->start = esp - s->before;
	memcpy(s->header, esp, KW_ESP_HEADER);
	memcpy(s->saved, s->start, s->before);
	memcpy(s->start, s->header, 4);
	if (esn)
		put_unaligned_be32(seq >> 32, s->start + 4);
	memcpy(s->start + s->aad_len - 4, s->header + 4, 4);
	/* RFC 8750 section 4: the sequence number, 32-bit ones after zeros. */
	if (!c->iv) {
		put_unaligned_be32(seq >> 32, s->start + s->aad_len);
		memcpy(s->start + s->aad_len + 4, s->header + 4, 4);
	}
}

static void unshift(const struct shifted *s, u8 *esp)
{
	memcpy(s->start, s->saved, s->before);
	memcpy(esp, s->header, KW_ESP_HEADER);
}

static int seal_combined(const struct kw_cipher *c, u8 *esp, unsigned int text, u64 seq, bool esn)
{
	struct shifted s;
	int ret;

	/* RFC 4106 3.1: unique per key; the full sequence number is. */
	if (likely(c->iv)) {
		put_unaligned_be64(seq, esp + KW_ESP_HEADER);
		if (!esn)
			return kw_aead_seal(c, esp, KW_ESP_HEADER, text);
	}
	shift(&s, c, esp, seq, esn);
	ret = kw_aead_seal(c, s.start, s.aad_len, text);
	unshift(&s, esp);
	return ret;
}

static int open_combined(const struct kw_cipher *c, u8 *esp, unsigned int text, u64 seq, bool esn)
{
	struct shifted s;
	int ret;

	if (likely(c->iv) && !esn)
		return kw_aead_open(c, esp, KW_ESP_HEADER, text);
	shift(&s, c, esp, seq, esn);
	ret = kw_aead_open(c, s.start, s.aad_len, text);
	unshift(&s, esp);
	return ret;
}

static void make_iv(const struct kw_cipher *c, u8 *iv, u64 seq)
{
	unsigned int i;

	/* RFC 3686 section 4: unique per key is enough for counter mode. */
	if (c->kind == KW_ENCR_CTR) {
		put_unaligned_be64(seq, iv);
		return;
	}
	/* RFC 3602 section 3: nobody may guess the next one.  Drawn from a per-CPU batch. */
	for (i = 0; i < c->iv; i += 8)
		put_unaligned_be64(get_random_u64(), iv + i);
}

/* What separate integrity covers: @len bytes of packet and, with ESN, what is not on the wire. */
static unsigned int integrity_runs(struct kvec runs[2], u8 *esp, unsigned int len, __be32 *high,
				   bool esn)
{
	runs[0] = (struct kvec){ esp, len };
	runs[1] = (struct kvec){ high, sizeof(*high) };
	return esn ? 2 : 1;
}

static int seal_separate(const struct kw_cipher *c, u8 *esp, unsigned int text, u64 seq, bool esn)
{
	unsigned int len = KW_ESP_HEADER + c->iv + text;
	__be32 high = cpu_to_be32(seq >> 32);
	u8 *iv = esp + KW_ESP_HEADER;
	struct kvec runs[2];
	unsigned int n;
	int ret;

	make_iv(c, iv, seq);
	ret = kw_cipher_encrypt(c, iv, iv + c->iv, text);
	if (ret)
		return ret;
	n = integrity_runs(runs, esp, len, &high, esn);
	return kw_mac_make(c, runs, n, 0, esp + len);
}

static int open_separate(const struct kw_cipher *c, u8 *esp, unsigned int text, u64 seq, bool esn)
{
	unsigned int len = KW_ESP_HEADER + c->iv + text;
	__be32 high = cpu_to_be32(seq >> 32);
	u8 *iv = esp + KW_ESP_HEADER;
	struct kvec runs[2];
	unsigned int n;
	int ret;

	n = integrity_runs(runs, esp, len, &high, esn);
	ret = kw_mac_check(c, runs, n, esp + len);
	if (ret)
		return ret;
	return kw_cipher_decrypt(c, iv, iv + c->iv, text);
}

int kw_esp_seal(const struct kw_cipher *c, u8 *esp, unsigned int payload, u8 next_header,
		__be32 spi, u64 seq, bool esn)
{
	unsigned int text = kw_esp_text_len(c, payload);
	u8 *tail = esp + KW_ESP_HEADER + c->iv + payload;
	unsigned int pad = text - payload - KW_ESP_TRAILER;
	unsigned int i;

	memcpy(esp, &spi, 4);
	put_unaligned_be32(seq, esp + 4);
	for (i = 0; i < pad; i++)
		tail[i] = i + 1;
	tail[pad] = pad;
	tail[pad + 1] = next_header;
	if (likely(c->kind == KW_ENCR_AEAD))
		return seal_combined(c, esp, text, seq, esn);
	return seal_separate(c, esp, text, seq, esn);
}

int kw_esp_open(const struct kw_cipher *c, u8 *esp, unsigned int len, u64 seq, bool esn)
{
	unsigned int text = len - KW_ESP_HEADER - c->iv - c->icv;

	if (likely(c->kind == KW_ENCR_AEAD))
		return open_combined(c, esp, text, seq, esn);
	return open_separate(c, esp, text, seq, esn);
}

int kw_esp_payload(const struct kw_cipher *c, const u8 *esp, unsigned int len, u8 *next_header)
{
	unsigned int text = len - KW_ESP_HEADER - c->iv - c->icv;
	const u8 *end = esp + KW_ESP_HEADER + c->iv + text;
	unsigned int pad = end[-2];
	unsigned int i;

	if (pad + KW_ESP_TRAILER > text)
		return -EINVAL;
	for (i = 0; i < pad; i++)
		if (end[-3 - (int)i] != pad - i)
			return -EINVAL;
	*next_header = end[-1];
	return text - pad - KW_ESP_TRAILER;
}
