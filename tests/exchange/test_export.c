// SPDX-License-Identifier: GPL-2.0
/* Keys told for captures: those of both sides are the same and open what crossed; unasked nothing is told. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/keys.h"
#include "crypto/skcipher.h"
#include "exchange/credentials.h"
#include "exchange/pair.h"
#include "wire/isakmp.h"

#define EXPORT "export-keys = yes\n"
#define A CONF_A IDS_A PSK
#define B CONF_B IDS_B PSK PASSIVE
#define SK_HEAD 4u

static bool has(const struct side *s, enum key_table table, const char *line)
{
	for (unsigned int i = 0; i < s->n_key[table]; i++)
		if (!strcmp(s->key[table][i], line))
			return true;
	return false;
}

static void same_lines(const struct pair *p, enum key_table table, unsigned int n)
{
	assert_int_equal(p->a.n_key[table], n);
	assert_int_equal(p->b.n_key[table], n);
	for (unsigned int i = 0; i < n; i++) {
		assert_true(has(&p->b, table, p->a.key[table][i]));
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(p->a.key[table][i], p->a.key[table][j]);
	}
}

/* Every SA of the kernel has its line, with its SPI and its key. */
static void as_the_kernel_has_them(const struct side *s)
{
	unsigned int found = 0;

	for (unsigned int i = 0; i < FAKE_SAS; i++) {
		const struct fake_sa *sa = &s->kernel.sa[i];
		char hex[2 * FAKE_KEY + 1], spi[12];

		if (!sa->used || sa->larval)
			continue;
		snprintf(spi, sizeof(spi), "0x%08x", sa->spi);
		kw_hex(hex, sizeof(hex), KW_SPAN(sa->key, sa->key_len));
		for (unsigned int j = 0; j < s->n_key[KEY_TABLE_ESP]; j++)
			found += strstr(s->key[KEY_TABLE_ESP][j], spi) && strstr(s->key[KEY_TABLE_ESP][j], hex);
	}
	assert_int_equal(found, 2);
}

static void both_tell_the_same(void **state)
{
	struct pair *p = pair_up(1, A EXPORT, B EXPORT);

	(void)state;
	same_lines(p, KEY_TABLE_IKEV2, 1);
	same_lines(p, KEY_TABLE_ESP, 2);
	as_the_kernel_has_them(&p->a);
	as_the_kernel_has_them(&p->b);
	side_rekey(&p->a, false);
	pair_settle(p);
	same_lines(p, KEY_TABLE_ESP, 4);
	side_rekey(&p->b, true);
	pair_settle(p);
	same_lines(p, KEY_TABLE_IKEV2, 2);
	pair_consistent(p);
	pair_free(p);
}

/* The last protected message, as it crossed. */
struct crossed {
	uint8_t bytes[2000];
	size_t len;
};

static enum fate keep(struct pair *p, struct datagram *d)
{
	struct crossed *c = p->ctx;

	if (d->bytes[16] == PAYLOAD_SK && d->len <= sizeof(c->bytes)) {
		memcpy(c->bytes, d->bytes, d->len);
		c->len = d->len;
	}
	return FATE_DELIVER;
}

static struct keys *read_table(const struct side *s)
{
	char path[] = "/tmp/keyway-export.XXXXXX", err[300] = "";
	struct keys *k = keys_new();
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	for (unsigned int i = 0; i < s->n_key[KEY_TABLE_IKEV2]; i++)
		fprintf(f, "%s\n", s->key[KEY_TABLE_IKEV2][i]);
	fclose(f);
	if (keys_load_v2(k, path, err, sizeof(err)))
		fail_msg("%s", err);
	unlink(path);
	return k;
}

static void opens(const struct side *s, const struct crossed *c)
{
	struct keys *k = read_table(s);
	struct ike_header h;
	struct kw_span body;
	const struct keys_v2 *v2;
	struct skcipher *open = NULL;
	uint8_t plain[2000];
	size_t n = 0;
	bool i = c->bytes[19] & IKE_FLAG_INITIATOR;
	const size_t head = IKE_HEADER_LEN + SK_HEAD;

	assert_true(c->len > head);
	assert_int_equal(header_parse(KW_SPAN(c->bytes, c->len), &h, &body), 0);
	v2 = keys_find_v2(k, &h);
	assert_non_null(v2);
	assert_int_equal(skcipher_new(&open, v2->encr->encr, v2->encr->key_bits, v2->integ->integ,
				      i ? &v2->sk_ei : &v2->sk_er, i ? &v2->sk_ai : &v2->sk_ar), 0);
	assert_int_equal(skcipher_open(open, KW_SPAN(c->bytes, head), KW_SPAN(c->bytes + head, c->len - head), plain, &n),
			 0);
	skcipher_free(open);
	keys_free(k);
}

/* Of each kind of algorithm, by `keyway decode`'s own reader of tables. */
static void what_crossed_is_opened(void **state)
{
	static const char *const ike[] = {
		"aes-gcm-16-256+prf-hmac-sha2-256+x25519", "aes-cbc-128+hmac-sha2-256-128+x25519",
		"aes-ccm-16-128+prf-hmac-sha2-256+x25519", "aes-ctr-256+hmac-sha2-512-256+x25519",
	};

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		struct crossed c = { .len = 0 };
		char a[600], b[600];
		struct pair *p;

		snprintf(a, sizeof(a), A EXPORT "ike = %s\n", ike[i]);
		snprintf(b, sizeof(b), B "ike = %s\n", ike[i]);
		p = pair_new(10 + i, NULL, NULL);
		p->ctx = &c;
		p->on_send = keep;
		side_configure(&p->b, "t", b);
		side_configure(&p->a, "t", a);
		pair_run(p, 5000);
		pair_consistent(p);
		assert_int_equal(p->b.n_key[KEY_TABLE_IKEV2], 0);
		opens(&p->a, &c);
		p->on_send = NULL;
		pair_free(p);
	}
}

static void unasked_nothing_is_told(void **state)
{
	struct pair *p = pair_up(20, A, B);

	(void)state;
	side_rekey(&p->a, true);
	side_rekey(&p->b, false);
	pair_settle(p);
	for (unsigned int i = 0; i < KEY_TABLES; i++)
		assert_int_equal(p->a.n_key[i] + p->b.n_key[i], 0);
	pair_free(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_tell_the_same),
		cmocka_unit_test(what_crossed_is_opened),
		cmocka_unit_test(unasked_nothing_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
