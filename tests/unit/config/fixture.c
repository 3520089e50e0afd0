// SPDX-License-Identifier: GPL-2.0
/*
 * A configuration directory of its own for each test, with keys and certificates made on the spot.
 */
#include "unit/config/fixture.h"

#include "crypto/setup.h"
#include "dsa.h"

#include <dirent.h>
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int fixture_setup(void **state)
{
	char *dir = strdup("/tmp/keyway-config-XXXXXX");

	assert_int_equal(crypto_setup(), 0);
	assert_non_null(mkdtemp(dir));
	*state = dir;
	return 0;
}

int fixture_teardown(void **state)
{
	char *dir = *state;
	DIR *d = opendir(dir);
	struct dirent *e;

	assert_non_null(d);
	while ((e = readdir(d)))
		if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
			unlinkat(dirfd(d), e->d_name, 0);
	closedir(d);
	rmdir(dir);
	free(dir);
	return 0;
}

void fixture_write(const char *dir, const char *name, const char *text, unsigned int mode)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

void fixture_remove(const char *dir, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(unlink(path), 0);
}

void fixture_key(const char *dir, const char *name)
{
	char path[PATH_MAX], err[256];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	assert_int_equal(sign_key_generate(path, err, sizeof(err)), 0);
}

void fixture_cert(const char *dir, const char *name, const char *dns)
{
	char file[NAME_MAX];
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(
		gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA,
					     GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0),
		0);
	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	gnutls_x509_crt_set_version(crt, 3);
	gnutls_x509_crt_set_serial(crt, "\x01", 1);
	gnutls_x509_crt_set_activation_time(crt, time(NULL) - 3600);
	gnutls_x509_crt_set_expiration_time(crt, time(NULL) + 86400);
	gnutls_x509_crt_set_key(crt, key);
	gnutls_x509_crt_set_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, dns,
				      (unsigned int)strlen(dns));
	gnutls_x509_crt_set_subject_alt_name(crt, GNUTLS_SAN_DNSNAME, dns,
					     (unsigned int)strlen(dns), GNUTLS_FSAN_SET);
	gnutls_x509_crt_set_basic_constraints(crt, 1, -1);
	assert_int_equal(gnutls_x509_crt_sign2(crt, crt, key, GNUTLS_DIG_SHA256, 0), 0);

	assert_int_equal(gnutls_x509_crt_export2(crt, GNUTLS_X509_FMT_PEM, &pem), 0);
	snprintf(file, sizeof(file), "%s.crt", name);
	fixture_write(dir, file, (char *)pem.data, 0644);
	gnutls_free(pem.data);
	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL,
							   GNUTLS_PKCS_PLAIN, &pem),
			 0);
	snprintf(file, sizeof(file), "%s.key", name);
	fixture_write(dir, file, (char *)pem.data, 0600);
	gnutls_free(pem.data);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

void fixture_dsa(const char *dir, const char *name)
{
	gnutls_x509_privkey_t key = dsa_key(&dsa_groups[0], false);
	char file[NAME_MAX];
	gnutls_datum_t pem;

	assert_int_equal(gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem), 0);
	snprintf(file, sizeof(file), "%s.key", name);
	fixture_write(dir, file, (char *)pem.data, 0600);
	gnutls_free(pem.data);
	gnutls_x509_privkey_deinit(key);
}

static gnutls_datum_t read_file(const char *dir, const char *name, const char *suffix)
{
	char path[PATH_MAX];
	gnutls_datum_t text;

	snprintf(path, sizeof(path), "%s/%s%s", dir, name, suffix);
	assert_int_equal(gnutls_load_file(path, &text), 0);
	return text;
}

void fixture_crl(const char *dir, const char *ca, const char *file)
{
	gnutls_datum_t crt_text = read_file(dir, ca, ".crt"), key_text = read_file(dir, ca, ".key"), pem;
	gnutls_x509_privkey_t key;
	gnutls_x509_crt_t crt;
	gnutls_x509_crl_t crl;

	assert_int_equal(gnutls_x509_crt_init(&crt), 0);
	assert_int_equal(gnutls_x509_crt_import(crt, &crt_text, GNUTLS_X509_FMT_PEM), 0);
	assert_int_equal(gnutls_x509_privkey_init(&key), 0);
	assert_int_equal(gnutls_x509_privkey_import2(key, &key_text, GNUTLS_X509_FMT_PEM, NULL, 0), 0);
	assert_int_equal(gnutls_x509_crl_init(&crl), 0);
	gnutls_x509_crl_set_version(crl, 2);
	gnutls_x509_crl_set_this_update(crl, time(NULL) - 60);
	gnutls_x509_crl_set_next_update(crl, time(NULL) + 3600);
	gnutls_x509_crl_set_number(crl, "\x01", 1);
	assert_int_equal(gnutls_x509_crl_sign2(crl, crt, key, GNUTLS_DIG_SHA256, 0), 0);
	assert_int_equal(gnutls_x509_crl_export2(crl, GNUTLS_X509_FMT_PEM, &pem), 0);
	fixture_write(dir, file, (char *)pem.data, 0644);
	gnutls_free(pem.data);
	gnutls_free(crt_text.data);
	gnutls_free(key_text.data);
	gnutls_x509_crl_deinit(crl);
	gnutls_x509_crt_deinit(crt);
	gnutls_x509_privkey_deinit(key);
}

static void show(const struct conf_errors *errors)
{
	for (unsigned int i = 0; i < errors->n && i < 32; i++)
		print_message("%s:%u: %s\n", errors->e[i].file, errors->e[i].line,
			      errors->e[i].text);
}

struct conf_conn *fixture_accept(const char *dir, const char *text)
{
	static struct conf_errors errors;
	struct conf_conn *c;

	if (conf_load_text("office", dir, KW_SPAN(text, strlen(text)), &c, &errors)) {
		show(&errors);
		fail_msg("refused: %s", text);
	}
	assert_non_null(c);
	return c;
}

bool fixture_complains(const struct conf_errors *errors, const char *file, unsigned int line,
		       const char *part)
{
	for (unsigned int i = 0; i < errors->n && i < 32; i++)
		if ((!file || strstr(errors->e[i].file, file)) &&
		    (!line || errors->e[i].line == line) && strstr(errors->e[i].text, part))
			return true;
	show(errors);
	return false;
}

void fixture_refuse(const char *dir, const char *text, unsigned int line, const char *part)
{
	static struct conf_errors errors;
	struct conf_conn *c;

	if (conf_load_text("office", dir, KW_SPAN(text, strlen(text)), &c, &errors) == 0) {
		conf_conn_free(c);
		fail_msg("accepted, although %s: %s", part, text);
	}
	assert_null(c);
	if (errors.n != 1 || errors.e[0].line != line || !strstr(errors.e[0].text, part)) {
		show(&errors);
		fail_msg("not \"%u: ... %s ...\" for: %s", line, part, text);
	}
}
