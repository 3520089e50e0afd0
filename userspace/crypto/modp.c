// SPDX-License-Identifier: GPL-2.0
/*
 * MODP groups that are in no table.
 *
 * RFCs: 2409 §5.6, §6; 2412 §2.4, 6989 §2.1 (why the prime has to be a safe one).
 */
#include "crypto/modp.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <nettle/bignum.h>
#include <stdlib.h>
#include <string.h>

/* mpz_probab_prime_p(): 24 stand for the test of Baillie, Pomerance, Selfridge and Wagstaff, the rest is Miller and Rabin. */
#define ROUNDS 32

static struct kw_span without_zeros(struct kw_span s)
{
	while (s.len && !*s.p)
		s = KW_SPAN(s.p + 1, s.len - 1);
	return s;
}

struct modp modp_of(struct kw_span p, struct kw_span g)
{
	return (struct modp){ .p = without_zeros(p), .g = without_zeros(g) };
}

bool modp_equal(const struct modp *a, const struct modp *b)
{
	return kw_span_equal(a->p, b->p) && kw_span_equal(a->g, b->g);
}

static const char *bad_numbers(const mpz_t p, const mpz_t g)
{
	size_t bits = mpz_sizeinbase(p, 2);
	mpz_t last;
	bool inside;

	if (bits < MODP_BITS_MIN)
		return "its prime has less than 2048 bits";
	if (bits > MODP_BITS_MAX)
		return "its prime has more than 8192 bits";
	/* p = 2q + 1 with an odd q. */
	if (!mpz_tstbit(p, 0) || !mpz_tstbit(p, 1))
		return "its prime is no safe prime";
	mpz_init(last);
	mpz_sub_ui(last, p, 1);
	inside = mpz_cmp_ui(g, 1) > 0 && mpz_cmp(g, last) < 0;
	mpz_clear(last);
	return inside ? NULL : "its generator is none";
}

/* The half first: a prime whose half is none is what somebody would try. */
static const char *not_safe(const mpz_t p)
{
	const char *why = NULL;
	mpz_t q;

	mpz_init(q);
	mpz_fdiv_q_2exp(q, p, 1);
	if (!mpz_probab_prime_p(q, ROUNDS))
		why = "its prime is no safe prime";
	else if (!mpz_probab_prime_p(p, ROUNDS))
		why = "its prime is no prime";
	mpz_clear(q);
	return why;
}

static const char *judge(const struct modp *m, bool thorough)
{
	const char *why;
	mpz_t p, g;

	/* Nothing of any length is made a number. */
	if (m->p.len > MODP_BITS_MAX / 8 || m->g.len > MODP_BITS_MAX / 8)
		return "it has more than 8192 bits";
	nettle_mpz_init_set_str_256_u(p, m->p.len, m->p.p);
	nettle_mpz_init_set_str_256_u(g, m->g.len, m->g.p);
	why = bad_numbers(p, g);
	if (!why && thorough)
		why = not_safe(p);
	mpz_clear(p);
	mpz_clear(g);
	return why;
}

const char *modp_bounds(const struct modp *m)
{
	return judge(m, false);
}

const char *modp_check(const struct modp *m)
{
	return judge(m, true);
}

int modp_copy(struct modp *to, const struct modp *from)
{
	uint8_t *mem = malloc(from->p.len + from->g.len + 1);

	if (!mem)
		return -ENOMEM;
	if (from->p.len)
		memcpy(mem, from->p.p, from->p.len);
	if (from->g.len)
		memcpy(mem + from->p.len, from->g.p, from->g.len);
	*to = (struct modp){ .p = KW_SPAN(mem, from->p.len), .g = KW_SPAN(mem + from->p.len, from->g.len) };
	return 0;
}

void modp_drop(struct modp *m)
{
	free((uint8_t *)(uintptr_t)m->p.p);	/* g stands behind it */
	*m = (struct modp){ .p = { 0 } };
}

int modp_parse(struct modp *to, struct kw_span pem)
{
	const gnutls_datum_t in = { .data = (uint8_t *)(uintptr_t)pem.p, .size = (unsigned int)pem.len };
	gnutls_datum_t p = { 0 }, g = { 0 };
	gnutls_dh_params_t params;
	int ret = -EBADMSG;

	if (gnutls_dh_params_init(&params) < 0)
		return -ENOMEM;
	if (gnutls_dh_params_import_pkcs3(params, &in, GNUTLS_X509_FMT_PEM) >= 0 &&
	    gnutls_dh_params_export_raw(params, &p, &g, NULL) >= 0) {
		struct modp m = modp_of(KW_SPAN(p.data, p.size), KW_SPAN(g.data, g.size));

		ret = modp_copy(to, &m);
	}
	gnutls_free(p.data);
	gnutls_free(g.data);
	gnutls_dh_params_deinit(params);
	return ret;
}
