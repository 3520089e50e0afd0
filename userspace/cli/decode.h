/* SPDX-License-Identifier: GPL-2.0 */
/* keyway decode: every ISAKMP and IKE message of a capture file, for people or as JSON. */
#ifndef KW_CLI_DECODE_H
#define KW_CLI_DECODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct decode_options {
	const char *file;		/* "-" = standard input */
	const char *keys, *v1_keys;	/* tables of keys.h; NULL = none */
	bool json;			/* one object per line */
};

/*
 * 0; -errno with a sentence in err when a file cannot be read. What is wrong with messages is in
 * out.
 */
int decode_file(const struct decode_options *opt, FILE *out, char *err, size_t err_len);

#endif
