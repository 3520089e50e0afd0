/* SPDX-License-Identifier: GPL-2.0 */
/* The keys of a child that say how its packets are handled. Internal to config/. */
#ifndef KW_CONFIG_HANDLING_H
#define KW_CONFIG_HANDLING_H

#include "config/reader.h"

/* The field is the struct conf_child. */
void set_dscp_classes(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

/* Setters; the field is the child's struct handling. */
void set_dscp(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_ecn(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_df(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_ttl(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_mss_clamp(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_fragment(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_flow_label(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_icmp_errors(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_plaintext_in(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_verify_checksums(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_mark(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_set_mark(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_pfp(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

void set_tfc(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

/* What r says of an outer header, in transport mode, where there is none, is a mistake. */
void handling_check_transport(struct conf_reader *r);

#endif
