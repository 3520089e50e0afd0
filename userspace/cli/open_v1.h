/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What has to be remembered of captured ISAKMP SAs to decrypt their messages: the negotiated cipher
 * and hash, both public values, and the chain of IVs.
 *
 * RFCs: 2409 §5 (phase 1), appendix B (IVs): the first one is the hash of both public values, the
 * first one of each later message id is the hash of the last block of phase 1 and that id, all
 * others the last block before.
 */
#ifndef KW_CLI_OPEN_V1_H
#define KW_CLI_OPEN_V1_H

#include "lib/addr.h"
#include "lib/secret.h"
#include "wire/header.h"
#include "wire/proposal_v1.h"

struct v1_sessions;
struct v1_session;

struct v1_sessions *v1_sessions_new(void);	/* NULL: no memory */
void v1_sessions_free(struct v1_sessions *s);
/*
 * By initiator's cookie; a new one when it was not seen yet, whose initiator is from. Bounded: the
 * oldest goes.
 */
struct v1_session *v1_session_get(struct v1_sessions *s, const struct ike_header *h,
				  const struct endpoint *from);

/* Clear payloads of phase 1, as they are seen. */
void v1_session_note_sa(struct v1_session *s, const struct ike_header *h, const struct sa_v1 *sa);
void v1_session_note_ke(struct v1_session *s, const struct endpoint *from, struct kw_span value);

/* body.len octets to plain. 0, or -errno with a sentence that says what is missing. */
int v1_session_open(struct v1_session *s, const struct kw_secret *key, uint32_t message_id,
		    struct kw_span body, uint8_t *plain, char *why, size_t why_len);

#endif
