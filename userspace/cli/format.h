/* SPDX-License-Identifier: GPL-2.0 */
/* Figures for people: one unit, few digits. Each returns buf. */
#ifndef KW_CLI_FORMAT_H
#define KW_CLI_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define FORMAT_LEN 32

/* "0 B", "1023 B", "1.0 KiB", "23 MiB". */
char *format_bytes(char buf[FORMAT_LEN], uint64_t bytes);
/* "0 s", "59 s", "5 min", "3 h 20 min", "2 d 4 h". */
char *format_duration(char buf[FORMAT_LEN], uint64_t ms);
/* "1 packet", "2 packets". */
char *format_count(char *buf, size_t n, uint64_t count, const char *noun);
/* Local time with milliseconds: "2026-11-22 06:22:01.123". */
char *format_time(char buf[FORMAT_LEN], int64_t unix_ms);

/* A table whose columns are as wide as their widest cell; the last one is not padded. */
struct table;
struct table *table_new(unsigned int columns);		/* NULL: no memory */
void table_row(struct table *t, const char *const *cell);	/* copies; drops the row without memory */
/* A line below the last row, from the second column on. */
void table_note(struct table *t, const char *text);
void table_print(const struct table *t);		/* to standard output */
void table_free(struct table *t);

#endif
