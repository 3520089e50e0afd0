// SPDX-License-Identifier: GPL-2.0
/* Keys about what the two sides prove themselves with: names, secrets, raw keys, EAP. */
#include "config/credential.h"

#include "config/conn.h"
#include "config/value.h"
#include "wire/eap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(a)     (sizeof(a) / sizeof((a)[0]))
#define TOKEN_SCHEME "pkcs11:"

void set_ident(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (ident_parse(field, value))
		reader_complain(
			r, r->line,
			"%s is a name, address, user@name, CN=..., keyid:HEX or any, not \"%.60s\"",
			key->name, value);
}

void set_local_id(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strcmp(value, "any") == 0)
		reader_complain(r, r->line, "%s cannot be any: it is what we call ourselves",
				key->name);
	else
		set_ident(r, key, field, value);
}

/* Cuts "+eap" off, which a proof before EAP has behind it. */
static bool cut_again(char *word)
{
	size_t len = strlen(word);

	if (len < 4 || strcmp(word + len - 4, "+eap") != 0)
		return false;
	word[len - 4] = '\0';
	return true;
}

void set_auth(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_AUTH_PSK] = "psk", [CONF_AUTH_PUBKEY] = "pubkey", [CONF_AUTH_CERT] = "cert",
		[CONF_AUTH_EAP] = "eap", [CONF_AUTH_XAUTH] = "xauth",
	};
	struct conn_draft *d = field;
	char *first = token_item(&value, ','), *second = value ? token_item(&value, ',') : NULL;
	bool local_again = cut_again(first),
	     remote_again = second ? cut_again(second) : local_again;
	int local = reader_word(r, key, first, words, COUNT(words));
	int remote = second ? reader_word(r, key, second, words, COUNT(words)) : local;

	if (value)
		reader_complain(r, r->line, "%s has at most two words: ours, the peer's",
				key->name);
	if (local < 0 || remote < 0)
		return;
	d->c.local_auth = (enum conf_auth)local;
	d->c.remote_auth = (enum conf_auth)remote;
	d->c.local_again = local_again;
	d->c.remote_again = remote_again;
	d->auth_set = true;
}

void set_psk(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct kw_secret *psk = field;
	int ret;

	if (r->others_can_read)
		reader_complain(r, r->line, "%s in a file that everybody can read: chmod 600 it",
				key->name);
	if (psk->len) {
		reader_complain(r, r->line, "both %s and %s-file", key->name, key->name);
		return;
	}
	if (r->quoted)
		ret = kw_secret_copy(psk, KW_SPAN(value, strlen(value)));
	else
		ret = value_secret(value, psk);
	if (ret == -EINVAL)
		reader_complain(r, r->line,
				"%s is \"text in quotes\", 0x and hex digits, or 0s and base64",
				key->name);
	else if (ret)
		reader_complain(r, r->line, "%s: no memory for secrets", key->name);
}

/* The path a value means. false: complained. */
bool conn_path(struct conf_reader *r, unsigned int line, const char *value, char path[PATH_MAX])
{
	int n = value[0] == '/' ? snprintf(path, PATH_MAX, "%s", value)
				: snprintf(path, PATH_MAX, "%s/%s", r->dir, value);

	if (n > 0 && n < PATH_MAX)
		return true;
	reader_complain(r, line, "file name too long");
	return false;
}

/* A regular file, and a private one when it holds a secret: said here with the remedy. */
bool conn_check_file(struct conf_reader *r, unsigned int line, const char *path, bool secret)
{
	struct stat st;

	if (stat(path, &st))
		reader_complain(r, line, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		reader_complain(r, line, "%s is not a regular file", path);
	else if (secret && (st.st_mode & (S_IROTH | S_IWOTH)))
		reader_complain(
			r, line,
			"%s holds a secret, but its mode %04o lets everybody at it: chmod 600",
			path, st.st_mode & 07777);
	else
		return true;
	return false;
}

void set_psk_file(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct kw_secret *psk = field;
	struct token_file f = { 0 };
	char path[PATH_MAX], err[128];
	bool others;
	size_t len;
	int ret;

	if (!conn_path(r, r->line, value, path) || !conn_check_file(r, r->line, path, true))
		return;
	if (psk->len) {
		reader_complain(r, r->line, "both %.*s and %s",
				(int)(strlen(key->name) - strlen("-file")), key->name, key->name);
		return;
	}
	if (token_open(&f, path, &others, err, sizeof(err))) {
		reader_complain(r, r->line, "%s: %s", path, err);
		return;
	}
	len = strcspn(f.text, "\r\n");
	f.text[len] = '\0';
	if (strncmp(f.text, "0x", 2) == 0 || strncmp(f.text, "0s", 2) == 0)
		ret = value_secret(f.text, psk);
	else
		ret = len ? kw_secret_copy(psk, KW_SPAN(f.text, len)) : -EINVAL;
	if (ret)
		reader_complain(r, r->line, "%s: %s: the first line is no key", key->name, path);
	else
		reader_fold(r, kw_secret_expose(psk));
	token_close(&f);
}

void set_users(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conf_users **users = field;
	char path[PATH_MAX];

	(void)key;
	if (conn_path(r, r->line, value, path) && conn_check_file(r, r->line, path, true))
		*users = conn_load_users(r, path);
}

void set_name(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	char **name = field;

	if (strlen(value) > key->max) {
		reader_complain(r, r->line, "%s is longer than %llu octets", key->name,
				(unsigned long long)key->max);
		return;
	}
	*name = strdup(value);
	if (!*name)
		reader_complain(r, r->line, "no memory");
}

void set_server(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ip_addr *addr = field;

	if (ip_addr_parse(addr, value) || ip_addr_is_any(addr))
		reader_complain(r, r->line, "%s is the address of a server, not \"%.60s\"",
				key->name, value);
}

void set_eap(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "mschapv2", "tls", "gtc", "md5" };
	struct conn_draft *d = field;
	char *item;

	while ((item = token_item(&value, ','))) {
		int word = reader_word(r, key, item, words, COUNT(words));
		uint8_t type = word < 0 ? 0 : eap_type_by_name(words[word]);

		if (type && memchr(d->c.eap, type, d->c.n_eap))
			reader_complain(r, r->line, "%s names %s twice", key->name, item);
		else if (type)
			d->c.eap[d->c.n_eap++] = type;
	}
}

/* Its public half stands for it in the digest. */
static void fold_key(struct conf_reader *r, const struct sign_key *key)
{
	struct verify_key *pub;
	uint8_t *der;
	size_t len;

	if (sign_key_public(key, &pub))
		return;
	if (verify_key_spki(pub, &der, &len) == 0) {
		reader_fold(r, KW_SPAN(der, len));
		free(der);
	}
	verify_key_free(pub);
}

void conn_load_key(struct conf_reader *r, struct conf_conn *c, const char *name, unsigned int line)
{
	char path[PATH_MAX], err[256];

	if (!conn_path(r, line, name, path) || !conn_check_file(r, line, path, true))
		return;
	if (sign_key_load(&c->key, path, err, sizeof(err)))
		reader_complain(r, line, "%s", err);
	else
		fold_key(r, c->key);
}

void set_key(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	(void)key;
	if (strncmp(value, TOKEN_SCHEME, strlen(TOKEN_SCHEME)) != 0) {
		conn_load_key(r, &d->c, value, r->line);
		return;
	}
	/* Its PIN may still come. */
	d->c.key_url = strdup(value);
	if (!d->c.key_url)
		reader_complain(r, r->line, "no memory");
}

void conn_open_token(struct conf_reader *r, struct conf_conn *c)
{
	char err[512];

	if (sign_key_in_token(&c->key, c->key_url, &c->key_pin, err, sizeof(err))) {
		reader_complain(r, reader_line(r, "key"), "%s", err);
		return;
	}
	r->current = r->n_keys;
	fold_key(r, c->key);
}

void set_remote_key(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (verify_key_parse(field, value))
		reader_complain(
			r, r->line,
			"%s is ed25519:BASE64, as `keyway init` prints it, or the base64 of a public key",
			key->name);
}
