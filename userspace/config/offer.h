/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Algorithms as written in a configuration, into proposals: "aes-gcm-16-256+x25519,
 * chacha20-poly1305".
 *
 * A comma ends a proposal, a plus joins algorithms; several of one kind are alternatives, first is
 * best. RFCs: 7296 §3.3 (which kinds a proposal needs), 8247 and 8221 (the defaults).
 */
#ifndef KW_CONFIG_OFFER_H
#define KW_CONFIG_OFFER_H

#include "wire/proposal.h"

#define OFFER_PRFS	"prf-hmac-sha2-256+prf-hmac-sha2-384+prf-hmac-sha2-512"
#define OFFER_GROUPS	"x25519+ecp-256+ecp-384+modp-2048+modp-3072+modp-4096+ecp-521"
#define OFFER_IKE	"aes-gcm-16-256+aes-gcm-16-128, chacha20-poly1305, " \
			"aes-cbc-256+aes-cbc-128+" \
			"hmac-sha2-256-128+hmac-sha2-384-192+hmac-sha2-512-256"
#define OFFER_ESP	"aes-gcm-16-256+aes-gcm-16-128, chacha20-poly1305, " \
			"aes-cbc-256+aes-cbc-128+hmac-sha2-256-128+hmac-sha2-512-256"
#define OFFER_AH	"hmac-sha2-256-128+hmac-sha2-512-256"
/* IKEv1 multiplies its algorithms out, so there are few; it has no AEAD for itself, and no ChaCha20. */
#define OFFER_IKE_V1	"aes-cbc-256+aes-cbc-128+hmac-sha2-256-128+modp-2048+modp-3072+modp-4096+ecp-256"
#define OFFER_ESP_V1	"aes-gcm-16-256+aes-gcm-16-128, aes-cbc-256+aes-cbc-128+hmac-sha2-256-128"

/*
 * text is cut up in place. legacy names the weak algorithms that may be in it ("": none). protocol is PROTO_IKE,
 * PROTO_AH or PROTO_ESP. What a proposal leaves out is added:
 * for IKE the PRFs that go with the integrity algorithms (beside an AEAD: OFFER_PRFS) and
 * OFFER_GROUPS, for ESP and AH esn and no-esn. Transforms are malloc()ed: offer_free() on success. 0, or
 * -EINVAL / -ENOMEM with nothing made and a sentence in why.
 */
int offer_parse(struct proposal_list *list, uint8_t protocol, char *text, const char *legacy,
		char *why, size_t why_len);
/* Adds groups ("x25519+ecp-256", cut up in place) to every proposal that has none: PFS. As above;
 * list stays the caller's in every case.
 */
int offer_add_groups(struct proposal_list *list, char *groups, const char *legacy, char *why,
		     size_t why_len);
/* Does the list, "modp-1024, 3des", hold weak algorithms alone? 0, or -EINVAL with a sentence in why. */
#define OFFER_LEGACY_MAX 256
int offer_check_legacy(const char *legacy, char *why, size_t why_len);
void offer_free(struct proposal_list *list);

#endif
