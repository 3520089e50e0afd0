// SPDX-License-Identifier: GPL-2.0
/* keyway bundle: what it writes holds the certificates of the file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <fcntl.h>
#include <unistd.h>

#include <gnutls/x509.h>

#include "cli/cli.h"
#include "crypto/setup.h"
#include "wire/cert_url.h"

static char dir[] = "/tmp/keyway-bundle.XXXXXX";
static char from[64], to[64], none[64];
static const struct cli cli;

/* n certificates, one behind the other. */
static void make_certs(unsigned int n)
{
	FILE *f = fopen(from, "w");

	assert_non_null(f);
	for (unsigned int i = 0; i < n; i++) {
		gnutls_x509_privkey_t key;
		gnutls_x509_crt_t crt;
		gnutls_datum_t pem;
		uint8_t serial = (uint8_t)(i + 1);

		assert_int_equal(gnutls_x509_privkey_init(&key), 0);
		assert_int_equal(gnutls_x509_privkey_generate(key, GNUTLS_PK_EDDSA_ED25519, 0, 0), 0);
		assert_int_equal(gnutls_x509_crt_init(&crt), 0);
		gnutls_x509_crt_set_version(crt, 3);
		gnutls_x509_crt_set_serial(crt, &serial, 1);
		gnutls_x509_crt_set_activation_time(crt, 1700000000);
		gnutls_x509_crt_set_expiration_time(crt, 1900000000);
		gnutls_x509_crt_set_key(crt, key);
		assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA512, 0), 0);
		assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
		assert_int_equal(fwrite(pem.data, 1, pem.size, f), pem.size);
		gnutls_free(pem.data);
		gnutls_x509_crt_deinit(crt);
		gnutls_x509_privkey_deinit(key);
	}
	fclose(f);
}

static unsigned int certs_in(const char *path)
{
	gnutls_datum_t octets;
	struct kw_reader r;
	struct kw_span der;
	unsigned int n = 0;

	assert_int_equal(gnutls_load_file(path, &octets), 0);
	assert_int_equal(cert_bundle_open(KW_SPAN(octets.data, octets.size), &r), 0);
	while (cert_bundle_next(&r, &der)) {
		gnutls_datum_t one = { (unsigned char *)(uintptr_t)der.p, (unsigned int)der.len };
		uint8_t serial[8];
		size_t len = sizeof(serial);
		gnutls_x509_crt_t crt;

		n++;
		assert_int_equal(gnutls_x509_crt_init(&crt), 0);
		assert_int_equal(gnutls_x509_crt_import(crt, &one, GNUTLS_X509_FMT_DER), 0);
		assert_int_equal(gnutls_x509_crt_get_serial(crt, serial, &len), 0);
		assert_int_equal(serial[len - 1], n);
		gnutls_x509_crt_deinit(crt);
	}
	assert_false(r.bad);
	gnutls_free(octets.data);
	return n;
}

static int bundle(char *cert, char *file)
{
	char *argv[] = { cert, file };

	return cmd_bundle(&cli, 2, argv);
}

static void all_certificates_in_their_order(void **state)
{
	(void)state;
	for (unsigned int n = 1; n <= 8; n += 7) {
		make_certs(n);
		assert_int_equal(bundle(from, to), CLI_OK);
		assert_int_equal(certs_in(to), n);
	}
}

static void what_cannot_be_read_or_written(void **state)
{
	(void)state;
	assert_int_equal(bundle(none, to), CLI_FAILED);
	make_certs(9);
	assert_int_equal(bundle(from, to), CLI_FAILED);
	make_certs(1);
	assert_int_equal(bundle(from, dir), CLI_FAILED);
}

static int setup(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	if (!mkdtemp(dir) || crypto_setup() || null < 0)
		return -1;
	/* What commands say to people would mix with the test's own output. */
	dup2(null, STDERR_FILENO);
	close(null);
	snprintf(from, sizeof(from), "%s/cert.pem", dir);
	snprintf(to, sizeof(to), "%s/out", dir);
	snprintf(none, sizeof(none), "%s/none", dir);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(from);
	unlink(to);
	return rmdir(dir);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_certificates_in_their_order),
		cmocka_unit_test(what_cannot_be_read_or_written),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
