/* SPDX-License-Identifier: GPL-2.0 */
/* Key derivation and hashes of IKEv1 (RFC 2409 §5, §5.5, appendix B). */
#ifndef KW_IKEV1_KEYS_H
#define KW_IKEV1_KEYS_H

#include "ike/child.h"
#include "ikev1/v1_sa.h"

/* IKEv1's numbers in IKEv2's, under which crypto/ knows them; 0 = not one of ours. */
uint16_t v1_prf_of_hash(uint16_t v1_hash);
uint16_t v1_hash_of_prf(uint16_t prf);
uint16_t v1_encr_to_v2(uint16_t v1_encryption);
uint16_t v1_encr_from_v2(uint16_t encr);

/*
 * SKEYID by the authentication method (psk: NULL for signatures), SKEYID_d, _a, the key of messages and the first
 * IV, from v1->g_xy, nonces, public values and cookies. 0 or -errno.
 */
int v1_keys_phase1(struct ike_sa *sa, const struct kw_secret *psk);
/* Ke_i or Ke_r of revised public-key encryption (§5.3), by that side's nonce and cookie. 0 or -errno. */
int v1_ephemeral_key(const struct ike_sa *sa, bool of_initiator, struct kw_secret *out);
/* SKEYID of a pre-shared key, which is known before g^xy; nothing for other methods. 0 or -errno. */
int v1_key_of_psk(struct ike_sa *sa, const struct kw_secret *psk);
/* HASH_I or HASH_R over the body of that side's ID payload, into out[prf length]. 0 or -errno. */
int v1_hash_phase1(const struct ike_sa *sa, bool of_initiator, struct kw_span id_body,
		   uint8_t out[HASH_MAX]);
size_t v1_hash_size(const struct ike_sa *sa);
/* Of HASH_I and HASH_R: the agreed hash, but that of the curve where ECDSA signs them. */
size_t v1_proof_size(const struct ike_sa *sa);

/* The IV of the first message with that id (appendix B). 0 or -errno. */
int v1_first_iv(const struct ike_sa *sa, uint32_t message_id, uint8_t iv[BLOCK_MAX]);
size_t v1_block_len(const struct ike_sa *sa);

/*
 * HASH(1), (2) or (3) of phase 2 (§5.5; 1 is also that of informational and transaction exchanges) over `rest`,
 * all payloads behind the HASH payload. x has the nonces of (2) and (3). 0 or -errno.
 */
int v1_hash_phase2(const struct ike_sa *sa, const struct v1_xchg *x, uint32_t message_id,
		   unsigned int kind, struct kw_span rest, uint8_t out[HASH_MAX]);

/*
 * Keys of both directions of a child: KEYMAT = prf(SKEYID_d, [g(qm)^xy |] protocol | SPI | Ni_b | Nr_b), expanded.
 * g_qm may be empty. spi_i, spi_r: chosen by the initiator and the responder of the quick mode.
 */
int v1_keys_child(const struct ike_sa *sa, const struct v1_xchg *x, const struct suite *suite,
		  uint8_t protocol, const struct kw_secret *g_qm, uint32_t spi_i, uint32_t spi_r,
		  struct child_keys *out);

#endif
