/* SPDX-License-Identifier: GPL-2.0 */
/* Writing a connection's file. */
#ifndef KW_CLI_ADD_H
#define KW_CLI_ADD_H

#include <stdbool.h>
#include <stdio.h>

/* One line of keyway.conf(5), the value quoted where it needs to be. false: value has a line break. */
bool add_write_key(FILE *f, const char *key, const char *value);

#endif
