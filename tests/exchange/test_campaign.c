// SPDX-License-Identifier: GPL-2.0
/*
 * Thousands of bad days: both sides rekey, delete and lose lifetimes at random times over a network that
 * loses 30 %, repeats 10 % and delays by up to half a second, so that messages overtake each other; workers
 * are slow. Then the network heals, and one consistent set of SAs must be left on both sides, and nothing
 * else: no forgotten SPI, no second child, no half of a pair.
 *
 * CAMPAIGN=n runs n seeds from CAMPAIGN_FIRST (1); a failing seed is printed and can be run alone.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exchange/pair.h"

#define A CONF_A IDS_A PSK "child-lifetime = 120s\nike-lifetime = 300s\ndpd = 20s\n"
#define B CONF_B IDS_B PSK "child-lifetime = 120s\nike-lifetime = 300s\ndpd = 20s\n"


static enum fate bad_network(struct pair *p, struct datagram *d)
{
	d->due += world_random(&p->w, 500);
	if (world_random(&p->w, 100) < 30)
		return FATE_DROP;
	/* A copy takes its own way. */
	if (world_random(&p->w, 100) < 10) {
		struct datagram *copy = malloc(sizeof(*copy));

		*copy = *d;
		copy->bytes = malloc(d->len + 1);
		memcpy(copy->bytes, d->bytes, d->len);
		copy->due += world_random(&p->w, 2000);
		list_init(&copy->node);
		list_add_tail(&p->wire, &copy->node);
	}
	return FATE_DELIVER;
}

static void something_happens(struct pair *p)
{
	struct side *s = world_random(&p->w, 2) ? &p->a : &p->b;
	struct side *other = s == &p->a ? &p->b : &p->a;
	char why[ENGINE_WHY];

	switch (world_random(&p->w, 12)) {
	case 0 ... 3:
		engine_rekey(s->e, "t", false, why);
		break;
	case 4 ... 6:
		engine_rekey(s->e, "t", true, why);
		break;
	case 7:
		engine_delete(s->e, "t", why);
		break;
	case 8:
		if (fake_kernel_current(&s->kernel))
			side_expire(s, true);
		break;
	case 9:
		engine_rekey(s->e, "t", world_random(&p->w, 2), why);
		engine_rekey(other->e, "t", world_random(&p->w, 2), why);
		break;
	case 10:
		engine_delete(s->e, "t", why);
		engine_rekey(other->e, "t", world_random(&p->w, 2), why);
		break;
	case 11:
		break;
	}
}

static void one_bad_day(uint64_t seed)
{
	/* Both want it, or one waits. */
	struct pair *p = pair_new(seed, A, seed & 1 ? B PASSIVE : B);
	unsigned int events = 20 + world_random(&p->w, 20);

	p->w.job_delay = world_random(&p->w, 3) * 20;
	p->w.job_delay_random = world_random(&p->w, 2) * 300;
	p->on_send = bad_network;
	for (unsigned int i = 0; i < events; i++) {
		something_happens(p);
		pair_run(p, world_random(&p->w, 4) ? world_random(&p->w, 800)
						   : world_random(&p->w, 20000));
	}
	p->on_send = NULL;
	/* Until the last request of the bad times has been answered or given up. */
	pair_run(p, 60000);
	for (unsigned int i = 0; i < 60 && !pair_is_consistent(p); i++)
		pair_run(p, 10000);
	pair_consistent(p);
	/* and it stays so: rekeys included */
	p->traffic = true;
	pair_run(p, 400000);
	for (unsigned int i = 0; i < 20 && !pair_is_consistent(p); i++)
		pair_run(p, 1000);
	pair_consistent(p);
	assert_int_equal(p->lost_ab + p->lost_ba, 0);
	assert_int_equal(p->a.kernel.device, true);
	pair_free(p);
}

static void one_set_of_sas_is_left(void **state)
{
	const char *n = getenv("CAMPAIGN"), *first = getenv("CAMPAIGN_FIRST");
	uint64_t seed = first ? strtoull(first, NULL, 0) : 1,
		 end = seed + (n ? strtoull(n, NULL, 0) : 300);

	(void)state;
	print_message("seeds %llu to %llu\n", (unsigned long long)seed,
		      (unsigned long long)end - 1);
	for (; seed < end; seed++) {
		if (getenv("CAMPAIGN_SHOW"))
			print_message("seed %llu\n", (unsigned long long)seed);
		one_bad_day(seed);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(one_set_of_sas_is_left) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
