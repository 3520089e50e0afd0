// SPDX-License-Identifier: GPL-2.0
/*
 * Certificate revocation lists, and where certificates say that their status is published.
 *
 * GnuTLS parses and verifies. Of a list that it has parsed only the DER and a sorted table of serial numbers
 * are kept: GnuTLS takes about 1 KiB for each entry.
 *
 * Lists of a part of the certificates, of other issuers' and of changes alone (RFC 5280 §5.2.4, §5.2.5) have
 * a critical extension, and like every list with one are not used (§5.2).
 *
 * RFCs: 5280 §4.2.1.13, §4.2.2.1, §5, §6.3.
 */
#include "crypto/revoke.h"

#include "crypto/cert_lib.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SETS_LISTS_MAX 256u

struct entry {
	uint8_t len;
	uint8_t serial[CERT_SERIAL_MAX];	/* without leading zeros */
	int64_t since;
};

struct crl {
	unsigned int refs;
	gnutls_datum_t issuer;		/* DER */
	int64_t this_update, next_update;
	char number[24];		/* hex; "" = it has none */
	char *source;
	unsigned int n;
	struct entry *entry;		/* sorted */
	pthread_mutex_t lock;
	struct cert *signer;		/* whose key its signature was found to be of; one reference */
	size_t der_len;
	uint8_t der[];
};

struct crl_set {
	unsigned int refs;
	unsigned int n;
	struct crl *crl[SETS_LISTS_MAX];
};

void cert_path_drop(struct cert_path *path)
{
	while (path->n) {
		path->n--;
		cert_put(path->link[path->n].cert);
		cert_put(path->link[path->n].issuer);
	}
}

/* ---- parsing ---- */

static int compare(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->len != y->len)
		return x->len < y->len ? -1 : 1;
	return memcmp(x->serial, y->serial, x->len);
}

static bool set_serial(struct entry *e, const uint8_t *serial, size_t len)
{
	while (len && !*serial) {
		serial++;
		len--;
	}
	if (len > CERT_SERIAL_MAX)
		return false;
	memset(e->serial, 0, sizeof(e->serial));
	memcpy(e->serial, serial, len);
	e->len = (uint8_t)len;
	return true;
}

static int read_entries(struct crl *crl, gnutls_x509_crl_t lib)
{
	int count = gnutls_x509_crl_get_crt_count(lib), ret = 0;
	gnutls_x509_crl_iter_t iter = NULL;

	if (count < 0)
		return -EINVAL;
	crl->entry = calloc((size_t)count + 1, sizeof(*crl->entry));
	if (!crl->entry)
		return -ENOMEM;
	while (crl->n < (unsigned int)count) {
		uint8_t serial[CERT_SERIAL_MAX + 8];
		size_t len = sizeof(serial);
		time_t since;

		if (gnutls_x509_crl_iter_crt_serial(lib, &iter, serial, &len, &since) < 0 ||
		    !set_serial(&crl->entry[crl->n], serial, len)) {
			ret = -EINVAL;
			break;
		}
		crl->entry[crl->n++].since = since;
	}
	gnutls_x509_crl_iter_deinit(iter);
	qsort(crl->entry, crl->n, sizeof(*crl->entry), compare);
	return ret;
}

/* RFC 5280 §5.2: a list with a critical extension that is not understood says nothing of any certificate. */
static bool has_critical(gnutls_x509_crl_t lib)
{
	unsigned int critical;
	char oid[128];

	for (unsigned int i = 0;; i++) {
		size_t len = sizeof(oid);
		int ret = gnutls_x509_crl_get_extension_info(lib, i, oid, &len, &critical);

		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (ret < 0 || critical)
			return true;
	}
}

static void read_number(struct crl *crl, gnutls_x509_crl_t lib)
{
	uint8_t number[11];
	size_t len = sizeof(number);
	unsigned int critical;

	if (gnutls_x509_crl_get_number(lib, number, &len, &critical) < 0)
		return;
	for (size_t i = 0; i < len; i++)
		snprintf(crl->number + 2 * i, 3, "%02x", number[i]);
}

static int read_list(struct crl *crl, gnutls_x509_crl_t lib, char why[REVOKE_WHY])
{
	time_t t;
	int ret;

	if (gnutls_x509_crl_get_raw_issuer_dn(lib, &crl->issuer) < 0) {
		cert_say(why, REVOKE_WHY, "%s: no CRL", crl->source);
		return -EINVAL;
	}
	if (has_critical(lib)) {
		cert_say(why, REVOKE_WHY,
			 "%s: a CRL with a critical extension: of a part of the certificates, or of changes alone",
			 crl->source);
		return -EINVAL;
	}
	crl->this_update = gnutls_x509_crl_get_this_update(lib);
	t = gnutls_x509_crl_get_next_update(lib);
	crl->next_update = t == (time_t)-1 ? REVOKE_FOREVER : t;
	read_number(crl, lib);
	ret = crl->this_update == -1 ? -EINVAL : read_entries(crl, lib);
	if (ret)
		cert_say(why, REVOKE_WHY, "%s: %s", crl->source,
			 ret == -ENOMEM ? "no memory" : "a CRL with an entry that does not parse");
	return ret;
}

static int import(gnutls_x509_crl_t *lib, struct kw_span der)
{
	gnutls_datum_t in = cert_datum(der);

	if (gnutls_x509_crl_init(lib) < 0)
		return -ENOMEM;
	if (gnutls_x509_crl_import(*lib, &in, GNUTLS_X509_FMT_DER) == 0)
		return 0;
	gnutls_x509_crl_deinit(*lib);
	return -EINVAL;
}

int crl_from_der(struct crl **out, struct kw_span der, const char *source, char why[REVOKE_WHY])
{
	struct crl *crl = calloc(1, sizeof(*crl) + der.len);
	gnutls_x509_crl_t lib;
	int ret = -ENOMEM;

	if (!crl) {
		cert_say(why, REVOKE_WHY, "%s: no memory", source);
		return -ENOMEM;
	}
	crl->refs = 1;
	pthread_mutex_init(&crl->lock, NULL);
	crl->der_len = der.len;
	if (der.len)
		memcpy(crl->der, der.p, der.len);
	crl->source = strdup(source);
	if (crl->source)
		ret = import(&lib, der);
	if (ret) {
		cert_say(why, REVOKE_WHY, "%s: %s", source, ret == -ENOMEM ? "no memory" : "not a CRL");
	} else {
		ret = read_list(crl, lib, why);
		gnutls_x509_crl_deinit(lib);
	}
	if (ret)
		crl_put(crl);
	else
		*out = crl;
	return ret;
}

struct crl *crl_get(struct crl *crl)
{
	__atomic_fetch_add(&crl->refs, 1, __ATOMIC_RELAXED);
	return crl;
}

void crl_put(struct crl *crl)
{
	if (!crl || __atomic_sub_fetch(&crl->refs, 1, __ATOMIC_ACQ_REL))
		return;
	cert_put(crl->signer);
	pthread_mutex_destroy(&crl->lock);
	gnutls_free(crl->issuer.data);
	free(crl->source);
	free(crl->entry);
	free(crl);
}

size_t crl_octets(const struct crl *crl)
{
	return sizeof(*crl) + crl->der_len + crl->n * sizeof(*crl->entry);
}

int64_t crl_next_update(const struct crl *crl)
{
	return crl->next_update;
}

/* ---- whose it is, and what it says ---- */

static bool is_of(const struct crl *crl, const struct cert *issuer)
{
	return dn_equal(KW_SPAN(crl->issuer.data, crl->issuer.size), cert_subject_der(issuer));
}

static bool verify(const struct crl *crl, const struct cert *issuer)
{
	gnutls_sign_algorithm_t algorithm;
	unsigned int status = 0;
	gnutls_x509_crl_t lib;
	bool good;

	if (import(&lib, KW_SPAN(crl->der, crl->der_len)))
		return false;
	/* Of when it was made: that it is current is_current() sees, and says so. */
	cert_clock_set(crl->this_update);
	good = gnutls_x509_crl_verify(lib, &issuer->lib, 1, CERT_VERIFY_FLAGS, &status) >= 0 && !status;
	cert_clock_stop();
	/* Of lists, GnuTLS still takes those with SHA-1. */
	algorithm = (gnutls_sign_algorithm_t)gnutls_x509_crl_get_signature_algorithm(lib);
	good = good && gnutls_sign_is_secure2(algorithm, GNUTLS_SIGN_FLAG_SECURE_FOR_CERTS);
	gnutls_x509_crl_deinit(lib);
	return good;
}

/* Once for each issuer: a list may be long. */
static bool is_signed_by(struct crl *crl, struct cert *issuer)
{
	struct cert *was = NULL;
	bool known;

	pthread_mutex_lock(&crl->lock);
	known = crl->signer && kw_span_equal(cert_der(crl->signer), cert_der(issuer));
	pthread_mutex_unlock(&crl->lock);
	if (known)
		return true;
	if (!verify(crl, issuer))
		return false;
	pthread_mutex_lock(&crl->lock);
	was = crl->signer;
	crl->signer = cert_get(issuer);
	pthread_mutex_unlock(&crl->lock);
	cert_put(was);
	return true;
}

/* "CRL 07 of CN=CA (/etc/keyway/ca.crl)" */
static const char *name_of(const struct crl *crl, char buf[REVOKE_WHY])
{
	char issuer[CERT_DN_STRLEN];

	dn_print(KW_SPAN(crl->issuer.data, crl->issuer.size), issuer, sizeof(issuer));
	cert_say(buf, REVOKE_WHY, "CRL%s%s of %.100s (%.140s)", crl->number[0] ? " " : "", crl->number, issuer,
		 crl->source);
	return buf;
}

static bool is_authentic(struct crl *crl, const struct cert_link *l, char why[REVOKE_WHY])
{
	char name[REVOKE_WHY];

	if (!is_of(crl, l->issuer))
		cert_say(why, REVOKE_WHY, "the %s is of another issuer", name_of(crl, name));
	else if (!is_signed_by(crl, l->issuer))
		cert_say(why, REVOKE_WHY, "the %s is not signed by its issuer", name_of(crl, name));
	else
		return true;
	return false;
}

static bool is_current(const struct crl *crl, int64_t now, char why[REVOKE_WHY])
{
	char name[REVOKE_WHY], when[32];

	if (now > crl->next_update)
		cert_say(why, REVOKE_WHY, "the %s expired on %s", name_of(crl, name),
			 cert_time_print(when, crl->next_update));
	else if (now < crl->this_update)
		cert_say(why, REVOKE_WHY, "the %s is from the future: %s", name_of(crl, name),
			 cert_time_print(when, crl->this_update));
	else
		return true;
	return false;
}

bool crl_is_good(struct crl *crl, const struct cert_link *l, int64_t unix_now, char why[REVOKE_WHY])
{
	return is_authentic(crl, l, why) && is_current(crl, unix_now, why);
}

static const struct entry *find(const struct crl *crl, const struct cert *cert)
{
	uint8_t serial[CERT_SERIAL_MAX + 8];
	size_t len = sizeof(serial);
	struct entry key;

	if (gnutls_x509_crt_get_serial(cert->lib, serial, &len) < 0 || !set_serial(&key, serial, len))
		return NULL;
	return bsearch(&key, crl->entry, crl->n, sizeof(key), compare);
}

enum revoke_status crl_look(struct crl *crl, const struct cert_link *l, int64_t unix_now, char why[REVOKE_WHY])
{
	char name[REVOKE_WHY], when[32], what[REVOKE_WHY];
	const struct entry *e;

	if (!is_authentic(crl, l, why))
		return REVOKE_UNKNOWN;
	e = find(crl, l->cert);
	if (!e)
		return is_current(crl, unix_now, why) ? REVOKE_GOOD : REVOKE_UNKNOWN;
	cert_say(why, REVOKE_WHY, "certificate %s is revoked since %s: %s",
		 cert_print(l->cert, what, sizeof(what)), cert_time_print(when, e->since), name_of(crl, name));
	return REVOKE_REVOKED;
}

/* ---- out of files ---- */

int crl_set_new(struct crl_set **set)
{
	*set = calloc(1, sizeof(**set));
	if (!*set)
		return -ENOMEM;
	(*set)->refs = 1;
	return 0;
}

static int add(struct crl_set *set, struct kw_span der, const char *path, char why[REVOKE_WHY])
{
	int ret;

	if (set->n == SETS_LISTS_MAX) {
		cert_say(why, REVOKE_WHY, "%s: more than %u CRLs", path, SETS_LISTS_MAX);
		return -E2BIG;
	}
	ret = crl_from_der(&set->crl[set->n], der, path, why);
	set->n += !ret;
	return ret;
}

static int add_pem(struct crl_set *set, gnutls_x509_crl_t *list, unsigned int n, const char *path,
		   char why[REVOKE_WHY])
{
	int ret = 0;

	for (unsigned int i = 0; i < n; i++) {
		gnutls_datum_t der = { 0 };

		if (!ret && gnutls_x509_crl_export2(list[i], GNUTLS_X509_FMT_DER, &der) < 0)
			ret = -ENOMEM;
		if (!ret)
			ret = add(set, KW_SPAN(der.data, der.size), path, why);
		gnutls_free(der.data);
		gnutls_x509_crl_deinit(list[i]);
	}
	gnutls_free(list);
	return ret;
}

int crl_set_load(struct crl_set *set, const char *path, char why[REVOKE_WHY])
{
	gnutls_datum_t file = { 0 };
	gnutls_x509_crl_t *list;
	unsigned int n;
	int ret;

	errno = 0;
	if (gnutls_load_file(path, &file) < 0) {
		ret = errno ? -errno : -EIO;
		cert_say(why, REVOKE_WHY, "%s: %s", path, strerror(-ret));
		return ret;
	}
	if (gnutls_x509_crl_list_import2(&list, &n, &file, GNUTLS_X509_FMT_PEM, 0) >= 0)
		ret = add_pem(set, list, n, path, why);
	else
		ret = add(set, KW_SPAN(file.data, file.size), path, why);
	gnutls_free(file.data);
	return ret;
}

unsigned int crl_set_count(const struct crl_set *set)
{
	return set->n;
}

struct crl_set *crl_set_get(struct crl_set *set)
{
	if (set)
		__atomic_fetch_add(&set->refs, 1, __ATOMIC_RELAXED);
	return set;
}

void crl_set_put(struct crl_set *set)
{
	if (!set || __atomic_sub_fetch(&set->refs, 1, __ATOMIC_ACQ_REL))
		return;
	while (set->n)
		crl_put(set->crl[--set->n]);
	free(set);
}

enum revoke_status crl_set_look(struct crl_set *set, const struct cert_link *l, int64_t unix_now,
				char why[REVOKE_WHY])
{
	enum revoke_status best = REVOKE_UNKNOWN;
	char issuer[CERT_DN_STRLEN];

	cert_say(why, REVOKE_WHY, "there is no CRL of %.100s",
		 cert_subject_print(l->issuer, issuer, sizeof(issuer)));
	for (unsigned int i = 0; set && i < set->n && best != REVOKE_REVOKED; i++) {
		enum revoke_status s;
		char said[REVOKE_WHY] = "";

		if (!is_of(set->crl[i], l->issuer))
			continue;
		s = crl_look(set->crl[i], l, unix_now, said);
		if (s == REVOKE_UNKNOWN && best == REVOKE_GOOD)
			continue;
		best = s;
		cert_say(why, REVOKE_WHY, "%s", said);
	}
	return best;
}

/* ---- where to ask ---- */

static bool take_url(const gnutls_datum_t *uri, char url[REVOKE_URL_MAX])
{
	if (uri->size >= REVOKE_URL_MAX || uri->size < 8 || strncasecmp((const char *)uri->data, "http://", 7) != 0)
		return false;
	for (unsigned int i = 0; i < uri->size; i++)
		if (uri->data[i] <= ' ' || uri->data[i] >= 0x7f)
			return false;
	memcpy(url, uri->data, uri->size);
	url[uri->size] = '\0';
	return true;
}

static int ocsp_uri(const struct cert *cert, unsigned int i, gnutls_datum_t *uri)
{
	return gnutls_x509_crt_get_authority_info_access(cert->lib, i, GNUTLS_IA_OCSP_URI, uri, NULL);
}

/* Of lists with certain reasons alone, or by another issuer, GnuTLS tells the address like that of others: such a
 * list is refused when it comes.
 */
static int crl_uri(const struct cert *cert, unsigned int i, gnutls_datum_t *uri)
{
	char name[REVOKE_URL_MAX];
	size_t len = sizeof(name);
	unsigned int reasons, critical;
	int ret = gnutls_x509_crt_get_crl_dist_points(cert->lib, i, name, &len, &reasons, &critical);

	if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
		len = 0;
	else if (ret < 0)
		return ret;
	uri->data = gnutls_malloc(len + 1);
	uri->size = (unsigned int)len;
	if (!uri->data)
		return GNUTLS_E_MEMORY_ERROR;
	memcpy(uri->data, name, len);
	return 0;
}

bool cert_revoke_url(const struct cert *cert, enum revoke_source source, unsigned int at,
		     char url[REVOKE_URL_MAX])
{
	for (unsigned int i = 0; i < 32; i++) {
		gnutls_datum_t uri = { 0 };
		int ret = source == REVOKE_BY_OCSP ? ocsp_uri(cert, i, &uri) : crl_uri(cert, i, &uri);
		bool usable = ret >= 0 && take_url(&uri, url);

		gnutls_free(uri.data);
		/* Another kind of access stands in between, or the list is over. */
		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return false;
		if (usable && !at--)
			return true;
	}
	return false;
}
