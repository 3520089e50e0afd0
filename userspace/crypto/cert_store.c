// SPDX-License-Identifier: GPL-2.0
/* Who is trusted to issue certificates, and what is known of those they revoked. */
#include "crypto/cert_lib.h"

#include <errno.h>
#include <stdlib.h>

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
	hashes = reallocarray(store->hashes, n + 1, CERT_SPKI_HASH_LEN);
	if (!hashes)
		return -ENOMEM;
	store->hashes = hashes;
	/* The list borrows the GnuTLS object; our reference keeps it as long as the list. */
	if (gnutls_x509_trust_list_add_cas(store->lib, &ca->lib, 1, 0) != 1)
		return -ENOMEM;
	list[n] = cert_get(ca);
	cert_spki_sha1(ca, hashes + (size_t)n * CERT_SPKI_HASH_LEN);
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
	return KW_SPAN(store->hashes, (size_t)store->count * CERT_SPKI_HASH_LEN);
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
