// SPDX-License-Identifier: GPL-2.0
/*
 * The keys of a connection, one row each, and how their values become fields of struct conf_conn.
 *
 * keyway.conf(5) describes every row of the table at the end: they change together.
 */
#include "config/conn.h"

#include "config/handling.h"
#include "config/value.h"
#include "wire/cert_url.h"
#include "wire/eap.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <linux/keyway.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define CA_PER_FILE 32
#define TOKEN_SCHEME "pkcs11:"

static void set_action(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_PROTECT] = "protect", [CONF_BYPASS] = "bypass", [CONF_DISCARD] = "discard",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_action *)field = (enum conf_action)word;
}

static void set_start(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_START_NONE] = "none", [CONF_START_TRAP] = "trap", [CONF_START_UP] = "up",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_start *)field = (enum conf_start)word;
}

static void set_unique(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_UNIQUE_REPLACE] = "replace", [CONF_UNIQUE_KEEP] = "keep",
		[CONF_UNIQUE_NEVER] = "never",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_unique *)field = (enum conf_unique)word;
}

static void set_mobike(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	bool on;

	if (value_bool(value, &on))
		*(enum conf_mobike *)field = on ? CONF_MOBIKE_YES : CONF_MOBIKE_NO;
	else if (strcmp(value, "answer") != 0)
		reader_complain(r, r->line, "%s is yes, no or answer, not \"%.60s\"", key->name, value);
}

static void set_tcp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_TCP_NO] = "no", [CONF_TCP_FALLBACK] = "fallback", [CONF_TCP_ONLY] = "only",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_tcp *)field = (enum conf_tcp)word;
}

static void set_version(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { [CONF_IKE2] = "ike2", [CONF_IKE1] = "ike1" };
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_version *)field = (enum conf_version)word;
}

static void set_xauth(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_XAUTH_NONE] = "no", [CONF_XAUTH_SERVER] = "server", [CONF_XAUTH_CLIENT] = "client",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_xauth *)field = (enum conf_xauth)word;
}

static void set_life_policy(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_LIFE_CLAIM] = "claim", [CONF_LIFE_OBEY] = "obey",
		[CONF_LIFE_STRICT] = "strict", [CONF_LIFE_EXACT] = "exact",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_life *)field = (enum conf_life)word;
}

static void set_mode_config(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "pull", "push" };

	*(bool *)field = reader_word(r, key, value, words, COUNT(words)) > 0;
}

static void set_aggressive(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	d->c.aggressive_psk = strcmp(value, "with-psk") == 0;
	if (d->c.aggressive_psk)
		d->c.aggressive = true;
	else
		set_bool(r, key, &d->c.aggressive, value);
}

static void set_rsa_encryption(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_RSA_SIGNS] = "no", [CONF_RSA_ENCRYPTS] = "yes", [CONF_RSA_REVISED] = "revised",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum conf_rsa *)field = (enum conf_rsa)word;
}

static void set_base(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	d->c.base_psk = strcmp(value, "with-psk") == 0;
	if (d->c.base_psk)
		d->c.base_exchange = true;
	else
		set_bool(r, key, &d->c.base_exchange, value);
}

static void set_local(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ip_addr *addr = field;

	if (strcmp(value, "any") == 0)
		return;
	if (ip_addr_parse(addr, value) || ip_addr_is_any(addr))
		reader_complain(r, r->line, "%s is an address of this host or any, not \"%.60s\"",
				key->name, value);
}

#define HOST_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

static bool is_host_name(const char *s)
{
	size_t len = strlen(s);

	return len < 254 && s[0] != '-' && s[0] != '.' &&
	       strspn(s, HOST_LETTERS) == len;
}

static void set_remote(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	char **host = field;
	struct ip_addr addr;

	if (strcmp(value, "any") == 0)
		return;
	if (ip_addr_parse(&addr, value) == 0 ? ip_addr_is_any(&addr) : !is_host_name(value)) {
		reader_complain(r, r->line, "%s is an address, a host name or any, not \"%.60s\"",
				key->name, value);
		return;
	}
	*host = strdup(value);
	if (!*host)
		reader_complain(r, r->line, "no memory");
}

static void set_gateway(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strcmp(value, "any") == 0)
		reader_complain(r, r->line, "%s is an address or a host name, not any", key->name);
	else
		set_remote(r, key, field, value);
}

static void set_ident(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (ident_parse(field, value))
		reader_complain(r, r->line,
				"%s is a name, address, user@name, CN=..., keyid:HEX or any, not \"%.60s\"",
				key->name, value);
}

static void set_local_id(struct conf_reader *r, const struct conf_key *key, void *field,
			 char *value)
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

static void set_auth(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_AUTH_PSK] = "psk", [CONF_AUTH_PUBKEY] = "pubkey", [CONF_AUTH_CERT] = "cert",
		[CONF_AUTH_EAP] = "eap", [CONF_AUTH_XAUTH] = "xauth",
	};
	struct conn_draft *d = field;
	char *first = token_item(&value, ','), *second = value ? token_item(&value, ',') : NULL;
	bool local_again = cut_again(first), remote_again = second ? cut_again(second) : local_again;
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

static void set_psk(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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
static bool resolve(struct conf_reader *r, unsigned int line, const char *value,
		    char path[PATH_MAX])
{
	int n = value[0] == '/' ? snprintf(path, PATH_MAX, "%s", value) :
		snprintf(path, PATH_MAX, "%s/%s", r->dir, value);

	if (n > 0 && n < PATH_MAX)
		return true;
	reader_complain(r, line, "file name too long");
	return false;
}

/* A regular file, and a private one when it holds a secret: said here with the remedy. */
static bool check_file(struct conf_reader *r, unsigned int line, const char *path, bool secret)
{
	struct stat st;

	if (stat(path, &st))
		reader_complain(r, line, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		reader_complain(r, line, "%s is not a regular file", path);
	else if (secret && (st.st_mode & (S_IROTH | S_IWOTH)))
		reader_complain(r, line,
				"%s holds a secret, but its mode %04o lets everybody at it: chmod 600",
				path, st.st_mode & 07777);
	else
		return true;
	return false;
}

static void set_psk_file(struct conf_reader *r, const struct conf_key *key, void *field,
			 char *value)
{
	struct kw_secret *psk = field;
	struct token_file f = { 0 };
	char path[PATH_MAX], err[128];
	bool others;
	size_t len;
	int ret;

	if (!resolve(r, r->line, value, path) || !check_file(r, r->line, path, true))
		return;
	if (psk->len) {
		reader_complain(r, r->line, "both %.*s and %s", (int)(strlen(key->name) - strlen("-file")),
				key->name, key->name);
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

static void load_group(struct conf_reader *r, struct modp *group, const char *value)
{
	struct token_file f = { 0 };
	char path[PATH_MAX], err[128];
	const char *why;
	bool others;

	if (!resolve(r, r->line, value, path) || !check_file(r, r->line, path, false))
		return;
	if (token_open(&f, path, &others, err, sizeof(err))) {
		reader_complain(r, r->line, "%s: %s", path, err);
		return;
	}
	reader_fold(r, KW_SPAN(f.text, strlen(f.text)));
	if (modp_parse(group, KW_SPAN(f.text, strlen(f.text)))) {
		reader_complain(r, r->line, "%s: no DH PARAMETERS in PEM, as `openssl dhparam 3072` makes them", path);
	} else {
		why = modp_check(group);
		if (why)
			reader_complain(r, r->line, "%s: %s", path, why);
	}
	token_close(&f);
}

static void set_private_group(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;

	(void)key;
	d->c.private_any = strcmp(value, "any") == 0;
	if (!d->c.private_any && strcmp(value, "no") != 0)
		load_group(r, &d->c.private_group, value);
}

static void set_users(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conf_users **users = field;
	char path[PATH_MAX];

	(void)key;
	if (resolve(r, r->line, value, path) && check_file(r, r->line, path, true))
		*users = conn_load_users(r, path);
}

static void set_name(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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

/* A file of that name in /etc/pam.d: no way out of it. */
static void set_pam(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (!value[0] || value[0] == '.' || value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-_.")])
		reader_complain(r, r->line, "pam is a service: a name in /etc/pam.d, of small letters, digits, - and _");
	else
		set_name(r, key, field, value);
}

static void set_server(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ip_addr *addr = field;

	if (ip_addr_parse(addr, value) || ip_addr_is_any(addr))
		reader_complain(r, r->line, "%s is the address of a server, not \"%.60s\"", key->name, value);
}

static void set_eap(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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

	if (!resolve(r, line, name, path) || !check_file(r, line, path, true))
		return;
	if (sign_key_load(&c->key, path, err, sizeof(err)))
		reader_complain(r, line, "%s", err);
	else
		fold_key(r, c->key);
}

static void set_key(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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

static void set_remote_key(struct conf_reader *r, const struct conf_key *key, void *field,
			   char *value)
{
	if (verify_key_parse(field, value))
		reader_complain(r, r->line,
				"%s is ed25519:BASE64, as `keyway init` prints it, or the base64 of a public key",
				key->name);
}

static void set_cert(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char path[PATH_MAX], err[256];
	int n;

	(void)key;
	if (!resolve(r, r->line, value, path) || !check_file(r, r->line, path, false))
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

	if (!resolve(r, r->line, value, path) || !check_file(r, r->line, path, false))
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

static void set_ca(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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

	if (check_file(r, r->line, path, false) && crl_set_load(set, path, why))
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
static void set_crl(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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
		if (!resolve(r, r->line, item, path))
			continue;
		if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
			add_crl_dir(r, *set, path);
		else
			add_crl_file(r, *set, path);
	}
}

static void set_revocation(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[REVOKE_RELAXED] = "relaxed", [REVOKE_IFURI] = "ifuri", [REVOKE_STRICT] = "strict",
		[REVOKE_OFF] = "off",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(enum revoke_mode *)field = (enum revoke_mode)word;
}

static void set_ocsp(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = {
		[CONF_OCSP_ANSWER] = "answer", [CONF_OCSP_ASK] = "ask", [CONF_OCSP_NO] = "no",
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
		reader_complain(r, r->line, "%s: \"%.80s\" is not a URL such as http://pki.example/certs/gw.der",
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

/* Places end with a slash: http://pki.example would be the beginning of http://pki.example.net too. */
static void set_cert_lookup(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
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
			reader_complain(r, r->line, "%s is no, any, or up to %d beginnings of URLs that end with a slash, such as http://pki.example/certs/: \"%.80s\"",
					key->name, CONF_LOOKUPS_MAX, item);
			return;
		}
		copy = copy_url(r, key, item);
		if (copy)
			d->c.lookup[d->c.n_lookup++] = copy;
	}
}

static void set_cert_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item, *copy;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_cert_url == COUNT(d->c.cert_url)) {
			reader_complain(r, r->line, "%s has more than %zu URLs", key->name, COUNT(d->c.cert_url));
			return;
		}
		copy = copy_url(r, key, item);
		if (copy)
			d->c.cert_url[d->c.n_cert_url++] = copy;
	}
}

static void set_bundle_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	*(char **)field = copy_url(r, key, value);
}

/* Algorithm lists wait for each other (pfs, esp, ah): kept as text until the end of the file. */
static void set_text(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strlen(value) >= key->max)
		reader_complain(r, r->line, "%s is longer than %llu letters", key->name,
				(unsigned long long)key->max - 1);
	else
		memcpy(field, value, strlen(value) + 1);
}

/* One item of child-lifetime: the unit says which limit it is. */
static bool set_limit(struct conf_child *c, const char *item, const struct conf_key *key)
{
	size_t len = strlen(item);
	char number[24];
	uint32_t seconds;

	if (value_duration(item, &seconds)) {
		c->rekey = seconds;
		return seconds == 0 || (seconds >= key->min && seconds <= key->max);
	}
	if (value_size(item, &c->rekey_bytes))
		return c->rekey_bytes != 0;
	if (len < 2 || len >= sizeof(number) || item[len - 1] != 'p')
		return false;
	memcpy(number, item, len - 1);
	number[len - 1] = '\0';
	return value_number(number, UINT64_MAX / 2, &c->rekey_packets) &&
	       c->rekey_packets;
}

static void set_child_lifetime(struct conf_reader *r, const struct conf_key *key, void *field,
			       char *value)
{
	struct child_draft *d = field;
	char *item;

	while ((item = token_item(&value, ',')))
		if (!set_limit(&d->c, item, key))
			reader_complain(r, r->line,
					"%s is a time from %llu s on (3h), octets (10G), packets (1000000p) or a list: \"%.60s\"",
					key->name, (unsigned long long)key->min, item);
}

/* "[udp/1701]": of whatever address the connection has. */
static int dynamic_net(struct ts *ts, const char *item)
{
	char whole[128];
	int ret;

	snprintf(whole, sizeof(whole), "0.0.0.0/0%.100s", item);
	ret = ts_from_text(ts, whole);
	ts->range = (struct ip_range){ 0 };
	return ret;
}

static void set_mode(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	static const char *const words[] = { "tunnel", "transport" };
	int word = reader_word(r, key, value, words, COUNT(words));

	*(bool *)field = word > 0;
}

static void set_nets(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct ts_list *list = field;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (list->n == TS_MAX) {
			reader_complain(r, r->line, "%s has more than %d nets", key->name, TS_MAX);
			return;
		}
		if (item[0] == '[' ? dynamic_net(&list->ts[list->n], item) :
				     ts_from_text(&list->ts[list->n], item))
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not a net such as 10.1.0.0/16 or 10.1.0.0/16[tcp/443]",
					key->name, item);
		else
			list->n++;
	}
}

static void set_address(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	while ((item = token_item(&value, ','))) {
		unsigned int n = d->c.n_device_addr;

		if (n == COUNT(d->c.device_addr)) {
			reader_complain(r, r->line, "%s has more than %zu addresses", key->name,
					COUNT(d->c.device_addr));
			return;
		}
		if (value_address(item, &d->c.device_addr[n], &d->c.device_addr_bits[n]))
			d->c.n_device_addr++;
		else
			reader_complain(r, r->line,
					"%s: \"%.60s\" is not an address such as 10.9.0.1/24",
					key->name, item);
	}
}

/* The ends of a net are not hosts' (RFC 1122 §3.2.1.3, RFC 4291 §2.6.1). */
static struct conf_pool pool_of(const struct ip_range *net)
{
	struct conf_pool pool = { .net = *net, .give = *net };
	const bool v4 = net->first.family == AF_INET;
	const int bits = ip_range_prefix_len(net);

	if (bits < 0 || bits > (v4 ? 30 : 126))
		return pool;
	pool.give.first.b[v4 ? 3 : 15]++;
	if (v4)
		pool.give.last.b[3]--;
	return pool;
}

static void set_pool(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	struct ip_range net;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_pool == CONF_POOLS_MAX)
			reader_complain(r, r->line, "%s has more than %d parts", key->name, CONF_POOLS_MAX);
		else if (ip_range_parse(&net, item))
			reader_complain(r, r->line, "%s: \"%.60s\" is no net such as 10.9.0.0/24 or range such as 10.9.0.10-10.9.0.99",
					key->name, item);
		else
			d->c.pool[d->c.n_pool++] = pool_of(&net);
	}
}

static void set_dns(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	struct ip_addr addr;
	char *item;

	while ((item = token_item(&value, ','))) {
		if (d->c.n_dns == CONF_DNS_MAX)
			reader_complain(r, r->line, "%s has more than %d servers", key->name, CONF_DNS_MAX);
		else if (ip_addr_parse(&addr, item) || ip_addr_is_any(&addr))
			reader_complain(r, r->line, "%s: \"%.60s\" is not the address of a name server",
					key->name, item);
		else
			d->c.dns[d->c.n_dns++] = addr;
	}
}

static void set_domain(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	if (!d->c.domain)
		d->c.domain = calloc(CONF_DOMAINS_MAX, sizeof(*d->c.domain));
	while (d->c.domain && (item = token_item(&value, ','))) {
		if (d->c.n_domain == CONF_DOMAINS_MAX)
			reader_complain(r, r->line, "%s has more than %d domains", key->name, CONF_DOMAINS_MAX);
		else if (!is_host_name(item))
			reader_complain(r, r->line, "%s: \"%.60s\" is not a domain such as corp.example", key->name,
					item);
		else
			snprintf(d->c.domain[d->c.n_domain++], CONF_DOMAIN_LEN, "%s", item);
	}
	if (!d->c.domain)
		reader_complain(r, r->line, "no memory");
}

/* One word or address of virtual-address as the addresses to ask for. */
static bool add_virtual(struct conf_conn *c, const char *item)
{
	const bool both = strcmp(item, "yes") == 0;
	struct ip_addr addr;

	if (both || strcmp(item, "ipv4") == 0 || strcmp(item, "ipv6") == 0)
		ip_addr_parse(&addr, strcmp(item, "ipv6") == 0 ? "::" : "0.0.0.0");
	else if (ip_addr_parse(&addr, item))
		return false;
	if (c->n_virtual == 2 || (c->n_virtual && (both || c->virtual_addr[0].family == addr.family)))
		return false;
	c->virtual_addr[c->n_virtual++] = addr;
	return !both || add_virtual(c, "ipv6");
}

static void set_virtual(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	struct conn_draft *d = field;
	char *item;

	if (strcmp(value, "no") == 0)
		return;
	while ((item = token_item(&value, ',')))
		if (!add_virtual(&d->c, item))
			reader_complain(r, r->line,
					"%s is yes, no, or at most one each of ipv4 or an IPv4 address, ipv6 or an IPv6 address: \"%.60s\"",
					key->name, item);
}

void set_device(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	const size_t max = sizeof(((struct conf_conn *)0)->device) - 1;
	size_t len = strlen(value);

	if (len > max)
		reader_complain(r, r->line, "%s \"%.60s\" has %zu letters, Linux allows %zu",
				key->name, value, len, max);
	else if (strpbrk(value, "/: \t%") || strcmp(value, ".") == 0 || strcmp(value, "..") == 0)
		reader_complain(r, r->line, "%s \"%.60s\" cannot be the name of a device",
				key->name, value);
	else
		memcpy(field, value, len + 1);
}

static void set_mtu(struct conf_reader *r, const struct conf_key *key, void *field, char *value)
{
	if (strcmp(value, "auto") == 0)
		*(uint32_t *)field = 0;
	else
		set_u32(r, key, field, value);
}

static void set_replay_window(struct conf_reader *r, const struct conf_key *key, void *field,
			      char *value)
{
	uint32_t *window = field;

	set_u32(r, key, field, value);
	if (*window && *window < 32)
		reader_complain(r, r->line, "%s is 0 (no replay protection) or at least 32, not %u",
				key->name, *window);
}

static void set_fragmentation(struct conf_reader *r, const struct conf_key *key, void *field,
			      char *value)
{
	uint16_t *size = field;
	bool on;

	if (!value_bool(value, &on))
		set_u16(r, key, field, value);
	else if (!on)
		*size = 0;
}

#define C(member) .field = offsetof(struct conn_draft, c.member)
#define WHOLE .field = 0
#define TEXT(member) .field = offsetof(struct conn_draft, member), \
	.max = sizeof(((struct conn_draft *)0)->member)
#define HANDLING(at) .field = (at) + offsetof(struct child_draft, c.handling)
/* What a [child NAME] section may set too. */
#define CHILD_KEYS(at)									\
	{ "mode", set_mode, .field = (at) + offsetof(struct child_draft, c.transport) },	\
	{ "esp", set_text, .field = (at) + offsetof(struct child_draft, esp),		\
	  .max = sizeof(((struct child_draft *)0)->esp) },				\
	{ "ah", set_text, .field = (at) + offsetof(struct child_draft, ah),			\
	  .max = sizeof(((struct child_draft *)0)->ah) },				\
	{ "pfs", set_text, .field = (at) + offsetof(struct child_draft, pfs),		\
	  .max = sizeof(((struct child_draft *)0)->pfs) },				\
	{ "child-lifetime", set_child_lifetime, .field = (at), .min = 5, .max = 30 * DAY },	\
	{ "inactivity", set_duration, .min = 5, .max = 30 * DAY,				\
	  .field = (at) + offsetof(struct child_draft, c.inactivity) },				\
	{ "local-net", set_nets, .field = (at) + offsetof(struct child_draft, c.local_ts) },	\
	{ "remote-net", set_nets, .field = (at) + offsetof(struct child_draft, c.remote_ts) },	\
	{ "dscp", set_dscp, HANDLING(at) }, { "ecn", set_ecn, HANDLING(at) },		\
	{ "df", set_df, HANDLING(at) }, { "ttl", set_ttl, HANDLING(at) },			\
	{ "mss-clamp", set_mss_clamp, HANDLING(at) }, { "fragment", set_fragment, HANDLING(at) },	\
	{ "flow-label", set_flow_label, HANDLING(at) },						\
	{ "icmp-errors", set_icmp_errors, HANDLING(at) },					\
	{ "plaintext-in", set_plaintext_in, HANDLING(at) },					\
	{ "verify-checksums", set_verify_checksums, HANDLING(at) },				\
	{ "tfc", set_tfc, HANDLING(at) }, { "pfp", set_pfp, HANDLING(at) },			\
	{ "dscp-classes", set_dscp_classes, .field = (at) + offsetof(struct child_draft, c) },	\
	{ "mark", set_mark, HANDLING(at) }, { "set-mark", set_set_mark, HANDLING(at) }
#define DAY 86400

const struct conf_key conn_keys[] = {
	{ "action", set_action, C(action) },
	{ "priority", set_u32, C(priority), .min = 1, .max = 1000000 },
	{ "start", set_start, C(start) },
	{ "version", set_version, C(version) },
	{ "local", set_local, C(local_addr) },
	{ "remote", set_remote, C(remote_host) },
	{ "remote-port", set_u16, C(remote_port), .min = 1, .max = 65535 },
	{ "local-id", set_local_id, C(local_id) },
	{ "remote-id", set_ident, C(remote_id) },
	{ "unique", set_unique, C(unique) },

	{ "auth", set_auth, WHOLE },
	{ "psk", set_psk, C(psk) },
	{ "psk-file", set_psk_file, C(psk) },
	{ "ppk", set_psk, C(ppk) },
	{ "ppk-id", set_text, .field = offsetof(struct conn_draft, c.ppk_id),
	  .max = sizeof(((struct conf_conn *)0)->ppk_id) },
	{ "ppk-required", set_bool, C(ppk_required) },
	{ "key", set_key, WHOLE },
	{ "key-pin", set_psk, C(key_pin) },
	{ "key-pin-file", set_psk_file, C(key_pin) },
	{ "remote-key", set_remote_key, C(remote_key) },
	{ "cert", set_cert, WHOLE },
	{ "ca", set_ca, C(ca) },
	{ "crl", set_crl, C(crls) },
	{ "revocation", set_revocation, C(revocation) },
	{ "ocsp", set_ocsp, C(ocsp) },
	{ "cert-lookup", set_cert_lookup, WHOLE },
	{ "cert-url", set_cert_url, WHOLE },
	{ "cert-bundle-url", set_bundle_url, C(bundle_url) },
	{ "aggressive", set_aggressive, WHOLE },
	{ "rsa-encryption", set_rsa_encryption, C(rsa_encryption) },
	{ "dss", set_bool, C(dss) },
	{ "base-exchange", set_base, WHOLE },
	{ "private-group", set_private_group, WHOLE },
	{ "xauth", set_xauth, C(xauth) },
	{ "lifetime-policy", set_life_policy, C(life_policy) },
	{ "parallel-sas", set_u32, C(parallel_sas), .min = 1, .max = CONF_SAS_MAX },
	{ "commit-bit", set_bool, C(commit_bit) },
	{ "mode-config", set_mode_config, C(config_push) },
	{ "banner", set_text, C(banner), .max = sizeof(((struct conf_conn *)0)->banner) },
	{ "save-password", set_bool, C(save_password) },
	{ "rsa-pss", set_bool, C(rsa_pss) },
	{ "eap", set_eap, WHOLE },
	{ "eap-identity", set_name, C(eap_identity), .max = 253 },
	{ "user", set_name, C(user), .max = 253 },
	{ "password", set_psk, C(password) },
	{ "password-file", set_psk_file, C(password) },
	{ "users", set_users, C(users) },
	{ "pam", set_pam, C(pam), .max = 63 },
	{ "radius", set_server, C(radius.addr) },
	{ "radius-port", set_u16, C(radius.port), .min = 1, .max = 65535 },
	{ "radius-secret", set_psk, C(radius_secret) },

	{ "legacy", set_text, TEXT(legacy) },
	{ "ike", set_text, TEXT(ike) },
	{ "reauth", set_duration, C(reauth), .min = 10, .max = 30 * DAY },
	{ "ike-lifetime", set_duration, C(ike_rekey), .min = 10, .max = 30 * DAY },

	CHILD_KEYS(offsetof(struct conn_draft, child)),
	{ "address", set_address, WHOLE },
	{ "device", set_device, C(device) },
	{ "vrf", set_device, C(vrf) },
	{ "pool", set_pool, WHOLE },
	{ "dns", set_dns, WHOLE },
	{ "dns-domain", set_domain, WHOLE },
	{ "virtual-address", set_virtual, WHOLE },
	{ "peer-dns", set_bool, C(peer_dns) },
	{ "routes", set_bool, C(routes) },
	{ "mtu", set_mtu, C(mtu), .min = 576, .max = 65535 },

	{ "replay-window", set_replay_window, C(replay_window), .max = KEYWAY_REPLAY_MAX },
	{ "dpd", set_duration, C(dpd), .min = 1, .max = DAY },
	{ "keepalive", set_duration, C(keepalive), .min = 1, .max = DAY },
	{ "fragmentation", set_fragmentation, C(fragment_size), .min = 576, .max = 65535 },
	{ "childless", set_bool, C(childless) },
	{ "mobike", set_mobike, C(mobike) },
	{ "redirect", set_bool, C(redirect) },
	{ "redirect-to", set_gateway, C(redirect_to) },
	{ "resume", set_bool, C(resume) },
	{ "crash-detection", set_bool, C(crash_detection) },
	{ "encap", set_bool, C(force_encap) },
	{ "export-keys", set_bool, C(export_keys) },
	{ "tcp", set_tcp, C(tcp) },
};

const unsigned int conn_n_keys = COUNT(conn_keys);

_Static_assert(COUNT(conn_keys) <= READER_KEYS_MAX, "the reader has room for each key");

static const struct conf_key child_keys[] = { CHILD_KEYS(0) };

#define CHILD_SECTION "child "

static bool child_name_is_new(const struct conn_draft *d, const char *name)
{
	for (unsigned int i = 1; i < d->n_child; i++)
		if (strcmp(d->child[i].c.name, name) == 0)
			return false;
	return strcmp(d->c.name, name) != 0;
}

struct conf_reader *conn_open_section(struct conf_reader *r, const char *section, void *object,
				      void **into)
{
	struct conn_draft *d = object;
	const char *name = section + strlen(CHILD_SECTION);
	struct child_draft *child = &d->child[d->n_child];

	if (strncmp(section, CHILD_SECTION, strlen(CHILD_SECTION)) != 0)
		return NULL;
	name += strspn(name, " \t");
	if (d->n_child == CONF_CHILDREN_MAX) {
		reader_complain(r, r->line, "more than %d children", CONF_CHILDREN_MAX - 1);
		return r;
	}
	if (!conf_is_name(name))
		reader_complain(r, r->line, "\"%.60s\" cannot name a child: up to %d letters, digits and -._",
				name, CONF_NAME_MAX - 1);
	else if (!child_name_is_new(d, name))
		reader_complain(r, r->line, "a second child \"%s\"", name);
	d->n_child++;
	memset(child, 0, sizeof(*child));
	snprintf(child->c.name, sizeof(child->c.name), "%.31s", name);
	/* Sections come last: what the connection says of it is known. */
	child->c.handling = d->child[0].c.handling;
	memcpy(child->c.dscp_class, d->child[0].c.dscp_class, sizeof(child->c.dscp_class));
	child->c.n_dscp_class = d->child[0].c.n_dscp_class;
	child->c.inactivity = d->child[0].c.inactivity;
	child->r = (struct conf_reader){
		.path = r->path, .dir = r->dir, .errors = r->errors, .keys = child_keys,
		.n_keys = COUNT(child_keys),
	};
	*into = child;
	return &child->r;
}
