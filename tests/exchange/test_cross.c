// SPDX-License-Identifier: GPL-2.0
/*
 * Every two wishes that cross on the wire, and everything the wire can do to their messages: the first one
 * arrives, is lost, arrives twice, or is overtaken by the second, at each of DEPTH steps. Whatever happened, one
 * consistent set of SAs is left (RFC 7296 §2.8.1, §2.25).
 *
 * All courses of events of depth 2, and of those of depth 6 one in 257. CROSS=n runs all of depth n (6:
 * 102,400 courses, some minutes); CROSS_ONE=n with it runs the one with that number, which a failure names.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"

#define CONF(local, remote, ids, a, b, c, d)						\
	"remote = 192.0.2." remote "\nlocal = 192.0.2." local "\nstart = trap\n" ids PSK	\
	"[child office]\nlocal-net = 10." a ".0.0/16\nremote-net = 10." b ".0.0/16\n"	\
	"[child lab]\nlocal-net = 10." c ".0.0/16\nremote-net = 10." d ".0.0/16\n"
#define A CONF("1", "2", IDS_A, "1", "2", "3", "4")
#define B CONF("2", "1", IDS_B, "2", "1", "4", "3")

enum wish { CREATE, REKEY_CHILD, REKEY_IKE, DELETE_CHILD, DELETE_IKE, WISHES };
static const char *const wish_names[] = { "create", "rekey child", "rekey IKE", "delete child",
					  "delete IKE" };

enum move { ARRIVES, LOST, TWICE, OVERTAKEN, MOVES };

static void acquire(struct side *s, bool lab)
{
	struct kernel_event ev = { .type = KERNEL_ACQUIRE };
	bool a = s == &s->p->a;
	char src[32], dst[32];

	snprintf(src, sizeof(src), "10.%d.0.1/32", (lab ? 3 : 1) + !a);
	snprintf(dst, sizeof(dst), "10.%d.0.1/32", (lab ? 3 : 1) + a);
	assert_int_equal(ts_from_text(&ev.src, src) + ts_from_text(&ev.dst, dst), 0);
	for (unsigned int i = 0; i < 32; i++) {
		const struct fake_policy *f = &s->kernel.policy[i];

		if (f->used && f->priority == PRIORITY_OF_TRAP &&
		    ip_range_has(&f->remote_ts.ts[0].range, &ev.dst.range.first))
			ev.cookie = f->cookie;
	}
	engine_kernel_event(s->e, &ev);
}

static void do_wish(struct side *s, enum wish w)
{
	char why[ENGINE_WHY];

	switch (w) {
	case CREATE:
		acquire(s, true);
		break;
	case REKEY_CHILD:
	case REKEY_IKE:
		side_rekey(s, w == REKEY_IKE);
		break;
	case DELETE_CHILD:
		side_expire(s, true);
		break;
	case DELETE_IKE:
		assert_int_equal(engine_delete(s->e, "t", why), 0);
		break;
	case WISHES:
		break;
	}
}

static void do_move(struct pair *p, enum move m)
{
	if (!pair_waiting(p))
		return;
	switch (m) {
	case ARRIVES:
		pair_deliver(p);
		break;
	case LOST:
		pair_drop(p);
		break;
	case TWICE:
		pair_repeat(p);
		pair_deliver(p);
		break;
	case OVERTAKEN:
		if (pair_waiting(p) > 1)
			pair_swap(p);
		pair_deliver(p);
		break;
	case MOVES:
		break;
	}
}

static unsigned int ike_sas(struct side *s)
{
	struct engine_totals t;

	engine_totals(s->e, &t);
	return t.ike_sas;
}

/* What each side sends with, the other has, and nothing else. */
static bool agree(struct pair *p, struct side *from, struct side *to)
{
	for (unsigned int i = 0; i < FAKE_SAS; i++) {
		const struct fake_sa *out = &from->kernel.sa[i], *in;

		if (!out->used || out->larval || !out->out)
			continue;
		in = fake_kernel_find(&to->kernel, false, out->spi);
		if (!in || in->larval || memcmp(in->key, out->key, FAKE_KEY))
			return false;
	}
	return fake_kernel_sas(&from->kernel, true) == fake_kernel_sas(&to->kernel, false) &&
	       ike_sas(&p->a) == ike_sas(&p->b) && !fake_kernel_larvals(&from->kernel);
}

static bool both_agree(struct pair *p)
{
	return agree(p, &p->a, &p->b) && agree(p, &p->b, &p->a);
}

static const char *course(unsigned int n, unsigned int depth)
{
	static char text[200];
	static const char *const moves[] = { "arrives", "lost", "twice", "overtaken" };
	size_t used = snprintf(text, sizeof(text), "CROSS=%u CROSS_ONE=%u: a %s, b %s:", depth, n,
			       wish_names[n % WISHES], wish_names[n / WISHES % WISHES]);

	n /= WISHES * WISHES;
	for (; depth-- && used < sizeof(text); n /= MOVES)
		used += snprintf(text + used, sizeof(text) - used, " %s", moves[n % MOVES]);
	return text;
}

static void run(unsigned int number, unsigned int depth)
{
	struct pair *p = pair_new(1 + number, A, B);
	unsigned int n = number;

	acquire(&p->a, false);
	pair_settle(p);
	assert_int_equal(fake_kernel_sas(&p->a.kernel, true), 1);
	do_wish(&p->a, n % WISHES);
	do_wish(&p->b, n / WISHES % WISHES);
	n /= WISHES * WISHES;
	for (unsigned int i = 0; i < depth; i++, n /= MOVES)
		do_move(p, n % MOVES);
	pair_run(p, 120000);
	if (!both_agree(p) || ike_sas(&p->a) > 1 || fake_kernel_sas(&p->a.kernel, true) > 2)
		fail_msg("%s: a has %u IKE SAs and sends on %u, b %u and %u", course(number, depth),
			 ike_sas(&p->a), fake_kernel_sas(&p->a.kernel, true), ike_sas(&p->b),
			 fake_kernel_sas(&p->b.kernel, true));
	/* and it works: both children can be had */
	for (unsigned int i = 0; i < 4; i++) {
		acquire(i & 2 ? &p->b : &p->a, i & 1);
		pair_run(p, 20000);
	}
	if (!both_agree(p) || ike_sas(&p->a) != 1 || fake_kernel_sas(&p->a.kernel, true) != 2)
		fail_msg("%s: at the end a has %u IKE SAs and sends on %u, b %u and %u",
			 course(number, depth), ike_sas(&p->a), fake_kernel_sas(&p->a.kernel, true),
			 ike_sas(&p->b), fake_kernel_sas(&p->b.kernel, true));
	pair_free(p);
}

static void run_all(unsigned int depth, unsigned int step)
{
	unsigned int count = WISHES * WISHES, runs = 0;

	for (unsigned int i = 0; i < depth; i++)
		count *= MOVES;
	/* step has no divisor in common with WISHES and MOVES: every wish and move is met */
	for (unsigned int n = 0; n < count; n += step, runs++)
		run(n, depth);
	print_message("%u of %u courses of events of depth %u, each with its number as the seed\n",
		      runs, count, depth);
}

static void one_set_is_left(void **state)
{
	const char *depth = getenv("CROSS"), *one = getenv("CROSS_ONE");

	(void)state;
	if (depth && one) {
		run((unsigned int)atoi(one), (unsigned int)atoi(depth));
	} else if (depth) {
		run_all((unsigned int)atoi(depth), 1);
	} else {
		run_all(2, 1);
		run_all(6, 257);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_set_is_left) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
