/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys of captured IKE SAs, from files in Wireshark's own formats: one line per SA, fields
 * separated by commas, names in double quotes, '#' begins a comment.
 *
 *   ikev2_decryption_table: SPIi, SPIr, SK_ei, SK_er, "encryption", SK_ai, SK_ar, "integrity"
 *   ikev1_decryption_table: initiator's cookie, encryption key
 *
 * Octets are hexadecimal; SK_e is followed by its salt where the cipher has one.
 */
#ifndef KW_CLI_KEYS_H
#define KW_CLI_KEYS_H

#include "lib/secret.h"
#include "wire/header.h"

/* "encryption" of the table. */
struct keys_encr {
	const char *name;	/* what stands in front of " [RFC...]" */
	uint16_t encr, key_bits;
};

/* "integrity" of the table. */
struct keys_integ {
	const char *name;
	uint16_t integ; /* for skcipher.h; INTEG_NONE: not known to it, or nothing to check */
	int mac;		/* enum mac_kind, -1: nobody can check it */
	uint8_t icv_len;	/* octets behind the ciphertext; an AEAD brings its own */
};

struct keys_v2 {
	uint8_t spi_i[8], spi_r[8];
	const struct keys_encr *encr;
	const struct keys_integ *integ;
	struct kw_secret sk_ei, sk_er, sk_ai, sk_ar;
};

struct keys;

struct keys *keys_new(void);		/* NULL: no memory */
void keys_free(struct keys *k);		/* NULL is fine; wipes */
/* 0, or -errno with a sentence that begins with the file and line. */
int keys_load_v2(struct keys *k, const char *path, char *err, size_t err_len);
int keys_load_v1(struct keys *k, const char *path, char *err, size_t err_len);

/* Borrowed from k; NULL when there are none. */
const struct keys_v2 *keys_find_v2(const struct keys *k, const struct ike_header *h);
const struct kw_secret *keys_find_v1(const struct keys *k, const struct ike_header *h);

#endif
