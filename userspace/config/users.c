// SPDX-License-Identifier: GPL-2.0
/*
 * The file of users: one on each line, name = "secret", in the form of every other file. A secret without quotes
 * is 0x and hex digits or 0s and base64, as for psk.
 */
#include "config/users.h"

#include "config/conn.h"
#include "config/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NAME_MAX_LEN 253	/* what EAP methods and RADIUS have room for */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct conf_user *)a)->name, ((const struct conf_user *)b)->name);
}

const struct conf_user *conf_users_find(const struct conf_users *users, struct kw_span name)
{
	unsigned int from = 0, to = users ? users->n : 0;

	while (from < to) {
		unsigned int mid = (from + to) / 2;
		const struct conf_user *u = &users->user[mid];
		size_t len = strlen(u->name);
		int cmp = name.len ? memcmp(u->name, name.p, len < name.len ? len : name.len) : 1;

		if (!cmp)
			cmp = (len > name.len) - (len < name.len);
		if (!cmp)
			return u;
		if (cmp < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

void conf_users_free(struct conf_users *users)
{
	if (!users)
		return;
	for (unsigned int i = 0; i < users->n; i++) {
		free(users->user[i].name);
		kw_secret_drop(&users->user[i].secret);
	}
	free(users->user);
	free(users);
}

static void add_user(struct conf_reader *r, struct conf_users *users, const struct token_line *line)
{
	struct conf_user *list, *u;
	int ret;

	if (strlen(line->key) > NAME_MAX_LEN) {
		reader_complain(r, line->number, "a user's name has at most %d octets", NAME_MAX_LEN);
		return;
	}
	list = reallocarray(users->user, users->n + 1, sizeof(*list));
	if (!list) {
		reader_complain(r, line->number, "no memory");
		return;
	}
	users->user = list;
	u = &list[users->n];
	*u = (struct conf_user){ .name = strdup(line->key) };
	users->n++;
	if (line->quoted)
		ret = line->value[0] ? kw_secret_copy(&u->secret, KW_SPAN(line->value, strlen(line->value)))
				     : -EINVAL;
	else
		ret = value_secret(line->value, &u->secret);
	if (ret == -EINVAL)
		reader_complain(r, line->number,
				"the secret of %.60s is \"text in quotes\", 0x and hex digits, or 0s and base64",
				line->key);
	else if (ret || !u->name)
		reader_complain(r, line->number, "no memory for secrets");
	else
		reader_fold(r, kw_secret_expose(&u->secret));
}

static void refuse_twins(struct conf_reader *r, const struct conf_users *users)
{
	for (unsigned int i = 1; i < users->n; i++)
		if (strcmp(users->user[i - 1].name, users->user[i].name) == 0)
			reader_complain(r, 0, "user %.60s is there twice", users->user[i].name);
}

static void read_lines(struct conf_reader *r, struct token_file *f, struct conf_users *users)
{
	const unsigned int before = r->errors->n;
	struct token_line line;
	char err[128];
	int ret;

	while ((ret = token_next(f, &line, err, sizeof(err))) != 0) {
		if (ret < 0)
			reader_complain(r, line.number, "%s", err);
		else if (line.section)
			reader_complain(r, line.number, "a file of users has no sections");
		else
			add_user(r, users, &line);
	}
	if (r->errors->n != before)
		return;
	if (!users->n)
		reader_complain(r, 0, "no user in the file");
	else
		qsort(users->user, users->n, sizeof(*users->user), by_name);
	refuse_twins(r, users);
}

struct conf_users *conn_load_users(struct conf_reader *r, const char *path)
{
	/* Its complaints name the file itself; what it holds counts for the key that is being set. */
	const char *whole = r->path;
	struct conf_users *users = calloc(1, sizeof(*users));
	struct token_file f = { 0 };
	char err[128];
	bool others;

	r->path = path;
	if (!users)
		reader_complain(r, 0, "no memory");
	else if (token_open(&f, path, &others, err, sizeof(err)))
		reader_complain(r, 0, "%s", err);
	else
		read_lines(r, &f, users);
	token_close(&f);
	r->path = whole;
	return users;
}
