// SPDX-License-Identifier: GPL-2.0
/*
 * OCSP: the question about one certificate, and what the answer says.
 *
 * RFCs: 6960 §2.2-2.4, §3.2, §4.2.2.2 (who may sign), 8954 (nonce), 5019 §4 (a response without times ahead).
 */
#include "crypto/revoke.h"

#include "crypto/cert_lib.h"

#include <errno.h>
#include <gnutls/ocsp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A response that does not say until when it counts (RFC 6960 §2.4), and clocks that differ. */
#define WITHOUT_END_S	300
#define CLOCKS_DIFFER_S	300

int ocsp_request(const struct cert_link *l, const uint8_t nonce[OCSP_NONCE_LEN], uint8_t **der, size_t *len)
{
	gnutls_datum_t n = cert_datum(KW_SPAN(nonce, OCSP_NONCE_LEN)), out = { 0 };
	gnutls_ocsp_req_t req;
	int ret = -EINVAL;

	if (gnutls_ocsp_req_init(&req) < 0)
		return -ENOMEM;
	/* RFC 5019 §2.1.1: SHA-1, which all responders know; it only names the issuer. */
	if (gnutls_ocsp_req_add_cert(req, GNUTLS_DIG_SHA1, l->issuer->lib, l->cert->lib) == 0 &&
	    gnutls_ocsp_req_set_nonce(req, 0, &n) == 0 && gnutls_ocsp_req_export(req, &out) == 0) {
		*der = malloc(out.size);
		*len = out.size;
		ret = *der ? 0 : -ENOMEM;
		if (*der)
			memcpy(*der, out.data, out.size);
	}
	gnutls_free(out.data);
	gnutls_ocsp_req_deinit(req);
	return ret;
}

struct answer {
	unsigned int status;		/* gnutls_ocsp_cert_status_t */
	time_t this_update, next_update, since;	/* -1: not said */
	unsigned int reason;
};

/* RFC 6960 §4.2.1 */
static const char *refusal(int status)
{
	switch (status) {
	case GNUTLS_OCSP_RESP_MALFORMEDREQUEST:
		return "malformedRequest";
	case GNUTLS_OCSP_RESP_INTERNALERROR:
		return "internalError";
	case GNUTLS_OCSP_RESP_TRYLATER:
		return "tryLater";
	case GNUTLS_OCSP_RESP_SIGREQUIRED:
		return "sigRequired";
	case GNUTLS_OCSP_RESP_UNAUTHORIZED:
		return "unauthorized";
	default:
		return "an unknown status";
	}
}

/* RFC 5280 §5.3.1 */
static const char *reason_name(unsigned int reason)
{
	static const char *const names[] = {
		[GNUTLS_X509_CRLREASON_KEYCOMPROMISE] = " (key compromised)",
		[GNUTLS_X509_CRLREASON_CACOMPROMISE] = " (CA compromised)",
		[GNUTLS_X509_CRLREASON_AFFILIATIONCHANGED] = " (affiliation changed)",
		[GNUTLS_X509_CRLREASON_SUPERSEDED] = " (superseded)",
		[GNUTLS_X509_CRLREASON_CESSATIONOFOPERATION] = " (out of use)",
		[GNUTLS_X509_CRLREASON_CERTIFICATEHOLD] = " (on hold)",
		[GNUTLS_X509_CRLREASON_PRIVILEGEWITHDRAWN] = " (privilege withdrawn)",
		[GNUTLS_X509_CRLREASON_AACOMPROMISE] = " (AA compromised)",
	};

	return reason < sizeof(names) / sizeof(names[0]) && names[reason] ? names[reason] : "";
}

/* RFC 6960 §4.4.1: one that has ours in it was made for us; another one was made for somebody else. */
static bool nonce_fits(gnutls_ocsp_resp_t resp, const uint8_t *nonce)
{
	gnutls_datum_t got = { 0 };
	unsigned int critical;
	bool fits = true;

	if (gnutls_ocsp_resp_get_nonce(resp, &critical, &got) == 0)
		fits = !nonce || kw_span_equal(KW_SPAN(got.data, got.size), KW_SPAN(nonce, OCSP_NONCE_LEN));
	gnutls_free(got.data);
	return fits;
}

/* By the issuer itself or by one to whom it gave that right (§4.2.2.2). */
static bool is_signed(gnutls_ocsp_resp_t resp, const struct cert_link *l, int64_t now)
{
	unsigned int status = 0;
	int err;

	cert_clock_set(now);
	err = gnutls_ocsp_resp_verify_direct(resp, l->issuer->lib, &status, CERT_VERIFY_FLAGS);
	cert_clock_stop();
	return err >= 0 && !status;
}

static bool find_answer(gnutls_ocsp_resp_t resp, const struct cert_link *l, struct answer *a)
{
	for (unsigned int i = 0; i < 64; i++) {
		int err = gnutls_ocsp_resp_get_single(resp, i, NULL, NULL, NULL, NULL, &a->status, &a->this_update,
						      &a->next_update, &a->since, &a->reason);

		if (err < 0)
			return false;
		/* Name of the issuer and serial number; that the key is the issuer's, is_signed() has seen. */
		if (gnutls_ocsp_resp_check_crt(resp, i, l->cert->lib) == 0)
			return true;
	}
	return false;
}

static bool is_current(const struct answer *a, int64_t now, int64_t *until, char text[80])
{
	char when[32];

	*until = a->next_update == (time_t)-1 ? a->this_update + WITHOUT_END_S : a->next_update;
	if (a->this_update == (time_t)-1 || a->this_update > now + CLOCKS_DIFFER_S)
		snprintf(text, 80, "is from the future");
	else if (now > *until + (a->next_update == (time_t)-1 ? CLOCKS_DIFFER_S : 0))
		snprintf(text, 80, "expired on %s", cert_time_print(when, *until));
	else
		return true;
	return false;
}

/* NULL: it is a good response that is about the certificate, in a. Else what is wrong. */
static const char *open_response(gnutls_ocsp_resp_t resp, const struct cert_link *l, const uint8_t *nonce,
				 int64_t now, struct answer *a, int64_t *until, char text[80])
{
	int status = gnutls_ocsp_resp_get_status(resp);

	if (status != GNUTLS_OCSP_RESP_SUCCESSFUL) {
		snprintf(text, 80, "says %s", refusal(status));
		return text;
	}
	if (!is_signed(resp, l, now))
		return "is not signed by the certificate's issuer, or by one whom that lets answer";
	if (!nonce_fits(resp, nonce))
		return "is to another question: the nonce differs";
	if (!find_answer(resp, l, a))
		return "is not about this certificate";
	if (a->status == GNUTLS_OCSP_CERT_REVOKED)
		return NULL;		/* and nothing makes it good again */
	return is_current(a, now, until, text) ? NULL : text;
}

static enum revoke_status judge(const struct answer *a, const struct cert_link *l, const char *source,
				char why[REVOKE_WHY])
{
	char name[REVOKE_WHY], since[32], made[32];

	if (a->status == GNUTLS_OCSP_CERT_GOOD)
		return REVOKE_GOOD;
	cert_print(l->cert, name, sizeof(name));
	if (a->status != GNUTLS_OCSP_CERT_REVOKED) {
		cert_say(why, REVOKE_WHY, "the OCSP responder (%.120s) does not know the certificate", source);
		return REVOKE_UNKNOWN;
	}
	cert_say(why, REVOKE_WHY, "certificate %s is revoked since %s%s: OCSP response of %s (%.120s)", name,
		 cert_time_print(since, a->since), reason_name(a->reason),
		 cert_time_print(made, a->this_update), source);
	return REVOKE_REVOKED;
}

enum revoke_status ocsp_look(struct kw_span der, const struct cert_link *l, const uint8_t nonce[OCSP_NONCE_LEN],
			     const char *source, int64_t unix_now, int64_t *until, char why[REVOKE_WHY])
{
	enum revoke_status status = REVOKE_UNKNOWN;
	gnutls_datum_t in = cert_datum(der);
	struct answer a = { 0 };
	const char *wrong = "does not parse";
	gnutls_ocsp_resp_t resp;
	char text[80];

	*until = 0;
	if (gnutls_ocsp_resp_init(&resp) < 0) {
		cert_say(why, REVOKE_WHY, "no memory");
		return REVOKE_UNKNOWN;
	}
	if (der.len <= OCSP_OCTETS_MAX && gnutls_ocsp_resp_import(resp, &in) == 0)
		wrong = open_response(resp, l, nonce, unix_now, &a, until, text);
	if (wrong)
		cert_say(why, REVOKE_WHY, "the OCSP response (%.120s) %s", source, wrong);
	else
		status = judge(&a, l, source, why);
	gnutls_ocsp_resp_deinit(resp);
	return status;
}
