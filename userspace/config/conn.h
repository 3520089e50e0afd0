/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A connection while its file is read: keys and setters (conn.c), the whole (complete*.c, rule.c).
 * Internal to config/.
 */
#ifndef KW_CONFIG_CONN_H
#define KW_CONFIG_CONN_H

#include "config/conf.h"
#include "config/reader.h"

/* A child: the connection's own, or a section [child NAME]. */
struct child_draft {
	struct conf_child c;
	char pfs[256];		/* applied when esp and ah are known */
	char esp[1024];		/* likewise */
	char ah[512];		/* likewise */
	struct conf_reader r;	/* of the section; unused for the connection's own */
};

struct conn_draft {
	struct conf_conn c;
	bool auth_set; /* "auth" was written well: c.local_auth and c.remote_auth are wishes */
	char ike[1024];		/* applied at the end */
	char legacy[256];	/* weak algorithms that may be used */
	unsigned int n_child;
	/*
	 * The connection's own is the first; it counts unless only sections name what is behind the
	 * peer. Those that no section began are not even zero: a file of a few lines shall not
	 * clear 150 KiB.
	 */
	struct child_draft child[CONF_CHILDREN_MAX];
};

/* Used when a private key is needed and "key" is not written: where `keyway init` puts it. */
#define CONN_DEFAULT_KEY "key.pem"

/* Setter: the name of a network device, into 16 letters. */
void set_device(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

/* Does it look like the name of a host? */
bool conn_is_host_name(const char *s);

/* May it name a connection or a child? */
bool conf_is_name(const char *name);

extern const struct conf_key conn_keys[];
extern const unsigned int conn_n_keys;

/* A section line of a connection's file: [child NAME]. Member of struct conf_reader. */
struct conf_reader *conn_open_section(struct conf_reader *r, const char *section, void *object,
				      void **into);

/*
 * Loads the private key; path is relative to the configuration's directory. Complains about line.
 */
void conn_load_key(struct conf_reader *r, struct conf_conn *c, const char *path, unsigned int line);

/* c->key out of the token at c->key_url, with c->key_pin. */
void conn_open_token(struct conf_reader *r, struct conf_conn *c);

/* The file of users; what is wrong with it is complained about with its own name and lines. */
struct conf_users *conn_load_users(struct conf_reader *r, const char *path);

/* The same for a file that is about no peer (rule.c): action is bypass or discard. */
void conn_complete_rule(struct conf_reader *r, struct conn_draft *d);

/*
 * After the last line: what was left out gets its default, and what does not fit together is
 * refused.
 */
void conn_complete(struct conf_reader *r, struct conn_draft *d);

#endif
