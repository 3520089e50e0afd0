// SPDX-License-Identifier: GPL-2.0
/* The configuration directory: keyway.conf and one file per connection, all or nothing. */
#include "config/conf.h"

#include "config/conn.h"
#include "config/offer.h"
#include "lib/log.h"
#include "wire/isakmp.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define DAEMON_FILE "keyway.conf"
#define SUFFIX ".conf"
#define PATH_LEN 4096

static void set_log_level(struct conf_reader *r, const struct conf_key *key, void *field,
			  char *value)
{
	static const char *const words[] = {
		[LOG_LEVEL_ERROR] = "error", [LOG_LEVEL_WARN] = "warn", [LOG_LEVEL_INFO] = "info",
		[LOG_LEVEL_DEBUG] = "debug",
	};
	int word = reader_word(r, key, value, words, COUNT(words));

	if (word >= 0)
		*(uint32_t *)field = (uint32_t)word;
}

#define D(member) .field = offsetof(struct conf_daemon, member)

static const struct conf_key daemon_keys[] = {
	{ "log-level", set_log_level, D(log_level) },
	{ "port", set_u16, D(port), .min = 1, .max = 65535 },
	{ "natt-port", set_u16, D(natt_port), .min = 1, .max = 65535 },
	{ "link", set_device, D(link) },
	{ "tcp-port", set_u16, D(tcp_port), .max = 65535 },
	{ "cookie-threshold", set_u32, D(cookie_threshold), .max = 1000000 },
	{ "half-open-max", set_u32, D(half_open_max), .min = 1, .max = 1000000 },
	{ "half-open-per-peer", set_u32, D(half_open_per_peer), .min = 1, .max = 1000000 },
	{ "retransmit-ms", set_u32, D(retransmit_ms), .min = 100, .max = 60000 },
	{ "retransmit-tries", set_u32, D(retransmit_tries), .min = 1, .max = 20 },
};

static const struct conf_daemon daemon_defaults = {
	.log_level = LOG_LEVEL_INFO,
	.port = 500,
	.natt_port = 4500,
	.cookie_threshold = 64,
	.half_open_max = 4096,
	.half_open_per_peer = 64,
	.retransmit_ms = 1000,
	.retransmit_tries = 6,
};

#define CHILD_REKEY_S 3600

static const struct conf_conn conn_defaults = {
	.start = CONF_START_UP,
	.remote_port = 500,
	.radius = { .port = 1812 },
	.ike_rekey = 4 * 3600,
	.parallel_sas = 1,
	.routes = true,
	.peer_dns = true,
	.replay_window = 1024,
	.dpd = 30,
	.keepalive = 20,
	.fragment_size = 1280,
	.crash_detection = true,
};

void conf_conn_free(struct conf_conn *c)
{
	if (!c)
		return;
	free(c->file);
	free(c->remote_host);
	free(c->redirect_to);
	ident_drop(&c->local_id);
	ident_drop(&c->remote_id);
	kw_secret_drop(&c->psk);
	kw_secret_drop(&c->ppk);
	free(c->eap_identity);
	free(c->user);
	free(c->pam);
	kw_secret_drop(&c->password);
	kw_secret_drop(&c->radius_secret);
	conf_users_free(c->users);
	sign_key_free(c->key);
	free(c->key_url);
	kw_secret_drop(&c->key_pin);
	for (unsigned int i = 0; i < c->n_cert; i++)
		cert_put(c->cert[i]);
	cert_put(c->issuer);
	verify_key_free(c->remote_key);
	cert_store_free(c->ca);
	crl_set_put(c->crls);
	modp_drop(&c->private_group);
	for (unsigned int i = 0; i < c->n_lookup; i++)
		free(c->lookup[i]);
	for (unsigned int i = 0; i < c->n_cert_url; i++)
		free(c->cert_url[i]);
	free(c->bundle_url);
	offer_free(&c->ike);
	for (unsigned int i = 0; i < c->n_child; i++) {
		offer_free(&c->child[i].esp);
		offer_free(&c->child[i].ah);
	}
	free(c->child);
	free(c->domain);
	free(c);
}

const struct proposal_list *conf_child_offer(const struct conf_child *child)
{
	return child->esp.n ? &child->esp : &child->ah;
}

uint8_t conf_child_protocol(const struct conf_child *child)
{
	return child->esp.n ? PROTO_ESP : PROTO_AH;
}

static void add_net(struct ts_list *out, const struct ts *t)
{
	for (unsigned int i = 0; i < out->n; i++)
		if (ts_equal(&out->ts[i], t))
			return;
	if (out->n < TS_MAX)
		out->ts[out->n++] = *t;
}

void conf_nets(const struct conf_conn *c, bool remote, struct ts_list *out)
{
	out->n = 0;
	for (unsigned int k = 0; k < c->n_child; k++) {
		const struct ts_list *nets =
			remote ? &c->child[k].remote_ts : &c->child[k].local_ts;

		for (unsigned int i = 0; !c->child[k].transport && i < nets->n; i++)
			add_net(out, &nets->ts[i]);
	}
}

void conf_free(struct conf *conf)
{
	if (!conf)
		return;
	for (unsigned int i = 0; i < conf->n; i++)
		conf_conn_free(conf->conn[i]);
	free(conf->conn);
	free(conf);
}

#define NAME_LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._"

bool conf_is_name(const char *name)
{
	size_t len = strlen(name);

	return len && len < CONF_NAME_MAX && name[0] != '.' && name[0] != '-' &&
	       strspn(name, NAME_LETTERS) == len;
}

/* Reads the draft and completes it; what went wrong is in r->errors. */
static void read_conn(struct conf_reader *r, struct token_file *f, const char *name,
		      struct conn_draft *d)
{
	d->c = conn_defaults;
	if (conf_is_name(name))
		snprintf(d->c.name, sizeof(d->c.name), "%s", name);
	else
		reader_complain(r, 0,
				"\"%.60s\" cannot name a connection: up to %d letters, digits and -._",
				name, CONF_NAME_MAX - 1);
	d->c.file = strdup(r->path);
	if (!d->c.file)
		reader_complain(r, 0, "no memory");
	r->keys = conn_keys;
	r->n_keys = conn_n_keys;
	r->open_section = conn_open_section;
	d->n_child = 1;
	d->child[0].c.rekey = CHILD_REKEY_S;
	reader_run(r, f, "connection", d);
	conn_complete(r, d);
	d->c.digest = reader_digest(r);
}

/* One connection out of an open file; NULL when anything is wrong with it. */
static struct conf_conn *load_conn(struct conf_reader *r, struct token_file *f, const char *name)
{
	const unsigned int before = r->errors->n;
	struct conn_draft *d = malloc(sizeof(*d));
	struct conf_conn *c = malloc(sizeof(*c));

	if (d && c) {
		memset(d, 0, offsetof(struct conn_draft, child[1]));
		read_conn(r, f, name, d);
		*c = d->c;	/* with all it owns */
		if (r->errors->n != before) {
			conf_conn_free(c);
			c = NULL;
		}
	} else {
		reader_complain(r, 0, "no memory");
		free(c);
		c = NULL;
	}
	free(d);
	return c;
}

/* "/etc/keyway/office.conf" -> "office" */
static void name_of_path(char *name, size_t cap, const char *path)
{
	const char *slash = strrchr(path, '/');
	size_t len;

	snprintf(name, cap, "%s", slash ? slash + 1 : path);
	len = strlen(name);
	if (len > strlen(SUFFIX) && strcmp(name + len - strlen(SUFFIX), SUFFIX) == 0)
		name[len - strlen(SUFFIX)] = '\0';
}

static struct conf_conn *load_conn_path(const char *dir, const char *path,
					struct conf_errors *errors)
{
	struct conf_reader r = { .path = path, .dir = dir, .errors = errors };
	struct token_file f = { 0 };
	struct conf_conn *c = NULL;
	char name[256], err[128];

	name_of_path(name, sizeof(name), path);
	if (token_open(&f, path, &r.others_can_read, err, sizeof(err)))
		reader_complain(&r, 0, "%s", err);
	else
		c = load_conn(&r, &f, name);
	token_close(&f);
	return c;
}

int conf_load_file(const char *path, struct conf_conn **out, struct conf_errors *errors)
{
	const char *slash = strrchr(path, '/');
	char dir[PATH_LEN];

	errors->n = 0;
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	*out = load_conn_path(dir[0] ? dir : "/", path, errors);
	return *out ? 0 : -EINVAL;
}

int conf_load_text(const char *name, const char *dir, struct kw_span text, struct conf_conn **out,
		   struct conf_errors *errors)
{
	struct conf_reader r = { .path = name, .dir = dir, .errors = errors };
	struct token_file f = { 0 };
	char err[128];

	errors->n = 0;
	*out = NULL;
	if (token_text(&f, text, err, sizeof(err)))
		reader_complain(&r, 0, "%s", err);
	else
		*out = load_conn(&r, &f, name);
	token_close(&f);
	return *out ? 0 : -EINVAL;
}

static void load_daemon(const char *dir, const char *path, struct conf_daemon *daemon,
			struct conf_errors *errors)
{
	struct conf_reader r = {
		.path = path,
		.dir = dir,
		.errors = errors,
		.keys = daemon_keys,
		.n_keys = COUNT(daemon_keys),
	};
	struct token_file f = { 0 };
	char err[128];

	if (token_open(&f, path, &r.others_can_read, err, sizeof(err)))
		reader_complain(&r, 0, "%s", err);
	else
		reader_run(&r, &f, "keyway", daemon);
	token_close(&f);
	if (daemon->port == daemon->natt_port)
		reader_complain(&r, reader_line(&r, "natt-port"),
				"port and natt-port are the same");
}

static int is_conf_file(const struct dirent *e)
{
	size_t len = strlen(e->d_name);

	return e->d_name[0] != '.' && len > strlen(SUFFIX) &&
	       strcmp(e->d_name + len - strlen(SUFFIX), SUFFIX) == 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(struct conf_conn *const *)a)->name, (*(struct conf_conn *const *)b)->name);
}

/* Two connections with one device would put their addresses and routes on each other. */
static int by_device(const void *a, const void *b)
{
	return strcmp((*(struct conf_conn *const *)a)->device,
		      (*(struct conf_conn *const *)b)->device);
}

static void check_devices(struct conf *conf, struct conf_errors *errors)
{
	qsort(conf->conn, conf->n, sizeof(*conf->conn), by_device);
	for (unsigned int i = 1; i < conf->n; i++) {
		const struct conf_conn *a = conf->conn[i - 1], *b = conf->conn[i];
		struct conf_reader r = { .path = b->file, .errors = errors };

		if (a->device[0] && strcmp(a->device, b->device) == 0)
			reader_complain(&r, 0,
					"device %s is also that of connection %s: set device in one of them",
					b->device, a->name);
	}
	qsort(conf->conn, conf->n, sizeof(*conf->conn), by_name);
}

/* Everything the directory lists into conf, which has room for n connections. */
static void load_entries(struct conf *conf, const char *dir, struct dirent **entry, int n,
			 struct conf_errors *errors)
{
	for (int i = 0; i < n; i++) {
		char path[PATH_LEN];

		snprintf(path, sizeof(path), "%s/%s", dir, entry[i]->d_name);
		if (strcmp(entry[i]->d_name, DAEMON_FILE) == 0) {
			load_daemon(dir, path, &conf->daemon, errors);
			continue;
		}
		conf->conn[conf->n] = load_conn_path(dir, path, errors);
		if (conf->conn[conf->n])
			conf->n++;
	}
	check_devices(conf, errors);
}

int conf_load(const char *dir, struct conf **out, struct conf_errors *errors)
{
	struct conf_reader whole = { .path = dir, .dir = dir, .errors = errors };
	struct dirent **entry = NULL;
	struct conf *conf = NULL;
	int n;

	errors->n = 0;
	n = scandir(dir, &entry, is_conf_file, alphasort);
	if (n < 0) {
		reader_complain(&whole, 0, "%s", strerror(errno));
		return -EINVAL;
	}
	conf = calloc(1, sizeof(*conf));
	if (conf)
		conf->conn = calloc((size_t)n + 1, sizeof(struct conf_conn *));
	if (conf && conf->conn) {
		conf->daemon = daemon_defaults;
		load_entries(conf, dir, entry, n, errors);
	} else {
		reader_complain(&whole, 0, "no memory");
	}
	for (int i = 0; i < n; i++)
		free(entry[i]);
	free(entry);
	if (errors->n) {
		conf_free(conf);
		return -EINVAL;
	}
	*out = conf;
	return 0;
}
