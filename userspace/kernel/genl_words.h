/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Attributes of policies and SAs as words and back: what a person writes to `keyway sa add` and reads in
 * `keyway sa list`. One row for each attribute, named as Documentation/netlink/specs/keyway.yaml does; a
 * test holds the rows against the spec.
 */
#ifndef KW_KERNEL_GENL_WORDS_H
#define KW_KERNEL_GENL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/kernel.h"

struct nl_msg;
struct nlattr;

enum genl_kind {
	GENL_KIND_PAD,		/* says nothing */
	GENL_KIND_U8,
	GENL_KIND_U16,
	GENL_KIND_U32,
	GENL_KIND_U64,
	GENL_KIND_SPI,		/* network order, hexadecimal for people */
	GENL_KIND_ADDR,
	GENL_KIND_DEVICE,	/* an index; its name for people */
	GENL_KIND_TS,		/* may occur again and again */
	GENL_KIND_NAME8,	/* one of names */
	GENL_KIND_FLAGS,	/* a sum of names' values; each is a word of its own for people */
	GENL_KIND_LIST,		/* such a sum as one word: "local,remote-port" */
	GENL_KIND_ENCR,		/* IANA number; "aes-gcm-16-256" says the key size too */
	GENL_KIND_INTEG,
	GENL_KIND_KEY,		/* write only */
	GENL_KIND_DROPS,	/* a nest of counters */
};

struct genl_name {
	const char *name;
	uint32_t value;
};

struct genl_word {
	const char *name;		/* the spec's */
	const char *alias;		/* what people may write instead; NULL = nothing */
	enum genl_kind kind;
	bool read_only;			/* only the kernel says it */
	const struct genl_name *names;	/* ends with a NULL name */
};

/* The attributes of one nest; word[0] is unused. */
struct genl_set {
	int nest;			/* KEYWAY_A_POLICY, KEYWAY_A_SA */
	int max;
	const struct genl_word *word;
};

extern const struct genl_set genl_policy_set, genl_sa_set;

/* The attribute of this name or alias; 0 when there is none. */
int genl_word_find(const struct genl_set *set, const char *name);
/* Is word a flag of the set? Then adds its value to *flags and returns the attribute, else 0. */
int genl_flag_find(const struct genl_set *set, const char *word, uint32_t *flags);

/*
 * Puts one attribute, not a key nor flags. An encryption algorithm with a size puts that as well.
 * 0, -EMSGSIZE, or -EINVAL with a sentence in why.
 */
int genl_word_put(struct nl_msg *msg, const struct genl_set *set, int attr, const char *text,
		  char why[KERNEL_WHY]);

/* The name of a value; NULL when it has none. */
const char *genl_value_name(const struct genl_word *w, uint32_t value);

/* The number in an attribute of 1, 2, 4 or 8 octets; an SPI in host order. Any other length: 0. */
uint64_t genl_word_number(const struct genl_word *w, const struct nlattr *a);

/*
 * An attribute that is one word, for people; bits is the encryption key's size, looked at only for an
 * algorithm. NULL for what is no single word (flags, drops, keys) and for what makes no sense.
 */
#define GENL_WORD_LEN 160
char *genl_word_print(char buf[GENL_WORD_LEN], const struct genl_word *w, const struct nlattr *a,
		      uint16_t bits);

#endif
