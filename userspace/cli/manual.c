// SPDX-License-Identifier: GPL-2.0
/*
 * The words after `keyway sa` and `keyway policy` as one netlink nest.
 *
 * RFCs: 4301 §4.4.1.2 and §4.4.2.1 (SPD and SAD entries, here by hand: §4.5 asks for manual keying).
 */
#include "cli/manual.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyway.h>
#include <netlink/attr.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "kernel/genl_stats.h"
#include "lib/secret.h"

struct words {
	struct nl_msg *msg;
	const struct genl_set *set;
	int argc;
	char **argv;
	int at;
	int key_attr;		/* what "key" means now; 0 = nothing */
	int flags_attr;
	uint32_t flags;
	uint64_t seen;		/* attributes that were said */
	char *why;
};

#define REFUSE(w, ...) (snprintf((w)->why, KERNEL_WHY, __VA_ARGS__), -EINVAL)

/* Keys ----------------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "0x00ff" or "00ff"; key has room for KEYWAY_KEY_MAX. The number of octets, or -1. */
static int read_hex(uint8_t *key, const char *text)
{
	int n = 0, high, low;

	if (!strncmp(text, "0x", 2))
		text += 2;
	for (; *text; text += 2) {
		high = hex_digit(text[0]);
		low = high < 0 ? -1 : hex_digit(text[1]);
		if (low < 0 || n == KEYWAY_KEY_MAX)
			return -1;
		key[n++] = (uint8_t)(high << 4 | low);
	}
	return n ? n : -1;
}

/* The first line of a file, in hexadecimal. */
static int read_key_file(struct words *w, const char *path, uint8_t *key)
{
	char text[2 * KEYWAY_KEY_MAX + 4];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	int ret;

	if (n < 0)
		ret = REFUSE(w, "%.150s: %s", path, strerror(errno));
	else
		text[n] = '\0';
	if (fd >= 0)
		close(fd);
	if (n < 0)
		return ret;
	text[strcspn(text, "\r\n")] = '\0';
	ret = read_hex(key, text);
	kw_wipe(text, sizeof(text));
	if (ret < 0)
		return REFUSE(w, "%.150s: want a key of up to %d octets in hexadecimal", path, KEYWAY_KEY_MAX);
	return ret;
}

static int put_key(struct words *w, int attr, char *text)
{
	uint8_t key[KEYWAY_KEY_MAX];
	int n;

	if (text[0] == '@') {
		n = read_key_file(w, text + 1, key);
	} else {
		n = read_hex(key, text);
		/* Out of the sight of ps(1), as soon as may be. */
		kw_wipe(text, strlen(text));
		if (n < 0)
			n = REFUSE(w, "a key is up to %d octets in hexadecimal, or @FILE", KEYWAY_KEY_MAX);
	}
	if (n < 0)
		return n;
	n = nla_put(w->msg, attr, n, key) ? -EMSGSIZE : 0;
	kw_wipe(key, sizeof(key));
	return n;
}

/* Words ---------------------------------------------------------------------------------------- */

static int say_once(struct words *w, int attr, const char *word)
{
	if (w->seen & 1ull << attr && w->set->word[attr].kind != GENL_KIND_TS)
		return REFUSE(w, "%s is said twice", word);
	w->seen |= 1ull << attr;
	return 0;
}

/* udp 4500:4500 */
static int put_udp(struct words *w, const char *text)
{
	char local[8], remote[8];
	int n = 0, err;

	if (sscanf(text, "%7[0-9]:%7[0-9]%n", local, remote, &n) != 2 || text[n])
		return REFUSE(w, "udp \"%.60s\": want this side's port:the peer's port", text);
	err = genl_word_put(w->msg, w->set, KEYWAY_A_SA_UDP_LOCAL, local, w->why);
	return err ? err : genl_word_put(w->msg, w->set, KEYWAY_A_SA_UDP_REMOTE, remote, w->why);
}

static int put_value(struct words *w, int attr, const char *word, char *value)
{
	enum genl_kind kind = w->set->word[attr].kind;
	int err;

	if (w->set->word[attr].read_only)
		return REFUSE(w, "only the kernel says %s", word);
	err = say_once(w, attr, word);
	if (err)
		return err;
	if (kind == GENL_KIND_ENCR)
		w->key_attr = KEYWAY_A_SA_ENCR_KEY;
	else if (kind == GENL_KIND_INTEG)
		w->key_attr = KEYWAY_A_SA_INTEG_KEY;
	if (kind == GENL_KIND_KEY)
		return put_key(w, attr, value);
	return genl_word_put(w->msg, w->set, attr, value, w->why);
}

/* A word that stands alone: "in", "out", "esn". 1 when it was one. */
static int take_bare(struct words *w, const char *word)
{
	const bool sa = w->set == &genl_sa_set;
	int attr, err;

	if (sa && (!strcmp(word, "in") || !strcmp(word, "out"))) {
		err = say_once(w, KEYWAY_A_SA_DIR, "direction");
		if (!err)
			err = genl_word_put(w->msg, w->set, KEYWAY_A_SA_DIR, word, w->why);
		return err ? err : 1;
	}
	attr = genl_flag_find(w->set, word, &w->flags);
	if (!attr)
		return 0;
	w->flags_attr = attr;
	return 1;
}

static int take_word(struct words *w)
{
	const bool sa = w->set == &genl_sa_set;
	const char *word = w->argv[w->at++];
	int attr, err = take_bare(w, word);

	if (err)
		return err < 0 ? err : 0;
	attr = sa && !strcmp(word, "key") ? w->key_attr : genl_word_find(w->set, word);
	if (sa && !strcmp(word, "key") && !attr)
		return REFUSE(w, "key comes after the algorithm it is for");
	if (!attr && !(sa && !strcmp(word, "udp")))
		return REFUSE(w, "%.60s: unknown word", word);
	if (w->at == w->argc)
		return REFUSE(w, "%s: a value is missing", word);
	if (!attr)
		return put_udp(w, w->argv[w->at++]);
	return put_value(w, attr, word, w->argv[w->at++]);
}

int manual_fill(struct nl_msg *msg, const struct genl_set *set, int argc, char **argv,
		char why[KERNEL_WHY])
{
	struct words w = { .msg = msg, .set = set, .argc = argc, .argv = argv, .why = why };
	struct nlattr *nest = nla_nest_start(msg, set->nest);
	int err = nest ? 0 : -EMSGSIZE;

	while (!err && w.at < argc)
		err = take_word(&w);
	if (!err && w.flags_attr && nla_put_u32(msg, w.flags_attr, w.flags))
		err = -EMSGSIZE;
	if (!err)
		nla_nest_end(msg, nest);
	return err;
}

/* Lists ---------------------------------------------------------------------------------------- */

struct listed {
	const struct genl_set *set;
	struct nlattr *tb[64];	/* the last of each; selectors are walked */
	const struct nlattr *nest;
	uint16_t bits;
};

static bool parse(struct listed *l, const struct genl_set *set, const struct nlattr *nest)
{
	struct nlattr *bits;

	*l = (struct listed){ .set = set, .nest = nest };
	if (set->max >= (int)(sizeof(l->tb) / sizeof(l->tb[0])) ||
	    nla_parse(l->tb, set->max, nla_data(nest), nla_len(nest), NULL) < 0)
		return false;
	bits = set == &genl_sa_set ? l->tb[KEYWAY_A_SA_ENCR_BITS] : NULL;
	l->bits = bits ? (uint16_t)genl_word_number(&set->word[KEYWAY_A_SA_ENCR_BITS], bits) : 0;
	return true;
}

/* Calls for each drop counter of a nest. */
static void each_drop(const struct nlattr *nest, void (*emit)(const char *name, uint64_t v, void *ctx), void *ctx)
{
	struct nlattr *a;
	int left;

	nla_for_each_nested(a, nest, left)
		if (nla_len(a) == 8 && genl_stats_name(nla_type(a)))
			emit(genl_stats_name(nla_type(a)), nla_get_u64(a), ctx);
}

static void drop_to_json(const char *name, uint64_t v, void *ctx)
{
	json_object_set_new(ctx, name, json_integer((json_int_t)v));
}

static json_t *flags_to_json(const struct genl_word *word, const struct nlattr *a)
{
	const uint32_t flags = (uint32_t)genl_word_number(word, a);
	const struct genl_name *n;
	json_t *list = json_array();

	for (n = word->names; n->name; n++)
		if (flags & n->value)
			json_array_append_new(list, json_string(n->name));
	return list;
}

/* All selectors of type attr. */
static json_t *selectors_to_json(const struct listed *l, int attr)
{
	json_t *list = json_array();
	char text[GENL_WORD_LEN];
	struct nlattr *a;
	int left;

	nla_for_each_nested(a, l->nest, left)
		if (nla_type(a) == attr && genl_word_print(text, &l->set->word[attr], a, 0))
			json_array_append_new(list, json_string(text));
	return list;
}

static json_t *value_to_json(const struct listed *l, int attr)
{
	const struct genl_word *word = &l->set->word[attr];
	const struct nlattr *a = l->tb[attr];
	char text[GENL_WORD_LEN];
	json_t *j;

	switch (word->kind) {
	case GENL_KIND_FLAGS:
		return flags_to_json(word, a);
	case GENL_KIND_TS:
		return selectors_to_json(l, attr);
	case GENL_KIND_DROPS:
		j = json_object();
		each_drop(a, drop_to_json, j);
		return j;
	case GENL_KIND_U8:
	case GENL_KIND_U16:
	case GENL_KIND_U32:
	case GENL_KIND_U64:
		return json_integer((json_int_t)genl_word_number(word, a));
	default:
		return genl_word_print(text, word, a, l->bits) ? json_string(text) : NULL;
	}
}

json_t *manual_json(const struct genl_set *set, const struct nlattr *nest)
{
	struct listed l;
	json_t *o, *v;
	int i;

	if (!parse(&l, set, nest))
		return NULL;
	o = json_object();
	for (i = 1; i <= set->max; i++) {
		v = l.tb[i] ? value_to_json(&l, i) : NULL;
		if (v)
			json_object_set_new(o, set->word[i].name, v);
	}
	return o;
}

static void print_drop(const char *name, uint64_t v, void *ctx)
{
	(void)ctx;
	printf(" %s %ju", name, (uintmax_t)v);
}

static void print_flags(const struct genl_word *word, const struct nlattr *a)
{
	const uint32_t flags = (uint32_t)genl_word_number(word, a);
	const struct genl_name *n;

	for (n = word->names; n->name; n++)
		if (flags & n->value)
			printf(" %s", n->name);
}

static void print_selectors(const struct listed *l, int attr)
{
	const struct genl_word *word = &l->set->word[attr];
	char text[GENL_WORD_LEN];
	struct nlattr *a;
	int left;

	nla_for_each_nested(a, l->nest, left)
		if (nla_type(a) == attr && genl_word_print(text, word, a, 0))
			printf(" %s %s", word->alias, text);
}

/* Whether `add` would do the same without it: zeros, and what is printed with its neighbour. */
static bool goes_without_saying(const struct listed *l, int attr)
{
	const struct genl_word *word = &l->set->word[attr];

	switch (word->kind) {
	case GENL_KIND_U8:
	case GENL_KIND_U16:
	case GENL_KIND_U32:
	case GENL_KIND_U64:
		return (l->set == &genl_sa_set && attr == KEYWAY_A_SA_ENCR_BITS) ||
		       !genl_word_number(word, l->tb[attr]);
	case GENL_KIND_PAD:
	case GENL_KIND_KEY:
		return true;
	default:
		return false;
	}
}

static void print_one(const struct listed *l, int attr)
{
	const struct genl_word *word = &l->set->word[attr];
	char text[GENL_WORD_LEN];

	if (goes_without_saying(l, attr) && !(word->read_only && word->kind != GENL_KIND_PAD))
		return;
	if (word->kind == GENL_KIND_FLAGS) {
		print_flags(word, l->tb[attr]);
	} else if (word->kind == GENL_KIND_TS) {
		print_selectors(l, attr);
	} else if (word->kind == GENL_KIND_DROPS) {
		if (nla_len(l->tb[attr]))
			printf("\n    dropped");
		each_drop(l->tb[attr], print_drop, NULL);
	} else if (genl_word_print(text, word, l->tb[attr], l->bits)) {
		if (l->set == &genl_sa_set && attr == KEYWAY_A_SA_DIR)
			printf(" %s", text);
		else
			printf(" %s %s", word->alias ? word->alias : word->name, text);
	}
}

void manual_print(const struct genl_set *set, const struct nlattr *nest)
{
	struct listed l;
	int i;

	if (!parse(&l, set, nest))
		return;
	fputs(set == &genl_sa_set ? "sa" : "policy", stdout);
	for (i = 1; i <= set->max; i++)
		if (l.tb[i] && !set->word[i].read_only)
			print_one(&l, i);
	printf("\n   ");
	for (i = 1; i <= set->max; i++)
		if (l.tb[i] && set->word[i].read_only)
			print_one(&l, i);
	putchar('\n');
}
