/* SPDX-License-Identifier: GPL-2.0 */
/* Who may come with a password: a file of lines  name = "secret".  Immutable once read. */
#ifndef KW_CONFIG_USERS_H
#define KW_CONFIG_USERS_H

#include "lib/secret.h"

struct conf_user {
	char *name;
	struct kw_secret secret;
};

struct conf_users {
	unsigned int n;
	struct conf_user *user;		/* sorted by name */
};

/* By name, octet for octet; NULL: nobody. */
const struct conf_user *conf_users_find(const struct conf_users *users, struct kw_span name);
void conf_users_free(struct conf_users *users);		/* wipes; NULL is fine */

#endif
