/* SPDX-License-Identifier: GPL-2.0 */
/* CERT and CERTREQ payloads (RFC 7296 §3.6, 3.7; RFC 4806; RFC 7670). */
#ifndef KW_IKEV2_CERTREQ_H
#define KW_IKEV2_CERTREQ_H

#include "ike/exchange.h"

/* What kind of proof we want from the peer: the connection's, or as a responder that does not know yet who
 * is there (known = false), that of every connection it may turn out to be.
 */
void v2_put_certreqs(struct ike_run *run, bool known);
/* Our certificates or raw public key. */
void v2_put_certs(struct ike_run *run);
/* Do we ask the peer for the OCSP response about its certificate (RFC 4806)? */
bool v2_asks_ocsp(const struct conf_conn *conf);
/* What the peer says about the certificates it wants, where it may ask for them: in IKE_SA_INIT, or inside IKE_AUTH. */
void v2_certs_read(struct ike_sa *sa, const struct ike_message *m, bool in_sk);

#endif
