// SPDX-License-Identifier: GPL-2.0
/*
 * Hash table of intrusive nodes with a secret seed, growing by doubling.
 *
 * The hash is libsodium's SipHash-2-4, so that no peer can choose SPIs or addresses that collide.
 * A doubling moves every node at once: 100,000 nodes cost a few milliseconds, once.
 */
#include "lib/map.h"

#include <errno.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_BUCKETS 16

_Static_assert(crypto_shorthash_siphash24_KEYBYTES == 16, "the seed is a SipHash key");

int map_init(struct map *m)
{
	*m = (struct map){ .mask = FIRST_BUCKETS - 1 };
	m->bucket = calloc(FIRST_BUCKETS, sizeof(*m->bucket));
	if (!m->bucket)
		return -ENOMEM;
	randombytes_buf(m->seed, sizeof(m->seed));
	return 0;
}

void map_free(struct map *m)
{
	free(m->bucket);
	*m = (struct map){ 0 };
}

uint64_t map_hash(const struct map *m, struct kw_span key)
{
	uint64_t hash;

	crypto_shorthash_siphash24((unsigned char *)&hash, key.p, key.len, m->seed);
	return hash;
}

static void map_grow(struct map *m)
{
	size_t n = m->mask + 1, mask = 2 * n - 1;
	struct map_node **wide = calloc(2 * n, sizeof(*wide));
	struct map_node *node, *next;

	if (!wide)
		return;		/* longer chains, still correct; the next map_add() tries again */
	for (size_t i = 0; i < n; i++) {
		for (node = m->bucket[i]; node; node = next) {
			next = node->next;
			node->next = wide[node->hash & mask];
			wide[node->hash & mask] = node;
		}
	}
	free(m->bucket);
	m->bucket = wide;
	m->mask = mask;
}

int map_add(struct map *m, struct map_node *n, struct kw_span key)
{
	if (m->count > m->mask)
		map_grow(m);
	n->hash = map_hash(m, key);
	n->next = m->bucket[n->hash & m->mask];
	m->bucket[n->hash & m->mask] = n;
	m->count++;
	return 0;
}

void map_del(struct map *m, struct map_node *n)
{
	struct map_node **at = &m->bucket[n->hash & m->mask];

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	n->next = NULL;
	m->count--;
}

/* Chains mix hashes: go to the next node with this one. */
static struct map_node *same_hash(struct map_node *n, uint64_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

struct map_node *map_first(const struct map *m, struct kw_span key)
{
	uint64_t hash = map_hash(m, key);

	return same_hash(m->bucket[hash & m->mask], hash);
}

struct map_node *map_next(const struct map_node *n)
{
	return same_hash(n->next, n->hash);
}

int map_each(const struct map *m, int (*fn)(struct map_node *n, void *ctx), void *ctx)
{
	for (size_t i = 0; m->bucket && i <= m->mask; i++) {
		for (struct map_node *n = m->bucket[i]; n; n = n->next) {
			int ret = fn(n, ctx);

			if (ret)
				return ret;
		}
	}
	return 0;
}
