/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A configuration directory of its own for each test, with keys and certificates made on the spot.
 */
#ifndef KW_TESTS_CONFIG_FIXTURE_H
#define KW_TESTS_CONFIG_FIXTURE_H

#include "config/conf.h"

/*
 * cmocka set-up and tear-down: *state is the directory's path; both are also the group's
 * crypto_setup().
 */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Writes dir/name with the mode. */
void fixture_write(const char *dir, const char *name, const char *text, unsigned int mode);
void fixture_remove(const char *dir, const char *name);
/* dir/name.key and a self-signed dir/name.crt for DNS:dns, CN=dns. */
void fixture_cert(const char *dir, const char *name, const char *dns);
/* dir/name.key: a DSA key. */
void fixture_dsa(const char *dir, const char *name);
/* dir/file: an empty list of revoked certificates by dir/ca.crt, made with dir/ca.key. */
void fixture_crl(const char *dir, const char *ca, const char *file);
/* An Ed25519 key as `keyway init` makes it. */
void fixture_key(const char *dir, const char *name);

/*
 * Loads the text as connection "office" of dir; fails the test, showing the complaints, when it is
 * refused.
 */
struct conf_conn *fixture_accept(const char *dir, const char *text);
/* Fails the test unless exactly one complaint comes: of that line, with that text in it. */
void fixture_refuse(const char *dir, const char *text, unsigned int line, const char *part);
/* Whether a complaint of this line (0 = any) holds the text. */
bool fixture_complains(const struct conf_errors *errors, const char *file, unsigned int line,
		       const char *part);

#endif
