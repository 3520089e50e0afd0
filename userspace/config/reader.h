/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One file against a table of keys: what is unknown, set twice or empty is refused here. Internal
 * to config/.
 */
#ifndef KW_CONFIG_READER_H
#define KW_CONFIG_READER_H

#include "config/conf.h"
#include "config/token.h"

#define READER_KEYS_MAX 128
#define READER_DIGEST 32

struct conf_reader;

struct conf_key {
	const char *name;
	/* value may be changed; complaints go through reader_complain(). */
	void (*set)(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
	size_t field;		/* offset in the object */
	uint64_t min, max;	/* numbers and times */
};

struct conf_reader {
	const char *path;	/* for messages */
	const char *dir;	/* what relative file names are relative to */
	bool others_can_read;	/* the file itself */
	struct conf_errors *errors;
	const struct conf_key *keys;
	unsigned int n_keys;
	unsigned int line_of[READER_KEYS_MAX];		/* where each was set; 0 = not */
	/* The last one is of what no line names: defaults that are files. */
	uint8_t digest_of[READER_KEYS_MAX + 1][READER_DIGEST];
	/* index of the key being set; n_keys = none */
	unsigned int current;
	unsigned int line;				/* its line */
	bool quoted;					/* its value stood in quotes */
	/*
	 * What reads a section other than the main one, and into what: NULL = no such section. A complaint
	 * may have been made.
	 */
	struct conf_reader *(*open_section)(struct conf_reader *r, const char *section, void *object,
					    void **into);
};

/* Sets the fields of object from the file. section: the main section, which needs no line of its own. */
void reader_run(struct conf_reader *r, struct token_file *f, const char *section, void *object);
/* line 0 = about the whole file. */
void reader_complain(struct conf_reader *r, unsigned int line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Where the key was set, 0 when it was not. */
unsigned int reader_line(const struct conf_reader *r, const char *name);
/*
 * What the value of the current key, or a default, stands for (the content of a file) goes into the
 * digest.
 */
void reader_fold(struct conf_reader *r, struct kw_span content);
/* Of all keys that were set, whatever their order, blanks and comments. Computed from secrets too:
 * it stays in the process.
 */
uint64_t reader_digest(const struct conf_reader *r);

/* Setters that several keys share. */
void set_bool(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
/* uint32_t */
void set_duration(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_u32(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_u16(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
/* The index of value in words[], or -1 after a complaint that lists them. */
int reader_word(struct conf_reader *r, const struct conf_key *key, const char *value,
		const char *const words[], unsigned int n);

#endif
