// SPDX-License-Identifier: GPL-2.0
/* Keys that only a connection of IKEv1 has. */
#include "config/phase1.h"

#include "config/conn.h"
#include "config/credential.h"
#include "config/value.h"

#include <stdio.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

void set_xauth(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_XAUTH_NONE] = "no",
		[CONF_XAUTH_SERVER] = "server",
		[CONF_XAUTH_CLIENT] = "client",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_xauth *)field = (enum conf_xauth)word;
}

void set_life_policy(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_LIFE_CLAIM] = "claim",
		[CONF_LIFE_OBEY] = "obey",
		[CONF_LIFE_STRICT] = "strict",
		[CONF_LIFE_EXACT] = "exact",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_life *)field = (enum conf_life)word;
}

void set_mode_config(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "pull", "push" };

	*(bool *)field = reader_word(r, key, value, words, COUNT(words)) > 0;
}

void set_aggressive(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	d->c.aggressive_psk = strcmp(value, "with-psk") == 0;
	if (d->c.aggressive_psk)
		d->c.aggressive = true;
	else
		set_bool(r, key, &d->c.aggressive, value);
}

void set_rsa_encryption(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_RSA_SIGNS] = "no",
		[CONF_RSA_ENCRYPTS] = "yes",
		[CONF_RSA_REVISED] = "revised",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_rsa *)field = (enum conf_rsa)word;
}

void set_base(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	d->c.base_psk = strcmp(value, "with-psk") == 0;
	if (d->c.base_psk)
		d->c.base_exchange = true;
	else
		set_bool(r, key, &d->c.base_exchange, value);
}

static void load_group(struct conf_reader *r, struct modp *group, const char *value)
{
	struct token_file f = { 0 };
	char path[PATH_MAX], err[128];
	const char *why;
	bool others;

	if (!conn_path(r, r->line, value, path) || !conn_check_file(r, r->line, path, false))
		return;
	if (token_open(&f, path, &others, err, sizeof(err))) {
		reader_complain(r, r->line, "%s: %s", path, err);
		return;
	}
	reader_fold(r, KW_SPAN(f.text, strlen(f.text)));
	if (modp_parse(group, KW_SPAN(f.text, strlen(f.text)))) {
		reader_complain(r, r->line,
				"%s: no DH PARAMETERS in PEM, as `openssl dhparam 3072` makes them",
				path);
	} else {
		why = modp_check(group);
		if (why)
			reader_complain(r, r->line, "%s: %s", path, why);
	}
	token_close(&f);
}

void set_private_group(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	(void)key;
	d->c.private_any = strcmp(value, "any") == 0;
	if (!d->c.private_any && strcmp(value, "no") != 0)
		load_group(r, &d->c.private_group, value);
}

/* A file of that name in /etc/pam.d: no way out of it. */
void set_pam(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (!value[0] || value[0] == '.' ||
	    value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
		reader_complain(
			r, r->line,
			"pam is a service: a name in /etc/pam.d, of small letters, digits, - and _");
	else
		set_name(r, key, field, value);
}
