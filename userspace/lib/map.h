/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hash table of intrusive nodes with a secret seed (SipHash), growing by doubling: flat cost at any
 * size, and no peer can choose keys that collide.
 */
#ifndef KW_LIB_MAP_H
#define KW_LIB_MAP_H

#include "lib/buf.h"

struct map_node {
	struct map_node *next;
	uint64_t hash;
};

struct map {
	struct map_node **bucket;
	size_t mask;		/* buckets - 1 */
	size_t count;
	uint8_t seed[16];
};

int map_init(struct map *m);				/* 0 or -ENOMEM */
void map_free(struct map *m);				/* nodes are the caller's */
uint64_t map_hash(const struct map *m, struct kw_span key);
/* Several nodes may share a key. Always 0: without memory to grow, chains get longer and the node is in. */
int map_add(struct map *m, struct map_node *n, struct kw_span key);
void map_del(struct map *m, struct map_node *n);	/* must be in */
/* First candidate with this hash; the caller compares keys and goes on with map_next(). */
struct map_node *map_first(const struct map *m, struct kw_span key);
struct map_node *map_next(const struct map_node *n);
/* Every node, in no order; the callback must not change the map. Stops on non-zero and returns it. */
int map_each(const struct map *m, int (*fn)(struct map_node *n, void *ctx), void *ctx);

#endif
