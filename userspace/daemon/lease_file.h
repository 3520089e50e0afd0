/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Addresses lent out of pools, kept over restarts of the daemon: one line for each, the last one for an
 * address counts.
 *
 *	CONNECTION ADDRESS ID-TYPE ID-IN-HEX
 */
#ifndef KW_DAEMON_LEASE_FILE_H
#define KW_DAEMON_LEASE_FILE_H

#include "ike/lease.h"

struct lease_file {
	int fd;			/* -1: none, nothing is kept */
};

/*
 * Opens DIR/leases, makes both when they are missing, and writes anew what has grown. Before privileges
 * are dropped: after that the daemon opens no file for writing. dir NULL: no file.
 */
void lease_file_open(struct lease_file *f, const char *dir);
/* What it has goes into `all`, and what changes there from now on into the file. */
void lease_file_attach(struct lease_file *f, struct leases *all);
void lease_file_close(struct lease_file *f);

#endif
