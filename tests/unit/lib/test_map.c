// SPDX-License-Identifier: GPL-2.0
/* The hash table with 100,000 nodes, equal keys, deletion; and the intrusive list. */
#include "lib/list.h"
#include "lib/map.h"
#include "check.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define MANY 100000

struct item {
	struct map_node node;
	uint64_t key;
	bool in;
};

static struct map m;
static struct item *items;

static struct kw_span key_of(const struct item *i)
{
	return KW_SPAN(&i->key, sizeof(i->key));
}

static int fill(void **state)
{
	(void)state;
	items = calloc(MANY, sizeof(*items));
	assert_int_equal(map_init(&m), 0);
	for (size_t i = 0; i < MANY; i++) {
		items[i].key = i;	/* dense keys: a bad hash would cluster */
		items[i].in = true;
		assert_int_equal(map_add(&m, &items[i].node, key_of(&items[i])), 0);
	}
	return 0;
}

static int empty(void **state)
{
	(void)state;
	map_free(&m);
	free(items);
	return 0;
}

static struct item *find(uint64_t key)
{
	struct map_node *n = map_first(&m, KW_SPAN(&key, sizeof(key)));

	for (; n; n = map_next(n)) {
		struct item *i = container_of(n, struct item, node);

		if (i->key == key)
			return i;
	}
	return NULL;
}

static void all_of_many_are_found(void **state)
{
	(void)state;
	assert_int_equal(m.count, MANY);
	for (uint64_t i = 0; i < MANY; i++) {
		assert_ptr_equal(find(i), &items[i]);
		/* Others of its bucket are no candidates. */
		assert_null(map_next(map_first(&m, KW_SPAN(&i, sizeof(i)))));
	}
	for (uint64_t i = MANY; i < MANY + 1000; i++)
		assert_null(find(i));
}

/* Flat cost: with as many buckets as nodes, no chain is long (a random one over 12 is 1 in 10^9). */
static void chains_stay_short(void **state)
{
	size_t longest = 0;

	(void)state;
	assert_true(m.mask + 1 >= MANY);
	for (size_t b = 0; b <= m.mask; b++) {
		size_t len = 0;

		for (struct map_node *n = m.bucket[b]; n; n = n->next)
			len++;
		longest = len > longest ? len : longest;
	}
	assert_true(longest <= 12);
}

static int tally(struct map_node *n, void *ctx)
{
	size_t *seen = ctx;

	assert_true(container_of(n, struct item, node)->in);
	return ++*seen == 777 ? 5 : 0;
}

static int tally_all(struct map_node *n, void *ctx)
{
	container_of(n, struct item, node)->in = false;
	++*(size_t *)ctx;
	return 0;
}

static void each_visits_all_once_or_stops(void **state)
{
	size_t seen = 0;

	(void)state;
	assert_int_equal(map_each(&m, tally, &seen), 5);
	assert_int_equal(seen, 777);
	seen = 0;
	assert_int_equal(map_each(&m, tally_all, &seen), 0);
	assert_int_equal(seen, MANY);
	for (size_t i = 0; i < MANY; i++)
		assert_false(items[i].in);
}

static void deleted_nodes_are_gone_and_others_stay(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i += 3)
		map_del(&m, &items[i].node);
	assert_int_equal(m.count, MANY - (MANY + 2) / 3);
	for (size_t i = 0; i < MANY; i++) {
		if (i % 3)
			assert_ptr_equal(find(i), &items[i]);
		else
			assert_null(find(i));
	}
	for (size_t i = 0; i < MANY; i++) {
		if (i % 3)
			map_del(&m, &items[i].node);
	}
	assert_int_equal(m.count, 0);
	assert_int_equal(map_each(&m, tally, NULL), 0);
}

static void several_nodes_share_a_key(void **state)
{
	struct item a = { .key = 1 }, b = { .key = 1 }, c = { .key = 2 };
	struct map_node *n;
	unsigned int seen = 0;

	(void)state;
	assert_int_equal(map_init(&m), 0);
	map_add(&m, &a.node, key_of(&a));
	map_add(&m, &c.node, key_of(&c));
	map_add(&m, &b.node, key_of(&b));
	for (n = map_first(&m, key_of(&a)); n; n = map_next(n))
		seen |= n == &a.node ? 1 : n == &b.node ? 2 : 4;
	assert_int_equal(seen & 3, 3);
	map_del(&m, &b.node);
	assert_ptr_equal(find(1), &a);
	map_free(&m);
	map_free(&m);
}

static void seeds_differ(void **state)
{
	struct map x, y;

	(void)state;
	assert_int_equal(map_init(&x) | map_init(&y), 0);
	assert_true(map_hash(&x, KW_SPAN_STR("key")) == map_hash(&x, KW_SPAN_STR("key")));
	assert_true(map_hash(&x, KW_SPAN_STR("key")) != map_hash(&y, KW_SPAN_STR("key")));
	assert_true(map_hash(&x, KW_SPAN_STR("key")) != map_hash(&x, KW_SPAN_STR("kex")));
	map_hash(&x, (struct kw_span){ 0 });
	map_free(&x);
	map_free(&y);
}

struct entry {
	struct list list;
	int v;
};

static void lists_keep_order_and_forgive_a_second_delete(void **state)
{
	struct entry e[4] = { { .v = 1 }, { .v = 2 }, { .v = 3 }, { .v = 4 } };
	struct list head, *pos, *tmp;
	int sum = 0;

	(void)state;
	list_init(&head);
	assert_true(list_empty(&head));
	for (int i = 0; i < 4; i++)
		list_add_tail(&head, &e[i].list);
	list_del(&e[1].list);
	list_del(&e[1].list);
	list_for_each(pos, &head)
		sum = 10 * sum + list_entry(pos, struct entry, list)->v;
	assert_int_equal(sum, 134);
	list_for_each_safe(pos, tmp, &head)
		list_del(pos);
	assert_true(list_empty(&head));
}

int main(void)
{
	const struct CMUnitTest many[] = {
		cmocka_unit_test(all_of_many_are_found),
		cmocka_unit_test(chains_stay_short),
		cmocka_unit_test(each_visits_all_once_or_stops),
		cmocka_unit_test(deleted_nodes_are_gone_and_others_stay),
	};
	const struct CMUnitTest few[] = {
		cmocka_unit_test(several_nodes_share_a_key),
		cmocka_unit_test(seeds_differ),
		cmocka_unit_test(lists_keep_order_and_forgive_a_second_delete),
	};

	return cmocka_run_group_tests(many, fill, empty) + cmocka_run_group_tests(few, NULL, NULL);
}
