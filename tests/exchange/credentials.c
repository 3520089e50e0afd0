// SPDX-License-Identifier: GPL-2.0
/* Keys and certificates made on the spot. */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

#include "exchange/credentials.h"
#include "exchange/pair.h"

#include "crypto/setup.h"
#include "crypto/sign.h"
#include "dsa.h"

#define WORLD_DAY_ZERO	1800001000	/* seconds: what the world's clock shows at first */

static char dir[64];

static void path_of(char path[128], const char *name, const char *suffix)
{
	snprintf(path, 128, "%s/%s%s", dir, name, suffix);
}

static void write_file(const char *path, const gnutls_datum_t *text, bool append)
{
	int fd = open(path, O_WRONLY | O_CREAT | (append ? O_APPEND : O_TRUNC), 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text->data, text->size), text->size);
	close(fd);
}

static gnutls_datum_t read_file(const char *path)
{
	gnutls_datum_t text;

	assert_int_equal(gnutls_load_file(path, &text), 0);
	return text;
}

static gnutls_x509_privkey_t new_key(enum credential_key kind)
{
	static const struct {
		gnutls_pk_algorithm_t pk;
		unsigned int bits;
	} how[] = {
		[CREDENTIAL_RSA] = { GNUTLS_PK_RSA, 2048 },
		[CREDENTIAL_ECDSA] = { GNUTLS_PK_ECDSA,
				       GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1) },
		[CREDENTIAL_ED25519] = { GNUTLS_PK_EDDSA_ED25519, 0 },
	};
	gnutls_x509_privkey_t key;

	if (kind == CREDENTIAL_DSA)
		return dsa_key(&dsa_groups[1], false);
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_generate(key, how[kind].pk, how[kind].bits, 0), 0);
	return key;
}

static gnutls_x509_privkey_t load_key(const char *name)
{
	gnutls_x509_privkey_t key;
	gnutls_datum_t text;
	char path[128];

	path_of(path, name, ".key");
	text = read_file(path);
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
	gnutls_free(text.data);
	return key;
}

static gnutls_x509_crt_t load_cert(const char *name)
{
	gnutls_x509_crt_t crt;
	gnutls_datum_t text;
	char path[128];

	path_of(path, name, ".crt");
	text = read_file(path);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &text, GNUTLS_X509_FMT_PEM), 0);
	gnutls_free(text.data);
	return crt;
}

static void save(const struct credential *c, gnutls_x509_crt_t crt, gnutls_x509_privkey_t key)
{
	gnutls_datum_t pem;
	char path[128];

	path_of(path, c->name, ".crt");
	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	write_file(path, &pem, false);
	gnutls_free(pem.data);
	if (c->chain) {
		char more[128];

		path_of(more, c->chain, ".crt");
		pem = read_file(more);
		write_file(path, &pem, true);
		gnutls_free(pem.data);
	}
	path_of(path, c->name, ".key");
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							   GNUTLS_PKCS_PLAIN, &pem),
			 0);
	write_file(path, &pem, false);
	gnutls_free(pem.data);
}

void credential_make(const struct credential *c)
{
	gnutls_x509_privkey_t key = new_key(c->key),
			      issuer_key = c->issuer ? load_key(c->issuer) : key;
	gnutls_x509_crt_t crt, issuer;
	int until = c->from_day || c->until_day ? c->until_day : 365;
	int from = c->from_day || c->until_day ? c->from_day : -1;
	static uint8_t serial = 1;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	issuer = c->issuer ? load_cert(c->issuer) : crt;
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, &serial, 1);
	serial++;
	gnutls_x509_crt_set_activation_time(crt, WORLD_DAY_ZERO + from * 86400);
	gnutls_x509_crt_set_expiration_time(crt, WORLD_DAY_ZERO + until * 86400);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, c->dns, strlen(c->dns));
	if (c->ca)
		gnutls_x509_crt_set_key_usage(crt, GNUTLS_KEY_KEY_CERT_SIGN | GNUTLS_KEY_CRL_SIGN);
	else
		gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, c->dns,
						     strlen(c->dns), GNUTLS_FSAN_SET);
	if (c->crl_url)
		gnutls_x509_crt_set_crl_dist_points(crt, GNUTLS_SAN_URI, c->crl_url, 0);
	if (c->ocsp_url) {
		gnutls_datum_t url = { (unsigned char *)(uintptr_t)c->ocsp_url, (unsigned int)strlen(c->ocsp_url) };

		gnutls_x509_crt_set_authority_info_access(crt, GNUTLS_IA_OCSP_URI, &url);
	}
	gnutls_x509_crt_set_basic_constraints(crt, c->ca, -1);
	assert_int_equal(gnutls_x509_crt_sign2(crt, issuer, issuer_key, GNUTLS_DIG_SHA256, 0), 0);
	save(c, crt, key);
	if (c->issuer) {
		gnutls_x509_crt_deinit(issuer);
		gnutls_x509_privkey_deinit(issuer_key);
	}
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void put_on_list(gnutls_x509_crl_t crl, const char *name)
{
	gnutls_x509_crt_t crt = load_cert(name);
	uint8_t serial[32];
	size_t len = sizeof(serial);

	assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &len), 0);
	assert_int_equal(gnutls_x509_crl_set_crt_serial(crl, serial, len, WORLD_DAY_ZERO - 3600), 0);
	gnutls_x509_crt_deinit(crt);
}

struct kw_span credential_crl_der(const struct revocation_list *l)
{
	const int from = l->from_day || l->until_day ? l->from_day : -1;
	const int until = l->from_day || l->until_day ? l->until_day : 7;
	gnutls_x509_privkey_t key = load_key(l->issuer);
	gnutls_x509_crt_t issuer = load_cert(l->issuer);
	static uint8_t number;
	gnutls_x509_crl_t crl;
	gnutls_datum_t der;

	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, WORLD_DAY_ZERO + from * 86400);
	gnutls_x509_crl_set_next_update(crl, WORLD_DAY_ZERO + until * 86400);
	number++;
	gnutls_x509_crl_set_number(crl, &number, 1);
	for (unsigned int i = 0; i < 4 && l->revoked[i]; i++)
		put_on_list(crl, l->revoked[i]);
	assert_int_equal(gnutls_x509_crl_sign2(crl, issuer, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_DER, &der), 0);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(issuer);
	gnutls_x509_privkey_deinit(key);
	return KW_SPAN(der.data, der.size);
}

void credential_crl(const struct revocation_list *l)
{
	struct kw_span der = credential_crl_der(l);
	gnutls_datum_t text = { (unsigned char *)(uintptr_t)der.p, (unsigned int)der.len };
	char path[128];

	path_of(path, l->name, ".crl");
	write_file(path, &text, false);
	gnutls_free(text.data);
}

void credential_ocsp(struct der *out, const char *issuer, struct kw_span request, struct ocsp_order order)
{
	order.request = request;
	order.signer = load_cert(issuer);
	order.key = load_key(issuer);
	order.since = WORLD_DAY_ZERO - 3600;
	order.this_update = WORLD_DAY_ZERO - 60;
	order.next_update = WORLD_DAY_ZERO + 3600;
	ocsp_make(out, &order);
	gnutls_x509_crt_deinit(order.signer);
	gnutls_x509_privkey_deinit(order.key);
}

void credential_group(const char *name, unsigned int bits)
{
	const gnutls_datum_t *p = bits == 2048 ? &gnutls_ffdhe_2048_group_prime : &gnutls_ffdhe_3072_group_prime;
	gnutls_dh_params_t params;
	gnutls_datum_t text;
	char path[128];

	assert_int_equal(gnutls_dh_params_init(&params), 0);
	assert_int_equal(gnutls_dh_params_import_raw(params, p, &gnutls_ffdhe_2048_group_generator), 0);
	assert_int_equal(gnutls_dh_params_export2_pkcs3(params, GNUTLS_X509_FMT_PEM, &text), 0);
	path_of(path, name, ".dh");
	write_file(path, &text, false);
	gnutls_free(text.data);
	gnutls_dh_params_deinit(params);
}

void credential_users(const char *text)
{
	const gnutls_datum_t d = { .data = (uint8_t *)(uintptr_t)text, .size = (unsigned int)strlen(text) };
	char path[128];

	path_of(path, "users", "");
	write_file(path, &d, false);
}

const char *credential_raw(const char *name)
{
	static char text[4][2048];
	static unsigned int turn;
	struct sign_key *key;
	struct verify_key *pub;
	char path[128], err[256], *printed, *out = text[turn++ % 4];

	path_of(path, name, ".key");
	if (access(path, F_OK))
		assert_int_equal(sign_key_generate(path, err, sizeof(err)), 0);
	assert_int_equal(sign_key_load(&key, path, err, sizeof(err)), 0);
	assert_int_equal(sign_key_public(key, &pub), 0);
	printed = verify_key_print(pub);
	snprintf(out, sizeof(text[0]), "%s", printed);
	free(printed);
	verify_key_free(pub);
	sign_key_free(key);
	return out;
}

int credentials_setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/keyway-exchange-XXXXXX");
	assert_non_null(mkdtemp(dir));
	pair_dir = dir;
	assert_int_equal(crypto_setup(), 0);
	credential_make(&(struct credential){
		.name = "ca", .dns = "The CA", .key = CREDENTIAL_ECDSA, .ca = true });
	credential_make(&(struct credential){
		.name = "other", .dns = "Another CA", .key = CREDENTIAL_ECDSA, .ca = true });
	return 0;
}

int credentials_teardown(void **state)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	(void)state;
	while ((e = readdir(d)))
		unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	return rmdir(dir);
}
