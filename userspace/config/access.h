/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys about remote access: what a gateway hands out, and what a client asks for. Internal to
 * config/.
 */
#ifndef KW_CONFIG_ACCESS_H
#define KW_CONFIG_ACCESS_H

#include "config/reader.h"

/* Setters: see the table in conn.c for what the field of each is. */
void set_address(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_pool(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_dns(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_domain(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_virtual(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

#endif
