/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Octet strings that must stay secret: in locked, guarded memory (libsodium), excluded from core
 * dumps, wiped when dropped. They have no printer and do not turn into a kw_span except through
 * kw_secret_expose(), which is the word to grep for in a review.
 */
#ifndef KW_LIB_SECRET_H
#define KW_LIB_SECRET_H

#include "lib/buf.h"

/* The largest secret: a private key's file, where certtool writes text around a long RSA key. */
#define KW_SECRET_MAX 16384

struct kw_secret {
	uint8_t *p;	/* from the guarded pool; NULL when empty */
	uint16_t len;
	uint16_t cap;
};

/* Once per process, before any other call here. 0 or -errno (locked memory limit too low: -ENOMEM). */
int kw_secret_setup(void);

/* Room for exactly cap octets with len = cap, zeroed. 0, -EINVAL (over KW_SECRET_MAX) or -ENOMEM.
 * *s must be empty ({0}) before; release with kw_secret_drop().
 */
int kw_secret_new(struct kw_secret *s, size_t cap);
int kw_secret_copy(struct kw_secret *s, struct kw_span from);	/* new + memcpy */
int kw_secret_dup(struct kw_secret *s, const struct kw_secret *from);
/* Part of another secret: [off, off+n). -EINVAL when out of range. */
int kw_secret_slice(struct kw_secret *s, const struct kw_secret *from, size_t off, size_t n);
/* Wipes and releases; *s is empty afterwards. Fine on an empty one. */
void kw_secret_drop(struct kw_secret *s);
/* Moves ownership: *to is dropped first, *from is empty afterwards. */
void kw_secret_move(struct kw_secret *to, struct kw_secret *from);
/* Constant time in the content; lengths are not secret. */
bool kw_secret_equal(const struct kw_secret *a, struct kw_span b);
/* How many are held by the whole process: a test compares before and after. */
size_t kw_secret_live(void);
/* The octets, for handing to a cipher. Borrowed: valid until drop. */
struct kw_span kw_secret_expose(const struct kw_secret *s);

/* Wipe that the compiler may not remove, for short-lived stack copies. */
void kw_wipe(void *p, size_t n);
/* Constant-time equality of n octets. */
bool kw_equal_ct(const void *a, const void *b, size_t n);

#endif
