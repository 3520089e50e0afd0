// SPDX-License-Identifier: GPL-2.0
/* One file against a table of keys: what is unknown, set twice or empty is refused here. */
#include "config/reader.h"

#include "config/spell.h"
#include "config/value.h"
#include "crypto/hash.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reader_complain(struct conf_reader *r, unsigned int line, const char *fmt, ...)
{
	struct conf_errors *errors = r->errors;
	struct conf_error *e;
	va_list ap;

	if (errors->n++ >= sizeof(errors->e) / sizeof(errors->e[0]))
		return;
	e = &errors->e[errors->n - 1];
	snprintf(e->file, sizeof(e->file), "%s", r->path);
	e->line = line;
	va_start(ap, fmt);
	vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
}

unsigned int reader_line(const struct conf_reader *r, const char *name)
{
	for (unsigned int i = 0; i < r->n_keys; i++)
		if (strcmp(r->keys[i].name, name) == 0)
			return r->line_of[i];
	return 0;
}

static void digest_key(struct conf_reader *r, const struct kw_span *in, size_t n)
{
	uint8_t out[HASH_MAX] = { 0 };

	if (hash_digest(HASH_SHA2_256, in, n, out))
		reader_complain(r, r->line, "SHA-256 does not work");
	memcpy(r->digest_of[r->current], out, READER_DIGEST);
}

void reader_fold(struct conf_reader *r, struct kw_span content)
{
	struct kw_span in[] = { KW_SPAN(r->digest_of[r->current], READER_DIGEST), content };

	digest_key(r, in, 2);
}

uint64_t reader_digest(const struct conf_reader *r)
{
	struct kw_span in[READER_KEYS_MAX + 1];
	struct kw_reader first;
	uint8_t out[HASH_MAX] = { 0 };
	size_t n = 0;

	for (unsigned int i = 0; i < r->n_keys; i++)
		if (r->line_of[i])
			in[n++] = KW_SPAN(r->digest_of[i], READER_DIGEST);
	in[n++] = KW_SPAN(r->digest_of[r->n_keys], READER_DIGEST);
	hash_digest(HASH_SHA2_256, in, n, out);
	first = kw_reader(KW_SPAN(out, 8));
	return kw_get_be64(&first);
}

static void complain_unknown(struct conf_reader *r, const char *name)
{
	struct spell s = { .word = name };

	for (unsigned int i = 0; i < r->n_keys; i++)
		spell_try(&s, r->keys[i].name);
	if (s.best)
		reader_complain(r, r->line, "unknown key \"%.60s\": did you mean %s?", name,
				s.best);
	else
		reader_complain(r, r->line, "unknown key \"%.60s\" (see keyway.conf(5))", name);
}

static void run_key(struct conf_reader *r, const struct token_line *line, void *object)
{
	struct kw_span in[2] = {
		KW_SPAN(line->key, strlen(line->key) + 1),
		KW_SPAN(line->value, strlen(line->value)),
	};
	unsigned int i = 0;

	while (i < r->n_keys && strcmp(r->keys[i].name, line->key) != 0)
		i++;
	if (i == r->n_keys) {
		complain_unknown(r, line->key);
		return;
	}
	if (r->line_of[i]) {
		reader_complain(r, r->line, "%s is set twice, first in line %u", line->key,
				r->line_of[i]);
		return;
	}
	r->line_of[i] = r->line;
	r->current = i;
	r->quoted = line->quoted;
	digest_key(r, in, 2);
	if (!*line->value)
		reader_complain(r, r->line, "%s has no value: take the line out for the default",
				line->key);
	else
		r->keys[i].set(r, &r->keys[i], (char *)object + r->keys[i].field, line->value);
}

/* From here on lines belong to another section. 0, or -1: there is none of that name. */
static int enter(struct conf_reader *r, const char *name, const char *main_name, void *object,
		 struct conf_reader **at, void **into)
{
	struct conf_reader *next = r;
	unsigned int line = (*at)->line;

	*into = object;
	if (strcmp(name, main_name) != 0) {
		r->line = line;
		next = r->open_section ? r->open_section(r, name, object, into) : NULL;
	}
	*at = next ? next : r;
	(*at)->line = line;
	return next ? 0 : -1;
}

void reader_run(struct conf_reader *r, struct token_file *f, const char *section, void *object)
{
	struct conf_reader *at = r;
	struct token_line line;
	void *into = object;
	char err[128];
	int ret;

	while ((ret = token_next(f, &line, err, sizeof(err))) != 0) {
		at->line = line.number;
		if (ret < 0)
			reader_complain(r, line.number, "%s", err);
		else if (!line.section)
			run_key(at, &line, into);
		else if (enter(r, line.section, section, object, &at, &into))
			reader_complain(r, line.number,
					"unknown section [%.60s]: this file has only [%s]%s",
					line.section, section,
					r->open_section ? " and [child NAME]" : "");
	}
	r->current = r->n_keys;
}

void set_bool(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (!value_bool(value, field))
		reader_complain(r, r->line, "%s is yes or no, not \"%.60s\"", key->name, value);
}

void set_duration(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	uint32_t seconds;

	if (!value_duration(value, &seconds))
		reader_complain(r, r->line,
				"%s is a time such as 90s, 50m, 3h or never, not \"%.60s\"",
				key->name, value);
	else if (seconds && (seconds < key->min || seconds > key->max))
		reader_complain(r, r->line, "%s is %u s: between %llu and %llu, or never",
				key->name, seconds, (unsigned long long)key->min,
				(unsigned long long)key->max);
	else
		*(uint32_t *)field = seconds;
}

static bool take_number(struct conf_reader *r, const struct conf_key *key, const char *value,
			uint64_t *out)
{
	if (value_number(value, key->max, out) && *out >= key->min)
		return true;
	reader_complain(r, r->line, "%s is a number from %llu to %llu, not \"%.60s\"", key->name,
			(unsigned long long)key->min, (unsigned long long)key->max, value);
	return false;
}

void set_u32(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	uint64_t v;

	if (take_number(r, key, value, &v))
		*(uint32_t *)field = (uint32_t)v;
}

void set_u16(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	uint64_t v;

	if (take_number(r, key, value, &v))
		*(uint16_t *)field = (uint16_t)v;
}

int reader_word(struct conf_reader *r, const struct conf_key *key, const char *value,
		const char *const words[], unsigned int n)
{
	char list[128] = "";
	size_t len = 0;

	for (unsigned int i = 0; i < n; i++) {
		if (strcmp(words[i], value) == 0)
			return (int)i;
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					i == 0 ? "" : i + 1 == n ? " or " : ", ", words[i]);
	}
	reader_complain(r, r->line, "%s is %s, not \"%.60s\"", key->name, list, value);
	return -1;
}
