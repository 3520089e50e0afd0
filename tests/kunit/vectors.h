/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tables made by scripts/gen-vectors.py consist of.
 */
#ifndef KEYWAY_KUNIT_VECTORS_H
#define KEYWAY_KUNIT_VECTORS_H

#include <linux/types.h>

struct vec_bytes {
	const u8 *data;
	unsigned int len;
};

/*
 * ESP over an AEAD (RFC 4106, RFC 7634): @aad is the ESP header as authenticated, i.e. SPI and
 * the 32- or 64-bit sequence number; @iv the 8 octets on the wire; @salt the part that is not.
 * @plaintext is everything encrypted, with padding, pad length and next header; @sealed its
 * ciphertext and ICV, which is @forged in some; @payload how many bytes precede the padding, or -1
 * where there is none.
 */
struct vec_esp_aead {
	const char *desc;
	struct vec_bytes key;
	struct vec_bytes salt;
	struct vec_bytes iv;
	struct vec_bytes aad;
	struct vec_bytes plaintext;
	struct vec_bytes sealed;
	int payload;
	bool forged;
};

/* A whole packet: @keymat is key and salt, @inner an IP packet, @packet the ESP packet it is in. */
struct vec_esp_packet {
	const char *desc;
	struct vec_bytes keymat;
	struct vec_bytes inner;
	struct vec_bytes packet;
};

/* A whole packet with AH after @head bytes, protected by somebody else. */
struct vec_ah {
	const char *desc;
	u16 integ;
	struct vec_bytes key;
	u64 seq;
	bool esn;
	unsigned int head;
	struct vec_bytes packet;
};

/* A cipher without integrity: @key is the key, then counter mode's nonce. */
struct vec_cipher {
	const char *desc;
	u16 encr;
	struct vec_bytes key;
	struct vec_bytes iv;
	struct vec_bytes plaintext;
	struct vec_bytes ciphertext;
};

/* Integrity: @key is the key, then AES-GMAC's salt; @iv AES-GMAC's; @mac as long as the ICV. */
struct vec_mac {
	const char *desc;
	u16 integ;
	struct vec_bytes key;
	struct vec_bytes iv;
	struct vec_bytes message;
	struct vec_bytes mac;
};

/* A captured ESP packet with HMAC-SHA1-96, whose key is empty where nobody told it. */
struct vec_capture {
	const char *desc;
	u16 encr;
	struct vec_bytes key;
	struct vec_bytes integ_key;
	struct vec_bytes packet;
};

/* A plain AEAD with a 96-bit nonce; an invalid one has to be refused. */
struct vec_aead {
	const char *desc;
	struct vec_bytes key;
	struct vec_bytes nonce;
	struct vec_bytes aad;
	struct vec_bytes plaintext;
	struct vec_bytes sealed;
	bool valid;
};

#endif
