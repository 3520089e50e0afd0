// SPDX-License-Identifier: GPL-2.0
/*
 * ESP's wire format: header, padding and trailer, sealed or opened in one contiguous buffer.
 *
 * RFCs: 4303, 4106 section 5, 7634 section 2
 *
 *     0                   8         8+iv                                            len-icv
 *     +---------+---------+---------+---------+-----------+---------+-------------+-------+
 *     | SPI     | Seq low | IV      | payload | 1 2 3 ... | pad len | next header | ICV   |
 *     +---------+---------+---------+---------+-----------+---------+-------------+-------+
 *     |<------ AAD ------>|         |<-------------------- text ----------------->|
 *
 * With ESN the AAD is SPI | Seq high | Seq low.  The ciphers want AAD, IV and text in one run,
 * so the SPI moves 4 bytes to the left while the cipher works, over whatever is there (the end
 * of the outer header, or headroom), and both are put back afterwards.
 */
#include "esp.h"

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/math.h>
#include <linux/minmax.h>
#include <linux/string.h>

#include "algs.h"
#include "compat.h"
#include "crypto.h"

unsigned int kw_esp_text_len(const struct kw_alg *alg, unsigned int payload)
{
	return round_up(payload + KW_ESP_TRAILER, alg->align);
}

unsigned int kw_esp_overhead_max(const struct kw_alg *alg)
{
	return KW_ESP_HEADER + alg->iv + alg->align - 1 + KW_ESP_TRAILER + alg->icv;
}

unsigned int kw_esp_payload_max(const struct kw_alg *alg, unsigned int room)
{
	unsigned int fixed = KW_ESP_HEADER + alg->iv + alg->icv;

	if (room < fixed + alg->align)
		return 0;
	return round_down(room - fixed, alg->align) - KW_ESP_TRAILER;
}

bool kw_esp_len_ok(const struct kw_alg *alg, unsigned int len)
{
	unsigned int fixed = KW_ESP_HEADER + alg->iv + alg->icv;

	return len >= fixed + alg->align && (len - fixed) % alg->align == 0;
}

static void put_esn(u8 *esp, u32 high, u8 saved[4])
{
	memcpy(saved, esp - 4, 4);
	memcpy(esp - 4, esp, 4);
	put_unaligned_be32(high, esp);
}

static void remove_esn(u8 *esp, const u8 saved[4])
{
	memcpy(esp, esp - 4, 4);
	memcpy(esp - 4, saved, 4);
}

int kw_esp_seal(const struct kw_cipher *c, u8 *esp, unsigned int payload, u8 next_header,
		__be32 spi, u64 seq, bool esn)
{
	unsigned int text = kw_esp_text_len(c->alg, payload);
	u8 *tail = esp + KW_ESP_HEADER + c->alg->iv + payload;
	unsigned int pad = text - payload - KW_ESP_TRAILER;
	unsigned int i;
	u8 saved[4];
	int ret;

	memcpy(esp, &spi, 4);
	put_unaligned_be32(seq, esp + 4);
	/* RFC 4106 3.1: unique per key; the full sequence number is. */
	put_unaligned_be64(seq, esp + KW_ESP_HEADER);
	for (i = 0; i < pad; i++)
		tail[i] = i + 1;
	tail[pad] = pad;
	tail[pad + 1] = next_header;

	if (!esn)
		return kw_cipher_seal(c, esp, KW_ESP_HEADER, text);
	put_esn(esp, seq >> 32, saved);
	ret = kw_cipher_seal(c, esp - 4, KW_ESP_HEADER + 4, text);
	remove_esn(esp, saved);
	return ret;
}

int kw_esp_open(const struct kw_cipher *c, u8 *esp, unsigned int len, u64 seq, bool esn)
{
	unsigned int text = len - KW_ESP_HEADER - c->alg->iv - c->alg->icv;
	u8 saved[4];
	int ret;

	if (!esn)
		return kw_cipher_open(c, esp, KW_ESP_HEADER, text);
	put_esn(esp, seq >> 32, saved);
	ret = kw_cipher_open(c, esp - 4, KW_ESP_HEADER + 4, text);
	remove_esn(esp, saved);
	return ret;
}

int kw_esp_payload(const struct kw_alg *alg, const u8 *esp, unsigned int len, u8 *next_header)
{
	unsigned int text = len - KW_ESP_HEADER - alg->iv - alg->icv;
	const u8 *end = esp + KW_ESP_HEADER + alg->iv + text;
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
