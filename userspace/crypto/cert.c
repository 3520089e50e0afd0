// SPDX-License-Identifier: GPL-2.0
/*
 * X.509: chains, validity, names as identities.
 *
 * RFCs: 5280 (path validation, by GnuTLS), 4945 (IKE/IPsec profile), 7296 §3.6-3.7.
 *
 * GnuTLS takes the time from one process-wide function and reports a failing certificate to a callback
 * without context. Both find the verification they belong to in a thread-local pointer, so several
 * workers may verify at once, each at its own time.
 */
#include "crypto/cert.h"

#include "crypto/cert_lib.h"
#include "lib/addr.h"

#include <errno.h>
#include <gnutls/abstract.h>
#include <gnutls/x509-ext.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define CHAIN_MAX CERT_PATH_MAX
#define SPKI_HASH_LEN 20
#define DN_STRLEN CERT_DN_STRLEN

#define OID_EKU_SERVER_AUTH	GNUTLS_KP_TLS_WWW_SERVER
#define OID_EKU_CLIENT_AUTH	GNUTLS_KP_TLS_WWW_CLIENT
#define OID_EKU_IPSEC_IKE	"1.3.6.1.5.5.7.3.17"
#define OID_EKU_ANY		GNUTLS_KP_ANY
#define OID_SUBJECT_ALT_NAME	"2.5.29.17"

/* Identification types of RFC 7296 §3.5 that a certificate can bear; the codec's list stands above us. */
enum { ID_IPV4 = 1, ID_FQDN = 2, ID_RFC822 = 3, ID_IPV6 = 5, ID_DN = 9 };

struct cert_store {
	gnutls_x509_trust_list_t lib;
	struct cert **ca;		/* one reference each */
	uint8_t *hashes;		/* SPKI_HASH_LEN octets each */
	unsigned int count;
	enum revoke_mode mode;
	pthread_mutex_t lock;		/* for crls */
	struct crl_set *crls;		/* one reference; NULL: none */
};

#define datum cert_datum
#define say cert_say

void cert_say(char *buf, size_t n, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(buf, n, fmt, ap);
	va_end(ap);
}

/* One certificate. */

int cert_from_der(struct cert **cert, struct kw_span der)
{
	struct cert *made = calloc(1, sizeof(*made) + der.len);
	size_t hash_len = SPKI_HASH_LEN;
	gnutls_datum_t in;

	if (!made)
		return -ENOMEM;
	made->refs = 1;
	made->der_len = der.len;
	if (der.len)
		memcpy(made->der, der.p, der.len);
	in = datum(cert_der(made));
	if (gnutls_x509_crt_init(&made->lib) < 0 ||
	    gnutls_x509_crt_import(made->lib, &in, GNUTLS_X509_FMT_DER) < 0 ||
	    gnutls_x509_crt_get_raw_dn(made->lib, &made->subject) < 0 ||
	    gnutls_x509_crt_get_key_id(made->lib, GNUTLS_KEYID_USE_SHA1, made->spki_sha1, &hash_len) < 0) {
		cert_put(made);
		return -EINVAL;
	}
	*cert = made;
	return 0;
}

struct cert *cert_get(struct cert *cert)
{
	__atomic_fetch_add(&cert->refs, 1, __ATOMIC_RELAXED);
	return cert;
}

void cert_put(struct cert *cert)
{
	if (!cert || __atomic_sub_fetch(&cert->refs, 1, __ATOMIC_ACQ_REL))
		return;
	if (cert->lib)
		gnutls_x509_crt_deinit(cert->lib);
	gnutls_free(cert->subject.data);
	free(cert);
}

struct kw_span cert_der(const struct cert *cert)
{
	return KW_SPAN(cert->der, cert->der_len);
}

struct kw_span cert_subject_der(const struct cert *cert)
{
	return KW_SPAN(cert->subject.data, cert->subject.size);
}

char *cert_subject_print(const struct cert *cert, char *buf, size_t n)
{
	return dn_print(cert_subject_der(cert), buf, n);
}

char *cert_print(const struct cert *cert, char *buf, size_t n)
{
	char subject[DN_STRLEN], hex[2 * CERT_SERIAL_MAX + 1] = "";
	uint8_t serial[CERT_SERIAL_MAX];
	size_t len = sizeof(serial);

	if (gnutls_x509_crt_get_serial(cert->lib, serial, &len) == 0)
		for (size_t i = 0; i < len; i++)
			snprintf(hex + 2 * i, 3, "%02x", serial[i]);
	say(buf, n, "%.100s (serial %s)", cert_subject_print(cert, subject, sizeof(subject)), hex);
	return buf;
}

int cert_public_key(const struct cert *cert, struct verify_key **key)
{
	gnutls_datum_t spki = { 0 };
	gnutls_pubkey_t lib;
	int ret = -EINVAL;

	if (gnutls_pubkey_init(&lib) < 0)
		return -ENOMEM;
	if (gnutls_pubkey_import_x509(lib, cert->lib, 0) == 0 &&
	    gnutls_pubkey_export2(lib, GNUTLS_X509_FMT_DER, &spki) == 0)
		ret = verify_key_from_spki(key, KW_SPAN(spki.data, spki.size));
	gnutls_free(spki.data);
	gnutls_pubkey_deinit(lib);
	return ret;
}

bool cert_matches_key(const struct cert *cert, const struct sign_key *key)
{
	struct verify_key *ours = NULL, *theirs = NULL;
	bool same;

	same = sign_key_public(key, &ours) == 0 && cert_public_key(cert, &theirs) == 0 &&
	       verify_key_equal(ours, theirs);
	verify_key_free(ours);
	verify_key_free(theirs);
	return same;
}

void cert_spki_sha1(const struct cert *cert, uint8_t out[20])
{
	memcpy(out, cert->spki_sha1, SPKI_HASH_LEN);
}

/* Files. */

static int cert_from_lib(struct cert **cert, gnutls_x509_crt_t lib)
{
	gnutls_datum_t der = { 0 };
	int ret;

	if (gnutls_x509_crt_export2(lib, GNUTLS_X509_FMT_DER, &der) < 0)
		return -ENOMEM;
	ret = cert_from_der(cert, KW_SPAN(der.data, der.size));
	gnutls_free(der.data);
	return ret;
}

/* How many certificates of a PEM bundle now stand in certs[], or -errno (then none does). */
static int certs_from_pem(const gnutls_datum_t *file, struct cert **certs, unsigned int max)
{
	gnutls_x509_crt_t *list;
	unsigned int n, made = 0;
	int ret = 0;

	if (gnutls_x509_crt_list_import2(&list, &n, file, GNUTLS_X509_FMT_PEM, 0) < 0)
		return -EINVAL;
	if (n > max)
		ret = -E2BIG;
	while (ret == 0 && made < n) {
		ret = cert_from_lib(&certs[made], list[made]);
		made += ret == 0;
	}
	for (unsigned int i = 0; i < n; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
	while (ret && made)
		cert_put(certs[--made]);
	return ret ? ret : (int)made;
}

int cert_load(const char *path, struct cert **certs, unsigned int max, char *err, size_t err_len)
{
	gnutls_datum_t file = { 0 };
	int ret;

	errno = 0;
	if (gnutls_load_file(path, &file) < 0) {
		ret = errno ? -errno : -EIO;
		say(err, err_len, "%s: %s", path, strerror(-ret));
		return ret;
	}
	ret = certs_from_pem(&file, certs, max);
	if (ret == -EINVAL && max && cert_from_der(&certs[0], KW_SPAN(file.data, file.size)) == 0)
		ret = 1;
	gnutls_free(file.data);
	if (ret == -E2BIG)
		say(err, err_len, "%s: more than %u certificates", path, max);
	else if (ret < 0)
		say(err, err_len, "%s: not a certificate", path);
	return ret;
}

/* The store. */

int cert_store_new(struct cert_store **store)
{
	struct cert_store *made = calloc(1, sizeof(*made));

	if (!made)
		return -ENOMEM;
	if (gnutls_x509_trust_list_init(&made->lib, 0) < 0) {
		free(made);
		return -ENOMEM;
	}
	pthread_mutex_init(&made->lock, NULL);
	*store = made;
	return 0;
}

int cert_store_add(struct cert_store *store, struct cert *ca)
{
	unsigned int n = store->count;
	struct cert **list;
	uint8_t *hashes;

	for (unsigned int i = 0; i < n; i++) {
		if (kw_span_equal(cert_der(store->ca[i]), cert_der(ca)))
			return 0;
	}
	list = reallocarray(store->ca, n + 1, sizeof(*list));
	if (!list)
		return -ENOMEM;
	store->ca = list;
	hashes = reallocarray(store->hashes, n + 1, SPKI_HASH_LEN);
	if (!hashes)
		return -ENOMEM;
	store->hashes = hashes;
	/* The list borrows the GnuTLS object; our reference keeps it as long as the list. */
	if (gnutls_x509_trust_list_add_cas(store->lib, &ca->lib, 1, 0) != 1)
		return -ENOMEM;
	list[n] = cert_get(ca);
	cert_spki_sha1(ca, hashes + (size_t)n * SPKI_HASH_LEN);
	store->count = n + 1;
	return 0;
}

void cert_store_free(struct cert_store *store)
{
	if (!store)
		return;
	gnutls_x509_trust_list_deinit(store->lib, 0);
	for (unsigned int i = 0; i < store->count; i++)
		cert_put(store->ca[i]);	/* cert_get() of cert_store_add() */
	crl_set_put(store->crls);
	pthread_mutex_destroy(&store->lock);
	free(store->ca);
	free(store->hashes);
	free(store);
}

void cert_store_set_revoke(struct cert_store *store, enum revoke_mode mode)
{
	store->mode = mode;
}

enum revoke_mode cert_store_revoke(const struct cert_store *store)
{
	return store->mode;
}

void cert_store_set_crls(struct cert_store *store, struct crl_set *crls)
{
	struct crl_set *was;

	pthread_mutex_lock(&store->lock);
	was = store->crls;
	store->crls = crl_set_get(crls);
	pthread_mutex_unlock(&store->lock);
	crl_set_put(was);
}

struct crl_set *cert_store_crls(struct cert_store *store)
{
	struct crl_set *crls;

	pthread_mutex_lock(&store->lock);
	crls = crl_set_get(store->crls);
	pthread_mutex_unlock(&store->lock);
	return crls;
}

unsigned int cert_store_count(const struct cert_store *store)
{
	return store->count;
}

struct kw_span cert_store_hashes(const struct cert_store *store)
{
	return KW_SPAN(store->hashes, (size_t)store->count * SPKI_HASH_LEN);
}

/* Path validation. */

/* What the callback finds out. One per cert_verify(), on its stack. */
struct verification {
	time_t now;
	unsigned int status;		/* of the first certificate that failed */
	char subject[DN_STRLEN];	/* its name, or its issuer's when that one's time is wrong */
	char issuer[DN_STRLEN];
	time_t from, until;		/* of the one in subject */
	/* What was found to be signed by what. */
	struct pair {
		gnutls_x509_crt_t cert, issuer;
	} pair[4 * CHAIN_MAX];
	unsigned int n_pair;
};

static __thread struct verification *running;

static __thread bool clock_is_set;
static __thread time_t clock_now;

static time_t verification_time(time_t *t)
{
	time_t now = clock_is_set ? clock_now : time(NULL);

	if (t)
		*t = now;
	return now;
}

static void install_clock(void)
{
	gnutls_global_set_time_function(verification_time);
}

void cert_clock_set(int64_t unix_now)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, install_clock);
	clock_now = unix_now;
	clock_is_set = true;
}

void cert_clock_stop(void)
{
	clock_is_set = false;
}

static void lib_dn_print(char *buf, gnutls_x509_crt_t cert, int (*get)(gnutls_x509_crt_t, gnutls_datum_t *))
{
	gnutls_datum_t dn = { 0 };

	buf[0] = '\0';
	if (get(cert, &dn) == 0)
		dn_print(KW_SPAN(dn.data, dn.size), buf, DN_STRLEN);
	gnutls_free(dn.data);
}

static bool out_of_time(gnutls_x509_crt_t cert, time_t now)
{
	return gnutls_x509_crt_get_activation_time(cert) > now ||
	       gnutls_x509_crt_get_expiration_time(cert) < now;
}

/* GnuTLS calls this for each certificate of the path it tried. */
static int on_verified(gnutls_x509_crt_t cert, gnutls_x509_crt_t issuer, gnutls_x509_crl_t crl,
		       unsigned int status)
{
	struct verification *v = running;
	const unsigned int times = GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED;

	(void)crl;
	if (v && !status && issuer && v->n_pair < sizeof(v->pair) / sizeof(v->pair[0]))
		v->pair[v->n_pair++] = (struct pair){ .cert = cert, .issuer = issuer };
	if (!v || v->status || !(status & ~(unsigned int)GNUTLS_CERT_INVALID))
		return 0;
	v->status = status;
	/* The status is the certificate's also when it is the trusted issuer that has expired. */
	if ((status & times) && issuer && !out_of_time(cert, v->now))
		cert = issuer;
	lib_dn_print(v->subject, cert, gnutls_x509_crt_get_raw_dn);
	lib_dn_print(v->issuer, cert, gnutls_x509_crt_get_raw_issuer_dn);
	v->from = gnutls_x509_crt_get_activation_time(cert);
	v->until = gnutls_x509_crt_get_expiration_time(cert);
	return 0;
}

/* The first row that applies is the verdict: who signed it comes before what it says about itself. */
static const struct {
	unsigned int status;
	enum cert_verdict verdict;
	const char *text;	/* after "certificate SUBJECT" */
} reasons[] = {
	{ GNUTLS_CERT_SIGNATURE_FAILURE, CERT_INVALID, "has a signature that its issuer did not make" },
	{ GNUTLS_CERT_SIGNER_NOT_FOUND, CERT_UNTRUSTED, NULL },
	{ GNUTLS_CERT_REVOKED, CERT_REVOKED, "is revoked" },
	{ GNUTLS_CERT_SIGNER_NOT_CA, CERT_INVALID, "is issued by a certificate that is not a CA" },
	{ GNUTLS_CERT_SIGNER_CONSTRAINTS_FAILURE, CERT_INVALID,
	  "is outside of what its issuer may sign (name constraints or path length)" },
	{ GNUTLS_CERT_UNKNOWN_CRIT_EXTENSIONS, CERT_INVALID, "has an unknown critical extension" },
	{ GNUTLS_CERT_INSECURE_ALGORITHM, CERT_WEAK,
	  "uses a key or signature that is too weak (RSA below 2048 bits, SHA-1 or MD5)" },
	{ GNUTLS_CERT_EXPIRED, CERT_EXPIRED, "expired on" },
	{ GNUTLS_CERT_NOT_ACTIVATED, CERT_NOT_YET_VALID, "is not valid before" },
};

char *cert_time_print(char buf[32], int64_t t)
{
	time_t seconds = t;
	struct tm tm;

	gmtime_r(&seconds, &tm);
	strftime(buf, 32, "%Y-%m-%d %H:%M UTC", &tm);
	return buf;
}

static enum cert_verdict explain(const struct verification *v, unsigned int status, char *why, size_t n)
{
	char when[32];
	size_t i = 0;

	while (i < sizeof(reasons) / sizeof(reasons[0]) && !(status & reasons[i].status))
		i++;
	if (i == sizeof(reasons) / sizeof(reasons[0])) {
		say(why, n, "certificate %s is not valid", v->subject);
		return CERT_INVALID;
	}
	if (reasons[i].verdict == CERT_UNTRUSTED)
		say(why, n, "certificate %s is issued by %s, which is not among the trusted CAs",
		    v->subject, v->issuer);
	else if (reasons[i].verdict == CERT_EXPIRED)
		say(why, n, "certificate %s %s %s", v->subject, reasons[i].text,
		    cert_time_print(when, v->until));
	else if (reasons[i].verdict == CERT_NOT_YET_VALID)
		say(why, n, "certificate %s %s %s", v->subject, reasons[i].text,
		    cert_time_print(when, v->from));
	else
		say(why, n, "certificate %s %s", v->subject, reasons[i].text);
	return reasons[i].verdict;
}

/* RFC 4945 5.1.3.12, by today's practice: the listed purposes of TLS count as IKE's. */
static bool purpose_ok(gnutls_x509_crt_t cert)
{
	static const char * const good[] = {
		OID_EKU_SERVER_AUTH, OID_EKU_CLIENT_AUTH, OID_EKU_IPSEC_IKE, OID_EKU_ANY,
	};
	unsigned int critical;
	char oid[128];

	for (unsigned int i = 0;; i++) {
		size_t n = sizeof(oid);
		int ret = gnutls_x509_crt_get_key_purpose_oid(cert, i, oid, &n, &critical);

		if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
			return i == 0;	/* no extension: any purpose */
		if (ret == GNUTLS_E_SHORT_MEMORY_BUFFER)
			continue;	/* longer than any of ours */
		if (ret < 0)
			return false;
		for (size_t k = 0; k < sizeof(good) / sizeof(good[0]); k++) {
			if (strcmp(oid, good[k]) == 0)
				return true;
		}
	}
}

/* RFC 4945 5.1.3.2: with keyUsage, digitalSignature or nonRepudiation must be set. */
static bool usage_ok(gnutls_x509_crt_t cert)
{
	unsigned int usage, critical;
	int ret = gnutls_x509_crt_get_key_usage(cert, &usage, &critical);

	if (ret == GNUTLS_E_REQUESTED_DATA_NOT_AVAILABLE)
		return true;
	return ret >= 0 && (usage & (GNUTLS_KEY_DIGITAL_SIGNATURE | GNUTLS_KEY_NON_REPUDIATION));
}

static enum cert_verdict check_purpose(const struct cert *cert, char *why, size_t n)
{
	char subject[DN_STRLEN];

	if (!purpose_ok(cert->lib)) {
		say(why, n, "certificate %s has an extended key usage that allows neither IKE nor TLS",
		    cert_subject_print(cert, subject, sizeof(subject)));
		return CERT_BAD_PURPOSE;
	}
	if (!usage_ok(cert->lib)) {
		say(why, n, "certificate %s has a key usage without digitalSignature",
		    cert_subject_print(cert, subject, sizeof(subject)));
		return CERT_BAD_PURPOSE;
	}
	if (n)
		why[0] = '\0';
	return CERT_TRUSTED;
}

/* ---- revocation ---- */

static bool is_trusted(const struct cert_store *store, gnutls_x509_crt_t lib)
{
	for (unsigned int i = 0; i < store->count; i++)
		if (gnutls_x509_crt_equals(store->ca[i]->lib, lib))
			return true;
	return false;
}

static gnutls_x509_crt_t issuer_of(const struct verification *v, gnutls_x509_crt_t lib)
{
	for (unsigned int i = 0; i < v->n_pair; i++)
		if (gnutls_x509_crt_equals(v->pair[i].cert, lib))
			return v->pair[i].issuer;
	return NULL;
}

static struct cert *ours_of(const struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
			    gnutls_x509_crt_t lib)
{
	for (unsigned int i = 0; i < n_chain; i++)
		if (gnutls_x509_crt_equals(chain[i]->lib, lib))
			return chain[i];
	for (unsigned int i = 0; i < store->count; i++)
		if (gnutls_x509_crt_equals(store->ca[i]->lib, lib))
			return store->ca[i];
	return NULL;
}

/* From the end entity up to what is trusted. The trusted one itself nobody can revoke (RFC 5280 §6.1). */
static bool path_of(const struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
		    const struct verification *v, struct cert_path *path)
{
	struct cert *cert = chain[0], *issuer;

	while (!is_trusted(store, cert->lib)) {
		gnutls_x509_crt_t lib = issuer_of(v, cert->lib);

		issuer = lib ? ours_of(store, chain, n_chain, lib) : NULL;
		if (!issuer || path->n == CERT_PATH_MAX)
			return false;
		path->link[path->n++] = (struct cert_link){ cert_get(cert), cert_get(issuer) };
		cert = issuer;
	}
	return true;
}

static bool has_url(const struct cert *cert)
{
	char url[REVOKE_URL_MAX];

	return cert_revoke_url(cert, REVOKE_BY_OCSP, 0, url) || cert_revoke_url(cert, REVOKE_BY_CRL, 0, url);
}

enum cert_verdict cert_unknown_status(enum revoke_mode mode, const struct cert_link *l, bool published,
				      const char *reason, char *why, size_t n)
{
	char name[REVOKE_WHY];

	if (mode == REVOKE_OFF || mode == REVOKE_RELAXED || (mode == REVOKE_IFURI && !published)) {
		say(why, n, "%s", "");
		return CERT_TRUSTED;
	}
	say(why, n, "whether certificate %s is revoked is not known: %s (revocation = %s)",
	    cert_print(l->cert, name, sizeof(name)), reason, mode == REVOKE_STRICT ? "strict" : "ifuri");
	return CERT_NO_STATUS;
}

/* Who is to say whether certificates are revoked. */
struct sources {
	enum revoke_mode mode;
	int64_t now;
	struct crl_set *crls;
	const struct cert_staples *staples;
	struct cert_path *ask;		/* who is left to be asked; NULL: nobody can be */
};

/* said is touched only when it is known now. */
static enum revoke_status look_at_staples(const struct sources *s, const struct cert_link *l, char said[REVOKE_WHY])
{
	enum revoke_status status = REVOKE_UNKNOWN;
	char text[REVOKE_WHY] = "";
	int64_t until;

	for (unsigned int i = 0; s->staples && i < s->staples->n && status == REVOKE_UNKNOWN; i++)
		status = ocsp_look(s->staples->response[i], l, NULL, "sent by the peer", s->now, &until, text);
	if (status == REVOKE_REVOKED)
		say(said, REVOKE_WHY, "%s", text);
	return status;
}

/* One link by what is at hand; where that says nothing, it is put off if somebody can be asked. */
static enum cert_verdict check_link(const struct sources *s, const struct cert_link *l, char *why, size_t n)
{
	enum revoke_status status;
	bool published = has_url(l->cert);
	char said[REVOKE_WHY];

	status = crl_set_look(s->crls, l, s->now, said);
	if (status == REVOKE_UNKNOWN)
		status = look_at_staples(s, l, said);
	if (status == REVOKE_REVOKED) {
		say(why, n, "%s", said);
		return CERT_REVOKED;
	}
	if (status == REVOKE_GOOD)
		return CERT_TRUSTED;
	if (!published || !s->ask)
		return cert_unknown_status(s->mode, l, published, said, why, n);
	s->ask->link[s->ask->n++] = (struct cert_link){ cert_get(l->cert), cert_get(l->issuer) };
	return CERT_TRUSTED;
}

static enum cert_verdict check_revoked(const struct sources *s, const struct cert_path *path, char *why, size_t n)
{
	enum cert_verdict verdict = CERT_TRUSTED;

	/* From the top: who issued comes before what was issued. */
	for (unsigned int i = path->n; i-- && verdict == CERT_TRUSTED;)
		verdict = check_link(s, &path->link[i], why, n);
	return verdict;
}

static enum cert_verdict check_path(struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
				    const struct verification *v, struct sources *s, char *why, size_t n)
{
	struct cert_path path = { 0 };
	enum cert_verdict verdict = CERT_INVALID;

	if (path_of(store, chain, n_chain, v, &path)) {
		s->crls = cert_store_crls(store);
		verdict = check_revoked(s, &path, why, n);
		crl_set_put(s->crls);
	} else {
		say(why, n, "the path of certificate %s cannot be followed", v->subject);
	}
	cert_path_drop(&path);
	return verdict;
}

enum cert_verdict cert_verify_stapled(struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
				      int64_t unix_now, const struct cert_staples *staples, struct cert_path *ask,
				      char *why, size_t n)
{
	const unsigned int flags = GNUTLS_VERIFY_ALLOW_UNSORTED_CHAIN |
				   GNUTLS_VERIFY_DO_NOT_ALLOW_X509_V1_CA_CRT | CERT_VERIFY_FLAGS;
	struct sources sources = { .mode = store->mode, .now = unix_now, .staples = staples, .ask = ask };
	struct verification v = { .now = unix_now };
	gnutls_x509_crt_t list[CHAIN_MAX];
	enum cert_verdict verdict;
	unsigned int status = 0;
	int err;

	if (n_chain == 0 || n_chain > CHAIN_MAX) {
		say(why, n, "%u certificates, where 1 to %u are taken", n_chain, CHAIN_MAX);
		return CERT_INVALID;
	}
	for (unsigned int i = 0; i < n_chain; i++)
		list[i] = chain[i]->lib;
	cert_subject_print(chain[0], v.subject, sizeof(v.subject));

	cert_clock_set(unix_now);
	running = &v;
	err = gnutls_x509_trust_list_verify_crt2(store->lib, list, n_chain, NULL, 0, flags, &status,
						 on_verified);
	running = NULL;
	cert_clock_stop();
	if (err < 0 || status)
		return explain(&v, v.status ? v.status : status, why, n);
	verdict = check_purpose(chain[0], why, n);
	if (verdict != CERT_TRUSTED || store->mode == REVOKE_OFF)
		return verdict;
	return check_path(store, chain, n_chain, &v, &sources, why, n);
}

enum cert_verdict cert_verify(struct cert_store *store, struct cert *const *chain, unsigned int n_chain,
			      int64_t unix_now, struct cert_path *ask, char *why, size_t n)
{
	return cert_verify_stapled(store, chain, n_chain, unix_now, NULL, ask, why, n);
}

static bool is_issuer(const struct cert *of, const struct cert *c)
{
	return gnutls_x509_crt_check_issuer(of->lib, c->lib) && !gnutls_x509_crt_equals(of->lib, c->lib);
}

struct cert *cert_find_issuer(const struct cert *cert, struct cert *const *among, unsigned int n,
			      const struct cert_store *store)
{
	for (unsigned int i = 0; i < n; i++)
		if (is_issuer(cert, among[i]))
			return cert_get(among[i]);
	for (unsigned int i = 0; store && i < store->count; i++)
		if (is_issuer(cert, store->ca[i]))
			return cert_get(store->ca[i]);
	return NULL;
}

const char *cert_verdict_name(enum cert_verdict v)
{
	static const char * const names[] = {
		[CERT_TRUSTED] = "trusted", [CERT_UNTRUSTED] = "untrusted", [CERT_EXPIRED] = "expired",
		[CERT_NOT_YET_VALID] = "not yet valid", [CERT_REVOKED] = "revoked", [CERT_NO_STATUS] = "of unknown status",
		[CERT_BAD_PURPOSE] = "bad purpose", [CERT_WEAK] = "weak", [CERT_INVALID] = "invalid",
	};

	return (size_t)v < sizeof(names) / sizeof(names[0]) ? names[v] : "unknown";
}

/* Names. */

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c;
}

/* Lengths count: a NUL inside of a name ends nothing. */
static bool equal_no_case(struct kw_span a, struct kw_span b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

static bool alt_name_matches(unsigned int san_type, struct kw_span san, uint8_t id_type, struct kw_span id)
{
	switch (id_type) {
	case ID_FQDN:
		return san_type == GNUTLS_SAN_DNSNAME && equal_no_case(san, id);
	case ID_RFC822:
		return san_type == GNUTLS_SAN_RFC822NAME && equal_no_case(san, id);
	case ID_IPV4:
		return san_type == GNUTLS_SAN_IPADDRESS && id.len == 4 && kw_span_equal(san, id);
	case ID_IPV6:
		return san_type == GNUTLS_SAN_IPADDRESS && id.len == 16 && kw_span_equal(san, id);
	}
	return false;
}

/* ", FQDN gw.example.org" behind what text already says. */
static void append_alt_name(char *text, size_t n, unsigned int type, struct kw_span san)
{
	size_t at = strlen(text);
	struct ip_addr ip;
	char addr[ADDR_STRLEN];

	if (type == GNUTLS_SAN_DNSNAME || type == GNUTLS_SAN_RFC822NAME) {
		say(text + at, n - at, ", %s %.*s", type == GNUTLS_SAN_DNSNAME ? "FQDN" : "email",
		    (int)san.len, (const char *)san.p);
	} else if (type == GNUTLS_SAN_IPADDRESS && (san.len == 4 || san.len == 16)) {
		ip = ip_addr_from_bytes(san.len == 4 ? AF_INET : AF_INET6, san.p);
		say(text + at, n - at, ", IP %s", ip_addr_print(addr, &ip));
	}
}

/* Walks subjectAltName: true at the first match; text collects what there is otherwise. */
static bool alt_names_match(const struct cert *cert, uint8_t id_type, struct kw_span id, char *text, size_t n)
{
	gnutls_subject_alt_names_t sans;
	gnutls_datum_t ext = { 0 }, san;
	unsigned int type;
	bool found = false;

	if (gnutls_x509_crt_get_extension_by_oid2(cert->lib, OID_SUBJECT_ALT_NAME, 0, &ext, NULL) < 0)
		return false;
	if (gnutls_subject_alt_names_init(&sans) < 0) {
		gnutls_free(ext.data);
		return false;
	}
	if (gnutls_x509_ext_import_subject_alt_names(&ext, sans, 0) == 0) {
		for (unsigned int i = 0; !found; i++) {
			if (gnutls_subject_alt_names_get(sans, i, &type, &san, NULL) < 0)
				break;
			found = alt_name_matches(type, KW_SPAN(san.data, san.size), id_type, id);
			append_alt_name(text, n, type, KW_SPAN(san.data, san.size));
		}
	}
	gnutls_subject_alt_names_deinit(sans);
	gnutls_free(ext.data);
	return found;
}

bool cert_has_identity(const struct cert *cert, uint8_t id_type, struct kw_span id, char *why, size_t n)
{
	char subject[DN_STRLEN], names[512];
	bool found;

	cert_subject_print(cert, subject, sizeof(subject));
	names[0] = '\0';
	found = alt_names_match(cert, id_type, id, names, sizeof(names));
	if (id_type == ID_DN)
		found = dn_equal(cert_subject_der(cert), id);
	say(why, n, "the certificate speaks for DN %s%s", subject, names);
	return found;
}

/* Distinguished names. */

int dn_parse(const char *text, uint8_t **der, size_t *len)
{
	gnutls_datum_t out = { 0 };
	gnutls_x509_dn_t dn;
	int ret = -EINVAL;

	if (gnutls_x509_dn_init(&dn) < 0)
		return -ENOMEM;
	if (*text && gnutls_x509_dn_set_str(dn, text, NULL) == 0 &&
	    gnutls_x509_dn_export2(dn, GNUTLS_X509_FMT_DER, &out) == 0) {
		*der = malloc(out.size);
		*len = out.size;
		ret = *der ? 0 : -ENOMEM;
		if (*der)
			memcpy(*der, out.data, out.size);
	}
	gnutls_free(out.data);
	gnutls_x509_dn_deinit(dn);
	return ret;
}

/* NULL when it is not a DN. */
static gnutls_x509_dn_t dn_import(struct kw_span der)
{
	gnutls_datum_t in = datum(der);
	gnutls_x509_dn_t dn;

	if (gnutls_x509_dn_init(&dn) < 0)
		return NULL;
	if (gnutls_x509_dn_import(dn, &in) == 0)
		return dn;
	gnutls_x509_dn_deinit(dn);
	return NULL;
}

char *dn_print(struct kw_span der, char *buf, size_t n)
{
	gnutls_x509_dn_t dn = dn_import(der);
	gnutls_datum_t text = { 0 };

	if (dn && gnutls_x509_dn_get_str2(dn, &text, 0) == 0)
		say(buf, n, "%s", (const char *)text.data);
	else
		say(buf, n, "(not a distinguished name)");
	gnutls_free(text.data);
	if (dn)
		gnutls_x509_dn_deinit(dn);
	return buf;
}

/* Universal tags of the string types that hold text as octets of ASCII or UTF-8. */
static bool is_text(unsigned long tag)
{
	return tag == 12 || tag == 19 || tag == 20 || tag == 22;
}

/* The next character of RFC 5280 7.1's comparison: case folded, runs of blanks as one, none at the ends. */
static int next_char(struct kw_reader *r)
{
	bool blank = false;
	uint8_t c;

	while (kw_reader_left(r)) {
		c = *r->p;
		if (c != ' ')
			break;
		blank = true;
		kw_get_u8(r);
	}
	if (!kw_reader_left(r))
		return -1;
	return blank ? ' ' : lower(kw_get_u8(r));
}

static bool equal_text(struct kw_span a, struct kw_span b)
{
	struct kw_reader ra, rb;
	int ca, cb;

	while (a.len && a.p[0] == ' ')
		a = KW_SPAN(a.p + 1, a.len - 1);
	while (b.len && b.p[0] == ' ')
		b = KW_SPAN(b.p + 1, b.len - 1);
	ra = kw_reader(a);
	rb = kw_reader(b);
	do {
		ca = next_char(&ra);
		cb = next_char(&rb);
	} while (ca == cb && ca >= 0);
	return ca == cb;
}

static bool ava_equal(const gnutls_x509_ava_st *a, const gnutls_x509_ava_st *b)
{
	struct kw_span va = KW_SPAN(a->value.data, a->value.size);
	struct kw_span vb = KW_SPAN(b->value.data, b->value.size);

	if (!kw_span_equal(KW_SPAN(a->oid.data, a->oid.size), KW_SPAN(b->oid.data, b->oid.size)))
		return false;
	if (is_text(a->value_tag) && is_text(b->value_tag))
		return equal_text(va, vb);
	return a->value_tag == b->value_tag && kw_span_equal(va, vb);
}

/* One RDN: the attribute values of both, in DER's SET OF order. *end when neither has such an RDN. */
static bool rdn_equal(gnutls_x509_dn_t a, gnutls_x509_dn_t b, int rdn, bool *end)
{
	for (int i = 0;; i++) {
		gnutls_x509_ava_st va, vb;
		int ea = gnutls_x509_dn_get_rdn_ava(a, rdn, i, &va);
		int eb = gnutls_x509_dn_get_rdn_ava(b, rdn, i, &vb);

		if (ea < 0 && eb < 0) {
			*end = i == 0;
			return true;
		}
		if (ea < 0 || eb < 0 || !ava_equal(&va, &vb))
			return false;
	}
}

bool dn_equal(struct kw_span a, struct kw_span b)
{
	gnutls_x509_dn_t da = dn_import(a), db = dn_import(b);
	bool same = da && db, end = false;

	for (int rdn = 0; same && !end; rdn++)
		same = rdn_equal(da, db, rdn, &end);
	if (da)
		gnutls_x509_dn_deinit(da);
	if (db)
		gnutls_x509_dn_deinit(db);
	return same;
}
