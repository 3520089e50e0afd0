// SPDX-License-Identifier: GPL-2.0
/*
 * A chain of certificates up to a trusted one: signatures, times, purposes, revocation.
 *
 * GnuTLS takes the time from one process-wide function and reports a failing certificate to a callback
 * without context. Both find the verification they belong to in a thread-local pointer, so several
 * workers may verify at once, each at its own time.
 *
 * RFCs: 5280 (path validation, by GnuTLS), 4945 (IKE/IPsec profile).
 */
#include "crypto/cert_lib.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#define OID_EKU_SERVER_AUTH	GNUTLS_KP_TLS_WWW_SERVER
#define OID_EKU_CLIENT_AUTH	GNUTLS_KP_TLS_WWW_CLIENT
#define OID_EKU_IPSEC_IKE	"1.3.6.1.5.5.7.3.17"
#define OID_EKU_ANY		GNUTLS_KP_ANY

/* What the callback finds out. One per cert_verify(), on its stack. */
struct verification {
	time_t now;
	unsigned int status;		/* of the first certificate that failed */
	char subject[CERT_DN_STRLEN];	/* its name, or its issuer's when that one's time is wrong */
	char issuer[CERT_DN_STRLEN];
	time_t from, until;		/* of the one in subject */
	/* What was found to be signed by what. */
	struct pair {
		gnutls_x509_crt_t cert, issuer;
	} pair[4 * CERT_PATH_MAX];
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
		dn_print(KW_SPAN(dn.data, dn.size), buf, CERT_DN_STRLEN);
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
		cert_say(why, n, "certificate %s is not valid", v->subject);
		return CERT_INVALID;
	}
	if (reasons[i].verdict == CERT_UNTRUSTED)
		cert_say(why, n, "certificate %s is issued by %s, which is not among the trusted CAs",
			 v->subject, v->issuer);
	else if (reasons[i].verdict == CERT_EXPIRED)
		cert_say(why, n, "certificate %s %s %s", v->subject, reasons[i].text,
			 cert_time_print(when, v->until));
	else if (reasons[i].verdict == CERT_NOT_YET_VALID)
		cert_say(why, n, "certificate %s %s %s", v->subject, reasons[i].text,
			 cert_time_print(when, v->from));
	else
		cert_say(why, n, "certificate %s %s", v->subject, reasons[i].text);
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
	char subject[CERT_DN_STRLEN];

	if (!purpose_ok(cert->lib)) {
		cert_say(why, n, "certificate %s has an extended key usage that allows neither IKE nor TLS",
			 cert_subject_print(cert, subject, sizeof(subject)));
		return CERT_BAD_PURPOSE;
	}
	if (!usage_ok(cert->lib)) {
		cert_say(why, n, "certificate %s has a key usage without digitalSignature",
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
		cert_say(why, n, "%s", "");
		return CERT_TRUSTED;
	}
	cert_say(why, n, "whether certificate %s is revoked is not known: %s (revocation = %s)",
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
		cert_say(said, REVOKE_WHY, "%s", text);
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
		cert_say(why, n, "%s", said);
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
		cert_say(why, n, "the path of certificate %s cannot be followed", v->subject);
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
	gnutls_x509_crt_t list[CERT_PATH_MAX];
	enum cert_verdict verdict;
	unsigned int status = 0;
	int err;

	if (n_chain == 0 || n_chain > CERT_PATH_MAX) {
		cert_say(why, n, "%u certificates, where 1 to %u are taken", n_chain, CERT_PATH_MAX);
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
