/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The secret by which peers know that it is we who say, after a restart, that we lost an IKE SA (RFC 6290 §5.1): 32
 * random octets in a file that only the daemon's user can read. Whoever else knows them can end our IKE SAs.
 */
#ifndef KW_DAEMON_CRASH_SECRET_H
#define KW_DAEMON_CRASH_SECRET_H

#include "lib/secret.h"

#define CRASH_SECRET_LEN 32

/*
 * Reads DIR/crash-secret into *s (empty), or makes both. Before privileges are dropped: after that the daemon opens no
 * file for writing. *s stays empty when there is no dir (NULL), or that does not work: a log line says why.
 */
void crash_secret_open(struct kw_secret *s, const char *dir);

#endif
