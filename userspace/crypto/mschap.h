/* SPDX-License-Identifier: GPL-2.0 */
/*
 * MS-CHAPv2 and the keys that come of it, for EAP-MSCHAPv2. MD4 and DES (nettle) are known here for this alone;
 * whoever records an exchange can try passwords on it, so it belongs inside an IKE SA whose other end was
 * authenticated.
 *
 * RFCs: 2759 §8 (the response), 3079 §3 (keys).
 */
#ifndef KW_CRYPTO_MSCHAP_H
#define KW_CRYPTO_MSCHAP_H

#include "lib/secret.h"

#define MSCHAP_CHALLENGE_LEN 16
#define MSCHAP_RESPONSE_LEN 24
#define MSCHAP_PROOF_LEN 20
#define MSCHAP_MSK_LEN 64

struct mschap_round {
	const uint8_t *server_challenge, *client_challenge;	/* MSCHAP_CHALLENGE_LEN each */
	struct kw_span user;		/* without the domain in front of a backslash */
};

/* NtPasswordHash of a UTF-8 password into a fresh secret. 0, -EINVAL (not UTF-8, over 256 characters), -ENOMEM. */
int mschap_hash(struct kw_span password, struct kw_secret *hash);
/* What the client answers: GenerateNTResponse. 0 or -EIO. */
int mschap_respond(const struct kw_secret *hash, const struct mschap_round *round,
		   uint8_t out[MSCHAP_RESPONSE_LEN]);
/* What the server proves itself with: the octets of GenerateAuthenticatorResponse. 0 or -EIO. */
int mschap_prove(const struct kw_secret *hash, const struct mschap_round *round,
		 const uint8_t response[MSCHAP_RESPONSE_LEN], uint8_t out[MSCHAP_PROOF_LEN]);
/* The MSK of EAP-MSCHAPv2: the client's and the server's send key, 32 zeros; into a fresh secret. 0, -EIO, -ENOMEM. */
int mschap_msk(const struct kw_secret *hash, const uint8_t response[MSCHAP_RESPONSE_LEN],
	       struct kw_secret *msk);

#endif
