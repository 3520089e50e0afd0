/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Files of exported keys: Wireshark's tables, named as it names them, in the daemon's own directory. A line is added for
 * each IKE SA and for each direction of a child.
 */
#ifndef KW_DAEMON_KEY_FILE_H
#define KW_DAEMON_KEY_FILE_H

#include "ike/env.h"

struct conf;

struct key_files {
	int fd[KEY_TABLES];	/* -1: none */
};

/* As if none was open. */
void key_files_none(struct key_files *f);
/*
 * Opens DIR/ikev2_decryption_table and the others, with mode 0600, when a connection of conf wants keys exported. Before
 * privileges are dropped: after that the daemon opens no file for writing. dir NULL: no files.
 */
void key_files_open(struct key_files *f, const struct conf *conf, const char *dir);
/* The engine's door; ctx is the struct key_files. A line that is not written is warned about. */
void key_files_add(void *ctx, enum key_table table, const char *line);
void key_files_close(struct key_files *f);

#endif
