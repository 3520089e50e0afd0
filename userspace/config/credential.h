/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys about what the two sides prove themselves with: names, secrets, raw keys, EAP. Internal to
 * config/.
 */
#ifndef KW_CONFIG_CREDENTIAL_H
#define KW_CONFIG_CREDENTIAL_H

#include "config/reader.h"

#include <limits.h>

/* Setters: see the table in conn.c for what the field of each is. */
void set_ident(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_local_id(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_auth(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_psk(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_psk_file(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_users(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_name(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_server(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_eap(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_key(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_remote_key(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

/* The path that value means, beside the file it stands in. false: complained about line. */
bool conn_path(struct conf_reader *r, unsigned int line, const char *value, char path[PATH_MAX]);

/* A regular file, and a private one when it holds a secret: said with the remedy. */
bool conn_check_file(struct conf_reader *r, unsigned int line, const char *path, bool secret);

#endif
