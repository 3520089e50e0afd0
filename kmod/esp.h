/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ESP's wire format: header, padding and trailer, sealed or opened in one contiguous buffer.
 *
 * RFCs: 4303
 */
#ifndef KW_ESP_H
#define KW_ESP_H

#include <linux/types.h>

struct kw_cipher;

#define KW_ESP_HEADER	8u	/* SPI, sequence number */
#define KW_ESP_TRAILER	2u	/* pad length, next header */

/* Bytes before an ESP packet that sealing and opening use meanwhile and put back. */
#define KW_ESP_SCRATCH	12u

/* Bytes of @payload, its padding and the trailer: what the cipher is given. */
unsigned int kw_esp_text_len(const struct kw_cipher *c, unsigned int payload);

/* Bytes an ESP packet is longer than its payload, at most. */
unsigned int kw_esp_overhead_max(const struct kw_cipher *c);

/* The largest payload of an ESP packet of at most @room bytes; 0 if none fits. */
unsigned int kw_esp_payload_max(const struct kw_cipher *c, unsigned int room);

/*
 * Makes an ESP packet at @esp: payload bytes are already in place after header and IV; header, IV,
 * padding, trailer and ICV are written.  The KW_ESP_SCRATCH bytes before @esp are ours to use.
 * Returns 0 or the cipher's error.  Contexts as kw_aead_seal().
 */
int kw_esp_seal(const struct kw_cipher *c, u8 *esp, unsigned int payload, u8 next_header,
		__be32 spi, u64 seq, bool esn);

/*
 * Authenticates and decrypts the ESP packet of @len bytes at @esp in place; see kw_esp_seal().
 * The caller has checked kw_esp_len_ok().  Returns 0, or -EBADMSG for a wrong ICV.
 */
int kw_esp_open(const struct kw_cipher *c, u8 *esp, unsigned int len, u64 seq, bool esn);

/* Whether @len bytes can be an ESP packet of @c (RFC 4303 section 2). */
bool kw_esp_len_ok(const struct kw_cipher *c, unsigned int len);

/*
 * Looks at the trailer of an opened packet.  Returns the payload's length, TFC padding included,
 * and its Next Header; or -EINVAL for a pad length that is too long or padding that is not
 * 1, 2, 3... (RFC 4303 section 2.4).
 */
int kw_esp_payload(const struct kw_cipher *c, const u8 *esp, unsigned int len, u8 *next_header);

#endif /* KW_ESP_H */
