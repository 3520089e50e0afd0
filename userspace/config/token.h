/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Lines of a configuration file: sections, keys, values, where they stand.
 *
 *	# a comment		from a # at the start or after a blank, to the end of the line
 *	[section]
 *	key = value with blanks
 *	key = "quoted: # is text, \" a quote, \\ a backslash"
 *	key = a value that goes on \
 *	      in the next line
 */
#ifndef KW_CONFIG_TOKEN_H
#define KW_CONFIG_TOKEN_H

#include "lib/buf.h"

#define TOKEN_FILE_MAX (256 * 1024)	/* octets; a larger file is refused */

/* One file in memory of its own, which may hold a PSK. Begin with {0}. */
struct token_file {
	char *text;
	size_t size;
	char *at;
	unsigned int line;
};

/* All strings stand in the file's text and may be changed in place. */
struct token_line {
	unsigned int number;	/* 1.. */
	char *section;		/* "[section]", else NULL */
	char *key, *value;	/* "key = value" */
	bool quoted;
};

/*
 * A regular file only, so that a FIFO cannot hang the reader. 0 or -errno with a sentence in err.
 */
int token_open(struct token_file *f, const char *path, bool *others_can_read, char *err,
	       size_t err_len);
/* The same from memory: copies. 0, -EFBIG, -ENOMEM with a sentence in err. */
int token_text(struct token_file *f, struct kw_span text, char *err, size_t err_len);
/* Wipes and frees. */
void token_close(struct token_file *f);

/*
 * 1: a line with something on it; 0: the end; -EINVAL: line->number is wrong as err says, go on
 * with the next.
 */
int token_next(struct token_file *f, struct token_line *line, char *err, size_t err_len);

/*
 * The next item of "a, b, c", blanks around it cut off; NULL at the end. *list moves; items may be
 * empty.
 */
char *token_item(char **list, char separator);

#endif
