// SPDX-License-Identifier: GPL-2.0
/*
 * Keys about certificates: where they are, who issued them, and how one learns that they were
 * revoked.
 */
#include "config/certificate.h"

#include "config/conn.h"
#include "config/credential.h"
#include "config/value.h"
#include "wire/cert_url.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(a)    (sizeof(a) / sizeof((a)[0]))
#define CA_PER_FILE 32

void set_cert(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char path[PATH_MAX], err[256];
	int n;

	(void)key;
	if (!conn_path(r, r->line, value, path) || !conn_check_file(r, r->line, path, false))
		return;
	n = cert_load(path, d->c.cert, COUNT(d->c.cert), err, sizeof(err));
	if (n <= 0) {
		reader_complain(r, r->line, "%s", n < 0 ? err : "no certificate in the file");
		return;
	}
	d->c.n_cert = (unsigned int)n;
	for (unsigned int i = 0; i < d->c.n_cert; i++)
		reader_fold(r, cert_der(d->c.cert[i]));
}

static void add_ca_file(struct conf_reader *r, struct cert_store *store, const char *value)
{
	struct cert *certs[CA_PER_FILE];
	char path[PATH_MAX], err[256];
	int n;

	if (!conn_path(r, r->line, value, path) || !conn_check_file(r, r->line, path, false))
		return;
	n = cert_load(path, certs, COUNT(certs), err, sizeof(err));
	if (n <= 0)
		reader_complain(r, r->line, "%s", n < 0 ? err : "no certificate in the file");
	for (int i = 0; i < n; i++) {
		if (cert_store_add(store, certs[i]))
			reader_complain(r, r->line, "%s: certificate %d cannot be a trusted issuer",
					path, i + 1);
		else
			reader_fold(r, cert_der(certs[i]));
		cert_put(certs[i]);
	}
}

void set_ca(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct cert_store **store = field;
	char *item;

	(void)key;
	if (cert_store_new(store)) {
		reader_complain(r, r->line, "no memory");
		return;
	}
	while ((item = token_item(&value, ',')))
		add_ca_file(r, *store, item);
}

static void add_crl_file(struct conf_reader *r, struct crl_set *set, const char *path)
{
	char why[REVOKE_WHY];

	if (conn_check_file(r, r->line, path, false) && crl_set_load(set, path, why))
		reader_complain(r, r->line, "%s", why);
}

static bool is_crl_name(const struct dirent *e)
{
	const char *dot = strrchr(e->d_name, '.');

	return e->d_name[0] != '.' && dot && (strcmp(dot, ".crl") == 0 || strcmp(dot, ".pem") == 0);
}

static void add_crl_dir(struct conf_reader *r, struct crl_set *set, const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *e;

	if (!dir) {
		reader_complain(r, r->line, "%s: %s", path, strerror(errno));
		return;
	}
	while ((e = readdir(dir))) {
		char file[PATH_MAX + 256];

		if (!is_crl_name(e))
			continue;
		snprintf(file, sizeof(file), "%s/%s", path, e->d_name);
		add_crl_file(r, set, file);
	}
	closedir(dir);
}

/* Their names belong to the connection, but not what stands in them: that changes every day. */
void set_crl(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct crl_set **set = field;
	char path[PATH_MAX], *item;
	struct stat st;

	(void)key;
	if (crl_set_new(set)) {
		reader_complain(r, r->line, "no memory");
		return;
	}
	while ((item = token_item(&value, ','))) {
		if (!conn_path(r, r->line, item, path))
			continue;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			add_crl_dir(r, *set, path);
		else
			add_crl_file(r, *set, path);
	}
}

void set_revocation(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[REVOKE_RELAXED] = "relaxed",
		[REVOKE_IFURI] = "ifuri",
		[REVOKE_STRICT] = "strict",
		[REVOKE_OFF] = "off",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum revoke_mode *)field = (enum revoke_mode)word;
}

void set_ocsp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_OCSP_ANSWER] = "answer",
		[CONF_OCSP_ASK] = "ask",
		[CONF_OCSP_NO] = "no",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_ocsp *)field = (enum conf_ocsp)word;
}

/* A copy of the URL; NULL: complained. */
static char *copy_url(struct conf_reader *r, const struct conf_key *key, const char *item)
{
	char *copy = NULL;

	if (!cert_url_is_plain(item))
		reader_complain(
			r, r->line,
			"%s: \"%.80s\" is not a URL such as http://pki.example/certs/gw.der",
			key->name, item);
	else if (!(copy = strdup(item)))
		reader_complain(r, r->line, "no memory");
	return copy;
}

static bool ends_with_slash(const char *s)
{
	size_t len = strlen(s);

	return len && s[len - 1] == '/';
}

/*
 * Places end with a slash: http://pki.example would be the beginning of http://pki.example.net too.
 */
void set_cert_lookup(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item, *copy;

	if (strcmp(value, "no") == 0)
		return;
	while ((item = token_item(&value, ','))) {
		if (strcmp(item, "any") == 0) {
			d->c.lookup_any = true;
			continue;
		}
		if (d->c.n_lookup == CONF_LOOKUPS_MAX || !ends_with_slash(item)) {
			reader_complain(
				r, r->line,
				"%s is no, any, or up to %d beginnings of URLs that end with a slash, such as http://pki.example/certs/: \"%.80s\"",
				key->name, CONF_LOOKUPS_MAX, item);
			return;
		}
		copy = copy_url(r, key, item);
		if (copy)
			d->c.lookup[d->c.n_lookup++] = copy;
	}
}

void set_cert_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item, *copy;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_cert_url == COUNT(d->c.cert_url)) {
			reader_complain(r, r->line, "%s has more than %zu URLs", key->name,
					COUNT(d->c.cert_url));
			return;
		}
		copy = copy_url(r, key, item);
		if (copy)
			d->c.cert_url[d->c.n_cert_url++] = copy;
	}
}

void set_bundle_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	*(char **)field = copy_url(r, key, value);
}
