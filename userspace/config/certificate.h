/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Keys about certificates: where they are, who issued them, and how one learns that they were
 * revoked. Internal to config/.
 */
#ifndef KW_CONFIG_CERTIFICATE_H
#define KW_CONFIG_CERTIFICATE_H

#include "config/reader.h"

/* Setters: see the table in conn.c for what the field of each is. */
void set_cert(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_ca(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_crl(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_revocation(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_ocsp(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_cert_lookup(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_cert_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value);
void set_bundle_url(struct conf_reader *r, const struct conf_key *key, void *field, char *value);

#endif
