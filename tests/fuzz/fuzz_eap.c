// SPDX-License-Identifier: GPL-2.0
/*
 * EAP conversations: the first octet says which side we are and which method comes first, then packets follow, each
 * behind its length. Whoever has neither password nor key does not get in.
 */
#include "crypto/rand.h"
#include "crypto/setup.h"
#include "eap/eap.h"
#include "wire/eap.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

static const uint8_t types[] = { EAP_TYPE_MSCHAPV2, EAP_TYPE_TLS, EAP_TYPE_GTC, EAP_TYPE_MD5 };
static struct conf_user alice;
static struct conf_users users = { .n = 1, .user = &alice };
static struct conf_conn conf = { .name = "fuzz", .users = &users };

static void need(bool good)
{
	if (!good)
		abort();
}

static void same_each_time(void *out, size_t n, void *ctx)
{
	(void)ctx;
	memset(out, 0x5a, n);
}

static void make_certificate(void)
{
	char path[] = "/tmp/keyway-fuzz-XXXXXX", err[128];
	gnutls_datum_t der = { 0 }, pem = { 0 };
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	int fd = mkstemp(path);

	need(gnutls_x509_privkey_init(&key) == 0 && gnutls_x509_crt_init(&crt) == 0 && fd >= 0);
	need(gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					  GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0) == 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\x01", 1);
	gnutls_x509_crt_set_activation_time(crt, 0);
	gnutls_x509_crt_set_expiration_time(crt, 2000000000);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, "fuzz", 4);
	gnutls_x509_crt_set_key(crt, key);
	need(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0) == 0);
	need(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_DER, &der) == 0);
	need(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem) == 0);
	need(write(fd, pem.data, pem.size) == (ssize_t)pem.size);
	close(fd);
	need(sign_key_load(&conf.key, path, err, sizeof(err)) == 0);
	unlink(path);
	need(cert_from_der(&conf.cert[0], KW_SPAN(der.data, der.size)) == 0);
	conf.n_cert = 1;
	need(cert_store_new(&conf.ca) == 0 && cert_store_add(conf.ca, conf.cert[0]) == 0);
	gnutls_free(der.data);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static char name[] = "alice";

	(void)argc;
	(void)argv;
	need(crypto_setup() == 0);
	make_certificate();
	alice.name = name;
	conf.user = name;
	need(kw_secret_copy(&alice.secret, KW_SPAN_STR("nobody can know this one")) == 0);
	need(kw_secret_copy(&conf.password, KW_SPAN_STR("nor that")) == 0);
	rand_set_source(same_each_time, NULL);
	return 0;
}

static enum eap_verdict say(struct eap *e, bool server, struct kw_span in)
{
	uint8_t out[EAP_OUT_MAX];
	struct kw_writer w = kw_writer(out, sizeof(out));
	enum eap_verdict v = eap_run(e, in, 1800000000, &w);
	struct eap_packet p;

	need(!w.bad);
	if (server || v == EAP_GO_ON)
		need(eap_parse(kw_written(&w), &p) == 0);
	else
		need(w.len == 0);
	need(v != EAP_FAILED || eap_why(e)[0]);
	/* The client gives its password to GTC and MD5, and believes whoever asked. */
	if (v == EAP_DONE)
		need(!server && (conf.eap[0] == EAP_TYPE_GTC || conf.eap[0] == EAP_TYPE_MD5));
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kw_reader r = kw_reader(KW_SPAN(data, size));
	uint8_t how = kw_get_u8(&r);
	bool server = how & 1;
	enum eap_verdict v = EAP_GO_ON;
	struct eap *e;

	conf.eap[0] = types[how >> 1 & 3];
	conf.n_eap = 1;
	e = eap_new(&conf, server);
	need(e != NULL);
	if (server)
		v = say(e, server, KW_SPAN(NULL, 0));
	while (v == EAP_GO_ON && kw_reader_left(&r) > 2) {
		size_t n = kw_get_be16(&r);

		v = say(e, server, kw_get_span(&r, n < kw_reader_left(&r) ? n : kw_reader_left(&r)));
	}
	eap_free(e);
	return 0;
}
