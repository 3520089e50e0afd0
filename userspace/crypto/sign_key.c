// SPDX-License-Identifier: GPL-2.0
/*
 * Private keys: out of files, made new, or in tokens.
 *
 * One out of a file is kept as PKCS#8 in secret memory and becomes a GnuTLS object for one signature, or one session
 * of tls.c, only; so any number of workers may sign with it at once.
 *
 * One in a token is opened for each signature likewise, but a session of it is held from the start: PKCS#11 keeps a
 * process logged in while it has one. SoftHSM writes files at a login, which the daemon cannot once it is confined.
 */
#include "crypto/rand.h"
#include "crypto/sign_lib.h"

#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Wipes what GnuTLS allocated for a private key. */
static void free_datum(gnutls_datum_t *d)
{
	if (d->data)
		kw_wipe(d->data, d->size);
	gnutls_free(d->data);
	*d = (gnutls_datum_t){ 0 };
}

static void say(char *err, size_t err_len, const char *path, const char *what)
{
	snprintf(err, err_len, "%s: %s", path, what);
}

static int read_all(int fd, struct kw_secret *s)
{
	size_t done = 0;

	while (done < s->len) {
		ssize_t n = read(fd, s->p + done, s->len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		done += (size_t)n;
	}
	return 0;
}

static int read_secret_file(struct kw_secret *s, const char *path, char *err, size_t err_len)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	int ret;

	if (fd < 0 || fstat(fd, &st) < 0) {
		ret = -errno;
	} else if (!S_ISREG(st.st_mode) || st.st_size == 0 || st.st_size > KW_SECRET_MAX) {
		say(err, err_len, path, "not a private key");
		close(fd);
		return -EINVAL;
	} else {
		ret = kw_secret_new(s, (size_t)st.st_size);
		if (ret == 0)
			ret = read_all(fd, s);
	}
	if (fd >= 0)
		close(fd);
	if (ret) {
		kw_secret_drop(s);
		say(err, err_len, path, strerror(-ret));
	}
	return ret;
}

/* Sets key->pkcs8 and key->pub from whatever form the file has. 0, or -errno with the reason. */
static int sign_key_import(struct sign_key *key, struct kw_span file, const char **why)
{
	gnutls_datum_t in = sign_datum(file), pkcs8 = { 0 };
	gnutls_x509_privkey_t lib;
	int err, ret;

	if (gnutls_x509_privkey_init(&lib) < 0)
		return -ENOMEM;
	err = gnutls_x509_privkey_import2(lib, &in, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (err < 0 && err != GNUTLS_E_DECRYPTION_FAILED)
		err = gnutls_x509_privkey_import2(lib, &in, GNUTLS_X509_FMT_DER, NULL, 0);
	if (err >= 0)
		err = gnutls_x509_privkey_verify_params(lib);
	if (err >= 0)
		err = gnutls_x509_privkey_export2_pkcs8(lib, GNUTLS_X509_FMT_DER, NULL,
							GNUTLS_PKCS_PLAIN, &pkcs8);
	gnutls_x509_privkey_deinit(lib);
	if (err == GNUTLS_E_DECRYPTION_FAILED) {
		*why = "is encrypted; keyway reads unencrypted private keys";
		return -EKEYREJECTED;
	}
	if (err < 0) {
		*why = "not a private key";
		return -EINVAL;
	}
	ret = kw_secret_copy(&key->pkcs8, KW_SPAN(pkcs8.data, pkcs8.size));
	free_datum(&pkcs8);
	if (ret)
		*why = strerror(-ret);
	return ret;
}

int sign_key_open(const struct sign_key *key, gnutls_privkey_t *lib)
{
	gnutls_datum_t der = sign_datum(kw_secret_expose(&key->pkcs8));

	if (key->url)
		return pkcs11_open(key->url, &key->pin, lib) ? -EIO : 0;
	if (gnutls_privkey_init(lib) < 0)
		return -EIO;
	if (gnutls_privkey_import_x509_raw(*lib, &der, GNUTLS_X509_FMT_DER, NULL,
					   GNUTLS_PKCS_PLAIN) < 0) {
		gnutls_privkey_deinit(*lib);
		return -EIO;
	}
	return 0;
}

static int derive_public(const struct sign_key *key, struct verify_key **pub)
{
	gnutls_privkey_t priv;
	gnutls_pubkey_t lib;
	int err;

	if (sign_key_open(key, &priv))
		return -EIO;
	if (gnutls_pubkey_init(&lib) < 0) {
		gnutls_privkey_deinit(priv);
		return -ENOMEM;
	}
	err = gnutls_pubkey_import_privkey(lib, priv, 0, 0);
	gnutls_privkey_deinit(priv);
	if (err < 0) {
		gnutls_pubkey_deinit(lib);
		/* Not every token tells it by the private one. */
		if (!key->url || pkcs11_open_public(key->url, &key->pin, &lib))
			return -EINVAL;
	}
	return verify_key_wrap(pub, lib);
}

static int sign_key_check(struct sign_key *key, const char **why)
{
	int ret = derive_public(key, &key->pub);

	if (ret) {
		*why = "a kind of private key that IKE has no signature for";
		return ret;
	}
	if (key->pub->kind == KEY_RSA &&
	    (key->pub->bits < RSA_MIN_BITS || key->pub->bits > RSA_MAX_BITS)) {
		*why = "RSA keys must have 2048 to 8192 bits";
		return -EKEYREJECTED;
	}
	return 0;
}

int sign_key_load(struct sign_key **key, const char *path, char *err, size_t err_len)
{
	struct kw_secret file = { 0 };
	const char *why = "no memory";
	struct sign_key *made;
	int ret;

	ret = read_secret_file(&file, path, err, err_len);
	if (ret)
		return ret;
	made = calloc(1, sizeof(*made));
	ret = made ? sign_key_import(made, kw_secret_expose(&file), &why) : -ENOMEM;
	if (ret == 0)
		ret = sign_key_check(made, &why);
	kw_secret_drop(&file);
	if (ret) {
		say(err, err_len, path, why);
		sign_key_free(made);
		return ret;
	}
	*key = made;
	return 0;
}

/* A PIN in the URL would be told to whoever is told the URL. */
static bool is_token_url(const char *url)
{
	return strncmp(url, "pkcs11:", 7) == 0 && !strstr(url, "pin-value") && !strstr(url, "pin-source");
}

int sign_key_in_token(struct sign_key **key, const char *url, struct kw_secret *pin, char *err, size_t err_len)
{
	struct sign_key *made = calloc(1, sizeof(*made));
	const char *why = "no memory";
	int ret = -ENOMEM;

	if (made && is_token_url(url)) {
		kw_secret_move(&made->pin, pin);
		made->url = strdup(url);
	} else if (made) {
		why = "not the URL of a key in a token (the PIN does not belong into it)";
		ret = -EINVAL;
	}
	if (made && made->url) {
		int e = pkcs11_open(url, &made->pin, &made->session);

		why = e ? gnutls_strerror(e) : why;
		ret = e ? -EIO : sign_key_check(made, &why);
	}
	if (ret) {
		say(err, err_len, url, why);
		sign_key_free(made);
		return ret;
	}
	*key = made;
	return 0;
}

/* A new Ed25519 key as PKCS#8 PEM. The seed comes from rand.c, as all randomness of the daemon does. */
static int make_ed25519_pem(gnutls_datum_t *pem)
{
	struct kw_secret seed = { 0 }, pair = { 0 };
	uint8_t pub[crypto_sign_PUBLICKEYBYTES];
	gnutls_datum_t x = { .data = pub, .size = sizeof(pub) }, k;
	gnutls_x509_privkey_t lib;
	int err, ret;

	ret = kw_secret_new(&seed, crypto_sign_SEEDBYTES);
	if (ret == 0)
		ret = kw_secret_new(&pair, crypto_sign_SECRETKEYBYTES);
	if (ret == 0 && gnutls_x509_privkey_init(&lib) < 0)
		ret = -ENOMEM;
	if (ret == 0) {
		rand_bytes(seed.p, seed.len);
		crypto_sign_seed_keypair(pub, pair.p, seed.p);
		k = sign_datum(kw_secret_expose(&seed));
		err = gnutls_x509_privkey_import_ecc_raw(lib, GNUTLS_ECC_CURVE_ED25519, &x, NULL, &k);
		if (err >= 0)
			err = gnutls_x509_privkey_export2_pkcs8(lib, GNUTLS_X509_FMT_PEM, NULL,
								GNUTLS_PKCS_PLAIN, pem);
		gnutls_x509_privkey_deinit(lib);
		ret = err < 0 ? -EIO : 0;
	}
	kw_secret_drop(&seed);
	kw_secret_drop(&pair);
	return ret;
}

static int write_all(int fd, const uint8_t *p, size_t n)
{
	while (n) {
		ssize_t did = write(fd, p, n);

		if (did < 0 && errno == EINTR)
			continue;
		if (did < 0)
			return -errno;
		p += did;
		n -= (size_t)did;
	}
	return fsync(fd) < 0 ? -errno : 0;
}

int sign_key_generate(const char *path, char *err, size_t err_len)
{
	gnutls_datum_t pem = { 0 };
	int fd, ret;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0) {
		ret = -errno;
		say(err, err_len, path, strerror(-ret));
		return ret;
	}
	ret = make_ed25519_pem(&pem);
	if (ret == 0)
		ret = write_all(fd, pem.data, pem.size);
	free_datum(&pem);
	if (close(fd) < 0 && ret == 0)
		ret = -errno;
	if (ret) {
		unlink(path);
		say(err, err_len, path, strerror(-ret));
	}
	return ret;
}

enum key_kind sign_key_kind(const struct sign_key *key)
{
	return key->pub->kind;
}

int sign_key_public(const struct sign_key *key, struct verify_key **pub)
{
	return verify_key_from_spki(pub, KW_SPAN(key->pub->spki.data, key->pub->spki.size));
}

void sign_key_free(struct sign_key *key)
{
	if (!key)
		return;
	kw_secret_drop(&key->pkcs8);
	kw_secret_drop(&key->pin);
	if (key->session)
		gnutls_privkey_deinit(key->session);
	free(key->url);
	verify_key_free(key->pub);
	free(key);
}
