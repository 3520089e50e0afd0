/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TLS 1.2 and 1.3 over octet strings, with certificates on both sides: the inside of EAP-TLS (GnuTLS).
 *
 * RFCs: 5246, 8446; 5216 §2.3 and 9190 §2.3 (the key); 9190 §2.1.1, §2.5 (the octet that ends 1.3).
 */
#ifndef KW_CRYPTO_TLS_H
#define KW_CRYPTO_TLS_H

#include "crypto/cert.h"

struct tls;

enum tls_state {
	TLS_GOES_ON,	/* more from the other side is needed */
	TLS_DONE,	/* both sides are proved; with 1.3 and as client, the server has said that it is content */
	TLS_FAILED,	/* tls_why() says why; an alert may be in the output */
};

/* All borrowed for the whole life. */
struct tls_side {
	bool server;
	struct cert *const *cert;
	unsigned int n_cert;
	const struct sign_key *key;
	struct cert_store *ca;		/* who may vouch for the other side */
	int64_t unix_now;
};

#define TLS_MSK_LEN 64
#define TLS_OCTETS_MAX 65536u	/* of one flight */

/* 0, -ENOMEM or -EIO. */
int tls_new(struct tls **tls, const struct tls_side *side);
void tls_free(struct tls *tls);		/* NULL is fine */
/* Takes what the other side sent, whole. Slow: signatures. After FAILED never again. */
enum tls_state tls_run(struct tls *tls, struct kw_span in);
/* What to send after tls_run(). Borrowed until the next one. */
struct kw_span tls_output(const struct tls *tls);
/* The other side's certificate, once DONE. Borrowed. */
const struct cert *tls_peer(const struct tls *tls);
/*
 * Those of the other side's certificates that somebody may still be asked about whether they are revoked, into path,
 * which is empty; once. What the handshake ended with counts only when they are not.
 */
void tls_take_path(struct tls *tls, struct cert_path *path);
/* The MSK of EAP-TLS into a fresh secret. 0, -EIO, -ENOMEM. */
int tls_msk(const struct tls *tls, struct kw_secret *msk);
const char *tls_why(const struct tls *tls);

#endif
