/* SPDX-License-Identifier: GPL-2.0 */
/* Keys that only a connection of IKEv1 has. Internal to config/. */
#ifndef KW_CONFIG_PHASE1_H
#define KW_CONFIG_PHASE1_H

#include "config/reader.h"

/* Setters: see the table in conn.c for what the field of each is. */
void set_xauth(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_life_policy(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_mode_config(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_aggressive(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_rsa_encryption(struct conf_reader *r, const struct conf_key *key, void *field,
			char *value);
void set_base(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_private_group(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_pam(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

#endif
