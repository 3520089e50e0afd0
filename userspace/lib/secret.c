// SPDX-License-Identifier: GPL-2.0
/*
 * Octet strings that must stay secret: in locked, guarded memory, wiped when dropped.
 *
 * sodium_malloc() gives each allocation its own guard pages: at least four pages for one key, and a
 * locked-memory limit that a few thousand IKE SAs exhaust. So it gives slabs here, and a secret is a
 * cell of one: the guard pages and MADV_DONTDUMP stay, an IKE SA with seven keys costs 448 octets.
 *
 * Who may hold a cell: the one kw_secret it was given to, until kw_secret_drop(). Free cells stand on
 * a stack per size, outside the slabs, and are all zero. Slabs are never given back: what 10,000 IKE
 * SAs needed once they will need again.
 */
#include "lib/secret.h"

#include <errno.h>
#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n)		((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n)	((void)(p), (void)(n))
#endif

#define SLAB_MIN (16u << 10)
#define SLAB_MAX (1u << 20)

struct pool {
	size_t cell;		/* octets of one cell */
	uint8_t **free;		/* stack of free cells */
	size_t n_free;
	size_t n_cells;		/* in all slabs; the room in free[] */
};

static struct pool pools[] = {
	{ .cell = 64 }, { .cell = 128 }, { .cell = 256 },
	{ .cell = 512 }, { .cell = 1024 }, { .cell = 4096 }, { .cell = KW_SECRET_MAX },
};

static pthread_mutex_t pool_lock = PTHREAD_MUTEX_INITIALIZER;
static size_t n_live;

static struct pool *pool_for(size_t cap)
{
	struct pool *p = pools;

	while (p->cell < cap)
		p++;
	return p;
}

/* Doubles the pool, within limits. sodium_malloc() ignores a refused mlock(), so ask again and see. */
static int pool_grow_locked(struct pool *pool)
{
	size_t bytes = pool->n_cells * pool->cell;
	uint8_t **stack;
	uint8_t *slab;
	size_t n;

	bytes = bytes < SLAB_MIN ? SLAB_MIN : bytes > SLAB_MAX ? SLAB_MAX : bytes;
	n = bytes / pool->cell;
	stack = reallocarray(pool->free, pool->n_cells + n, sizeof(*stack));
	if (!stack)
		return -ENOMEM;
	pool->free = stack;
	slab = sodium_malloc(bytes);
	if (!slab)
		return -ENOMEM;
	if (sodium_mlock(slab, bytes) != 0) {
		sodium_free(slab);
		return -ENOMEM;
	}
	memset(slab, 0, bytes);
	ASAN_POISON_MEMORY_REGION(slab, bytes);
	for (size_t i = n; i > 0; i--)
		stack[pool->n_free++] = slab + (i - 1) * pool->cell;
	pool->n_cells += n;
	return 0;
}

static uint8_t *cell_get(size_t cap)
{
	struct pool *pool = pool_for(cap);
	uint8_t *cell = NULL;

	pthread_mutex_lock(&pool_lock);
	if (pool->n_free || pool_grow_locked(pool) == 0) {
		cell = pool->free[--pool->n_free];
		n_live++;
	}
	pthread_mutex_unlock(&pool_lock);
	if (cell)
		ASAN_UNPOISON_MEMORY_REGION(cell, cap);
	return cell;
}

static void cell_put(uint8_t *cell, size_t cap)
{
	struct pool *pool = pool_for(cap);

	ASAN_UNPOISON_MEMORY_REGION(cell, pool->cell);
	sodium_memzero(cell, pool->cell);
	ASAN_POISON_MEMORY_REGION(cell, pool->cell);
	pthread_mutex_lock(&pool_lock);
	pool->free[pool->n_free++] = cell;
	n_live--;
	pthread_mutex_unlock(&pool_lock);
}

int kw_secret_setup(void)
{
	struct kw_secret probe = { 0 };
	struct rlimit lim;
	int ret;

	if (sodium_init() < 0)
		return -ENOSYS;
	/* As much as this process may have; a service manager sets the hard limit. */
	if (getrlimit(RLIMIT_MEMLOCK, &lim) == 0 && lim.rlim_cur < lim.rlim_max) {
		lim.rlim_cur = lim.rlim_max;
		setrlimit(RLIMIT_MEMLOCK, &lim);
	}
	ret = kw_secret_new(&probe, 1);
	kw_secret_drop(&probe);
	return ret;
}

size_t kw_secret_live(void)
{
	size_t n;

	pthread_mutex_lock(&pool_lock);
	n = n_live;
	pthread_mutex_unlock(&pool_lock);
	return n;
}

int kw_secret_new(struct kw_secret *s, size_t cap)
{
	uint8_t *cell;

	if (cap > KW_SECRET_MAX || s->p)
		return -EINVAL;
	cell = cell_get(cap);
	if (!cell)
		return -ENOMEM;
	*s = (struct kw_secret){ .p = cell, .len = (uint16_t)cap, .cap = (uint16_t)cap };
	return 0;
}

int kw_secret_copy(struct kw_secret *s, struct kw_span from)
{
	int ret = kw_secret_new(s, from.len);

	if (ret == 0 && from.len)
		memcpy(s->p, from.p, from.len);
	return ret;
}

int kw_secret_dup(struct kw_secret *s, const struct kw_secret *from)
{
	return kw_secret_copy(s, kw_secret_expose(from));
}

int kw_secret_slice(struct kw_secret *s, const struct kw_secret *from, size_t off, size_t n)
{
	if (off > from->len || n > from->len - off)
		return -EINVAL;
	return kw_secret_copy(s, n ? KW_SPAN(from->p + off, n) : (struct kw_span){ 0 });
}

void kw_secret_drop(struct kw_secret *s)
{
	if (s->p)
		cell_put(s->p, s->cap);
	*s = (struct kw_secret){ 0 };
}

void kw_secret_move(struct kw_secret *to, struct kw_secret *from)
{
	if (to == from)
		return;
	kw_secret_drop(to);
	*to = *from;
	*from = (struct kw_secret){ 0 };
}

bool kw_secret_equal(const struct kw_secret *a, struct kw_span b)
{
	return a->len == b.len && kw_equal_ct(a->p, b.p, b.len);
}

struct kw_span kw_secret_expose(const struct kw_secret *s)
{
	return KW_SPAN(s->p, s->len);
}

void kw_wipe(void *p, size_t n)
{
	if (n)
		sodium_memzero(p, n);
}

bool kw_equal_ct(const void *a, const void *b, size_t n)
{
	return n == 0 || sodium_memcmp(a, b, n) == 0;
}
