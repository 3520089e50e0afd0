// SPDX-License-Identifier: GPL-2.0
/* Lines of a configuration file: sections, keys, values, where they stand. */
#include "config/token.h"

#include "lib/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Room for size octets and a NUL. */
static int text_new(struct token_file *f, size_t size, char *err, size_t err_len)
{
	if (size > TOKEN_FILE_MAX) {
		snprintf(err, err_len, "larger than %d KiB", TOKEN_FILE_MAX / 1024);
		return -EFBIG;
	}
	f->text = calloc(1, size + 1);
	if (!f->text) {
		snprintf(err, err_len, "no memory");
		return -ENOMEM;
	}
	f->size = size;
	f->at = f->text;
	f->line = 0;
	return 0;
}

static int read_all(struct token_file *f, int fd)
{
	size_t have = 0;

	while (have < f->size) {
		ssize_t n = read(fd, f->text + have, f->size - have);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n == 0)	/* it shrank meanwhile */
			f->size = have;
		if (n > 0)
			have += (size_t)n;
	}
	f->text[f->size] = '\0';
	return 0;
}

static int open_regular(const char *path, struct stat *st)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return -errno;
	if (fstat(fd, st) == 0 && S_ISREG(st->st_mode))
		return fd;
	close(fd);
	return -EINVAL;
}

int token_open(struct token_file *f, const char *path, bool *others_can_read, char *err,
	       size_t err_len)
{
	struct stat st;
	int fd = open_regular(path, &st);
	int ret;

	if (fd < 0) {
		snprintf(err, err_len, "%s", fd == -EINVAL ? "not a regular file" : strerror(-fd));
		return fd;
	}
	*others_can_read = st.st_mode & S_IROTH;
	ret = text_new(f, st.st_size < 0 ? 0 : (size_t)st.st_size, err, err_len);
	if (!ret) {
		ret = read_all(f, fd);
		if (ret)
			snprintf(err, err_len, "%s", strerror(-ret));
	}
	close(fd);
	if (ret)
		token_close(f);
	return ret;
}

int token_text(struct token_file *f, struct kw_span text, char *err, size_t err_len)
{
	int ret = text_new(f, text.len, err, err_len);

	if (!ret && text.len)
		memcpy(f->text, text.p, text.len);
	return ret;
}

void token_close(struct token_file *f)
{
	if (f->text)
		kw_wipe(f->text, f->size);
	free(f->text);
	*f = (struct token_file){ 0 };
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trim(char *s)
{
	size_t len;

	while (is_blank(*s))
		s++;
	len = strlen(s);
	while (len && is_blank(s[len - 1]))
		len--;
	s[len] = '\0';
	return s;
}

/*
 * Cuts the file's next line out as a string; *number is its own, or the first of those that a
 * backslash at the end joins. Octets below blank, NUL among them, are no text.
 */
static char *cut_line(struct token_file *f, unsigned int *number, bool *bad)
{
	char *start = f->at, *end = f->text + f->size, *p;

	*bad = false;
	*number = ++f->line;
	for (p = start; p < end && *p != '\n'; p++) {
		if (*p == '\\' && p + 1 < end && p[1] == '\n') {
			*p++ = ' ';
			*p = ' ';
			f->line++;
		} else if ((unsigned char)*p < ' ' && !is_blank(*p)) {
			*bad = true;
		}
	}
	f->at = p < end ? p + 1 : end;
	*p = '\0';
	return start;
}

/* A # begins a comment at the start of a word only: "a#b" is one word. Quotes protect. */
static void cut_comment(char *s)
{
	bool quoted = false;

	for (char *p = s; *p; p++) {
		if (*p == '\\' && quoted && p[1])
			p++;
		else if (*p == '"')
			quoted = !quoted;
		else if (*p == '#' && !quoted && (p == s || is_blank(p[-1])))
			*p-- = '\0';
	}
}

/* value is "...": takes quotes and backslashes out in place. */
static int unquote(char *value, char *err, size_t err_len)
{
	char *to = value, *from = value + 1;

	for (; *from && *from != '"'; from++) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from;
	}
	if (*from != '"' || from[1]) {
		snprintf(err, err_len,
			 *from ? "text after the closing quote" : "the quote is not closed");
		return -EINVAL;
	}
	*to = '\0';
	return 0;
}

static int split_line(char *s, struct token_line *line, char *err, size_t err_len)
{
	char *equals = strchr(s, '=');
	size_t len = strlen(s);

	if (s[0] == '[') {
		if (s[len - 1] != ']') {
			snprintf(err, err_len, "a section is written [name]");
			return -EINVAL;
		}
		s[len - 1] = '\0';
		line->section = trim(s + 1);
		return 1;
	}
	if (!equals || equals == s) {
		snprintf(err, err_len, "neither \"key = value\" nor a comment");
		return -EINVAL;
	}
	*equals = '\0';
	line->key = trim(s);
	line->value = trim(equals + 1);
	line->quoted = line->value[0] == '"';
	if (line->quoted && unquote(line->value, err, err_len))
		return -EINVAL;
	return 1;
}

int token_next(struct token_file *f, struct token_line *line, char *err, size_t err_len)
{
	while (f->at < f->text + f->size) {
		unsigned int number;
		bool bad;
		char *s = cut_line(f, &number, &bad);

		*line = (struct token_line){ .number = number };
		if (bad) {
			snprintf(err, err_len, "a control character");
			return -EINVAL;
		}
		cut_comment(s);
		s = trim(s);
		if (*s)
			return split_line(s, line, err, err_len);
	}
	return 0;
}

char *token_item(char **list, char separator)
{
	char *item = *list, *end;

	if (!item)
		return NULL;
	end = strchr(item, separator);
	if (end)
		*end++ = '\0';
	*list = end;
	return trim(item);
}
