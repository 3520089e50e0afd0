// SPDX-License-Identifier: GPL-2.0
/*
 * TLS over octet strings, by GnuTLS. The other side's chain is judged by cert_verify(), as in IKE itself.
 *
 * RFCs: 5246, 8446, 5216, 9190.
 */
#include "crypto/tls.h"

#include "crypto/sign_lib.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHAIN_MAX	8u
#define KEY_MATERIAL	128u	/* RFC 9190 §2.3: the length is part of what is computed */
#define EAP_TYPE	"\x0d"

struct tls {
	struct tls_side side;
	gnutls_session_t lib;
	gnutls_certificate_credentials_t cred;
	struct kw_reader in;		/* the rest of what came */
	uint8_t *out;			/* malloc()ed */
	size_t out_len;
	struct cert *peer;
	struct cert_path ask;		/* of its chain */
	bool shaken;			/* the handshake is over */
	char why[320];
};

/* ---- the wire ---- */

static ssize_t pull(gnutls_transport_ptr_t ptr, void *to, size_t n)
{
	struct tls *tls = ptr;
	size_t left = kw_reader_left(&tls->in);

	if (!left) {
		gnutls_transport_set_errno(tls->lib, EAGAIN);
		return -1;
	}
	if (n > left)
		n = left;
	memcpy(to, kw_get_span(&tls->in, n).p, n);
	return (ssize_t)n;
}

static int pull_timeout(gnutls_transport_ptr_t ptr, unsigned int ms)
{
	const struct tls *tls = ptr;

	(void)ms;
	return kw_reader_left(&tls->in) > 0;
}

static ssize_t push(gnutls_transport_ptr_t ptr, const void *from, size_t n)
{
	struct tls *tls = ptr;
	uint8_t *more = tls->out_len + n <= TLS_OCTETS_MAX ? realloc(tls->out, tls->out_len + n) : NULL;

	if (!more) {
		gnutls_transport_set_errno(tls->lib, ENOMEM);
		return -1;
	}
	memcpy(more + tls->out_len, from, n);
	tls->out = more;
	tls->out_len += n;
	return (ssize_t)n;
}

/* ---- certificates ---- */

/* GnuTLS asks once it has the other side's chain. */
static int judge(gnutls_session_t lib)
{
	struct tls *tls = gnutls_session_get_ptr(lib);
	struct cert *chain[CHAIN_MAX];
	const gnutls_datum_t *der;
	struct cert_path ask = { 0 };
	unsigned int n = 0, given = 0;
	enum cert_verdict verdict = CERT_INVALID;

	der = gnutls_certificate_get_peers(lib, &given);
	snprintf(tls->why, sizeof(tls->why), "the other side shows no usable certificate in TLS");
	while (der && n < given && n < CHAIN_MAX &&
	       !cert_from_der(&chain[n], KW_SPAN(der[n].data, der[n].size)))
		n++;
	if (n && n == given)
		verdict = cert_verify(tls->side.ca, chain, n, tls->side.unix_now, &ask, tls->why, sizeof(tls->why));
	if (verdict == CERT_TRUSTED && !tls->peer) {
		tls->peer = cert_get(chain[0]);
		tls->ask = ask;
		ask.n = 0;
		tls->why[0] = '\0';
	}
	cert_path_drop(&ask);
	while (n)
		cert_put(chain[--n]);
	return verdict == CERT_TRUSTED ? 0 : GNUTLS_E_CERTIFICATE_ERROR;
}

static gnutls_datum_t datum(struct kw_span s)
{
	return (gnutls_datum_t){ .data = (unsigned char *)(uintptr_t)s.p, .size = (unsigned int)s.len };
}

/* Ours. The credentials own list and key when 0. */
static int set_certificate(struct tls *tls)
{
	gnutls_pcert_st list[CHAIN_MAX];
	gnutls_privkey_t key;
	unsigned int n = 0;

	if (tls->side.n_cert > CHAIN_MAX || sign_key_open(tls->side.key, &key))
		return -EIO;
	for (; n < tls->side.n_cert; n++) {
		gnutls_datum_t der = datum(cert_der(tls->side.cert[n]));

		if (gnutls_pcert_import_x509_raw(&list[n], &der, GNUTLS_X509_FMT_DER, 0) < 0)
			break;
	}
	if (n == tls->side.n_cert && gnutls_certificate_set_key(tls->cred, NULL, 0, list, (int)n, key) >= 0)
		return 0;
	while (n)
		gnutls_pcert_deinit(&list[--n]);
	gnutls_privkey_deinit(key);
	return -EIO;
}

/* ---- its life ---- */

static int set_up(struct tls *tls)
{
	const unsigned int flags = GNUTLS_NONBLOCK | GNUTLS_NO_TICKETS | GNUTLS_NO_SIGNAL |
				   (tls->side.server ? GNUTLS_SERVER : GNUTLS_CLIENT | GNUTLS_FORCE_CLIENT_CERT);
	int ret;

	if (gnutls_certificate_allocate_credentials(&tls->cred) < 0)
		return -ENOMEM;
	ret = set_certificate(tls);
	if (ret)
		return ret;
	gnutls_certificate_set_verify_function(tls->cred, judge);
	if (gnutls_init(&tls->lib, flags) < 0)
		return -ENOMEM;
	if (gnutls_priority_set_direct(tls->lib, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2", NULL) < 0 ||
	    gnutls_credentials_set(tls->lib, GNUTLS_CRD_CERTIFICATE, tls->cred) < 0)
		return -EIO;
	if (tls->side.server)
		gnutls_certificate_server_set_request(tls->lib, GNUTLS_CERT_REQUIRE);
	gnutls_session_set_ptr(tls->lib, tls);
	gnutls_transport_set_ptr(tls->lib, tls);
	gnutls_transport_set_pull_function(tls->lib, pull);
	gnutls_transport_set_pull_timeout_function(tls->lib, pull_timeout);
	gnutls_transport_set_push_function(tls->lib, push);
	return 0;
}

int tls_new(struct tls **out, const struct tls_side *side)
{
	struct tls *tls = calloc(1, sizeof(*tls));
	int ret;

	if (!tls)
		return -ENOMEM;
	tls->side = *side;
	tls->in = kw_reader(KW_SPAN(NULL, 0));
	ret = set_up(tls);
	if (ret) {
		tls_free(tls);
		return ret;
	}
	*out = tls;
	return 0;
}

void tls_free(struct tls *tls)
{
	if (!tls)
		return;
	if (tls->lib)
		gnutls_deinit(tls->lib);
	if (tls->cred)
		gnutls_certificate_free_credentials(tls->cred);
	cert_put(tls->peer);
	cert_path_drop(&tls->ask);
	free(tls->out);
	free(tls);
}

static enum tls_state failed(struct tls *tls, int err)
{
	if (!tls->why[0] && err == GNUTLS_E_FATAL_ALERT_RECEIVED)
		snprintf(tls->why, sizeof(tls->why), "the other side ends TLS: %s",
			 gnutls_alert_get_name(gnutls_alert_get(tls->lib)));
	else if (!tls->why[0] && err == GNUTLS_E_NO_CERTIFICATE_FOUND)
		snprintf(tls->why, sizeof(tls->why), "the other side shows no certificate in TLS");
	else if (!tls->why[0])
		snprintf(tls->why, sizeof(tls->why), "TLS failed: %s", gnutls_strerror(err));
	if (err != GNUTLS_E_FATAL_ALERT_RECEIVED)
		gnutls_alert_send_appropriate(tls->lib, err);
	return TLS_FAILED;
}

static bool is_13(const struct tls *tls)
{
	return gnutls_protocol_get_version(tls->lib) == GNUTLS_TLS1_3;
}

static bool waits(int err)
{
	return err == GNUTLS_E_AGAIN || err == GNUTLS_E_INTERRUPTED;
}

/* RFC 9190 §2.1.1: one zero octet says that the server is content; until then it may still refuse us. */
static enum tls_state await_octet(struct tls *tls)
{
	uint8_t octet[2];
	ssize_t n = gnutls_record_recv(tls->lib, octet, sizeof(octet));

	if (waits((int)n))
		return TLS_GOES_ON;
	if (n < 0)
		return failed(tls, (int)n);
	if (n == 1 && !octet[0])
		return TLS_DONE;
	return failed(tls, GNUTLS_E_UNEXPECTED_PACKET);
}

static enum tls_state shaken(struct tls *tls)
{
	ssize_t n;

	if (!is_13(tls))
		return TLS_DONE;
	if (!tls->side.server)
		return await_octet(tls);
	n = gnutls_record_send(tls->lib, "", 1);
	return n == 1 ? TLS_DONE : failed(tls, (int)n);
}

enum tls_state tls_run(struct tls *tls, struct kw_span in)
{
	int err;

	tls->in = kw_reader(in);
	tls->out_len = 0;
	if (tls->shaken)
		return tls->side.server ? failed(tls, GNUTLS_E_UNEXPECTED_PACKET) : await_octet(tls);
	do
		err = gnutls_handshake(tls->lib);
	while (err == GNUTLS_E_WARNING_ALERT_RECEIVED);
	if (waits(err))
		return TLS_GOES_ON;
	if (err < 0)
		return failed(tls, err);
	tls->shaken = true;
	return tls->peer ? shaken(tls) : failed(tls, GNUTLS_E_NO_CERTIFICATE_FOUND);
}

struct kw_span tls_output(const struct tls *tls)
{
	return KW_SPAN(tls->out, tls->out_len);
}

const struct cert *tls_peer(const struct tls *tls)
{
	return tls->peer;
}

void tls_take_path(struct tls *tls, struct cert_path *path)
{
	*path = tls->ask;
	tls->ask.n = 0;
}

int tls_msk(const struct tls *tls, struct kw_secret *msk)
{
	static const char old[] = "client EAP encryption", new[] = "EXPORTER_EAP_TLS_Key_Material";
	char material[KEY_MATERIAL];
	int err = is_13(tls) ? gnutls_prf_rfc5705(tls->lib, sizeof(new) - 1, new, 1, EAP_TYPE,
						  sizeof(material), material) :
			       gnutls_prf_rfc5705(tls->lib, sizeof(old) - 1, old, 0, NULL,
						  sizeof(material), material);
	int ret = err < 0 ? -EIO : kw_secret_copy(msk, KW_SPAN(material, TLS_MSK_LEN));

	kw_wipe(material, sizeof(material));
	return ret;
}

const char *tls_why(const struct tls *tls)
{
	return tls->why;
}
