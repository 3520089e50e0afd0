// SPDX-License-Identifier: GPL-2.0
/* Figures for people: one unit, few digits. */
#include "cli/format.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

char *format_bytes(char buf[FORMAT_LEN], uint64_t bytes)
{
	static const char *const unit[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double v = (double)bytes;
	unsigned int u = 0;

	/* What would be rounded up to 1024 belongs to the next unit. */
	while (v >= 1023.5 && u + 1 < sizeof(unit) / sizeof(unit[0])) {
		v /= 1024;
		u++;
	}
	snprintf(buf, FORMAT_LEN, u && v < 9.95 ? "%.1f %s" : "%.0f %s", v, unit[u]);
	return buf;
}

char *format_duration(char buf[FORMAT_LEN], uint64_t ms)
{
	uint64_t s = ms / 1000;

	if (s < 60)
		snprintf(buf, FORMAT_LEN, "%" PRIu64 " s", s);
	else if (s < 3600)
		snprintf(buf, FORMAT_LEN, "%" PRIu64 " min", s / 60);
	else if (s < 86400)
		snprintf(buf, FORMAT_LEN, "%" PRIu64 " h %" PRIu64 " min", s / 3600, s % 3600 / 60);
	else
		snprintf(buf, FORMAT_LEN, "%" PRIu64 " d %" PRIu64 " h", s / 86400, s % 86400 / 3600);
	return buf;
}

char *format_count(char *buf, size_t n, uint64_t count, const char *noun)
{
	snprintf(buf, n, "%" PRIu64 " %s%s", count, noun, count == 1 ? "" : "s");
	return buf;
}

char *format_time(char buf[FORMAT_LEN], int64_t unix_ms)
{
	time_t s = (time_t)(unix_ms / 1000);
	struct tm tm;
	size_t n;

	localtime_r(&s, &tm);
	n = strftime(buf, FORMAT_LEN, "%Y-%m-%d %H:%M:%S", &tm);
	snprintf(buf + n, FORMAT_LEN - n, ".%03d", (int)(unix_ms % 1000));
	return buf;
}

/* Tables ------------------------------------------------------------------------------------- */

struct row {
	char **cell;	/* NULL: a note */
	char *note;
};

struct table {
	unsigned int columns, n, cap;
	size_t *width;
	struct row *row;
};

/* Columns on the terminal, not octets: UTF-8 continuation octets take none. */
static size_t width_of(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += (*text & 0xc0) != 0x80;
	return n;
}

struct table *table_new(unsigned int columns)
{
	struct table *t = calloc(1, sizeof(*t));

	if (t) {
		t->columns = columns;
		t->width = calloc(columns, sizeof(*t->width));
		if (!t->width) {
			free(t);
			t = NULL;
		}
	}
	return t;
}

static struct row *add_row(struct table *t)
{
	unsigned int cap = t->cap ? 2 * t->cap : 16;
	struct row *more;

	if (t->n == t->cap) {
		more = reallocarray(t->row, cap, sizeof(*more));
		if (!more)
			return NULL;
		t->row = more;
		t->cap = cap;
	}
	t->row[t->n] = (struct row){ 0 };
	return &t->row[t->n++];
}

void table_row(struct table *t, const char *const *cell)
{
	struct row *r = add_row(t);
	unsigned int i;

	if (!r)
		return;
	r->cell = calloc(t->columns, sizeof(*r->cell));
	for (i = 0; r->cell && i < t->columns; i++) {
		r->cell[i] = strdup(cell[i]);
		if (width_of(cell[i]) > t->width[i])
			t->width[i] = width_of(cell[i]);
	}
}

void table_note(struct table *t, const char *text)
{
	struct row *r = add_row(t);

	if (r)
		r->note = strdup(text);
}

static void print_cells(const struct table *t, char **cell)
{
	unsigned int i, last = t->columns - 1;

	while (last > 0 && (!cell[last] || !cell[last][0]))
		last--;
	for (i = 0; i <= last; i++) {
		const char *text = cell[i] ? cell[i] : "";
		size_t pad = i == last ? 0 : t->width[i] - width_of(text) + 2;

		printf("%s%*s", text, (int)pad, "");
	}
	putchar('\n');
}

void table_print(const struct table *t)
{
	unsigned int i;

	for (i = 0; i < t->n; i++) {
		if (t->row[i].cell)
			print_cells(t, t->row[i].cell);
		else if (t->row[i].note)
			printf("%*s%s\n", (int)t->width[0] + 2, "", t->row[i].note);
	}
}

void table_free(struct table *t)
{
	unsigned int i, j;

	if (!t)
		return;
	for (i = 0; i < t->n; i++) {
		for (j = 0; t->row[i].cell && j < t->columns; j++)
			free(t->row[i].cell[j]);
		free(t->row[i].cell);
		free(t->row[i].note);
	}
	free(t->row);
	free(t->width);
	free(t);
}
