/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The control protocol: JSON lines over a local stream socket. keyway(8) shows it to people.
 *
 * A request is one line, an object: {"cmd": "up", "name": "office", "id": 7}. Its answer is one line,
 * with the same "id" when there was one: {"ok": true, "id": 7, ...} or {"ok": false, "error": "a sentence",
 * "code": "not-found"}. Answers come in the order of requests. After the answer to "log" with follow, or
 * to "monitor" or "trace", lines of the stream follow until the client hangs up; they have "event" instead of "ok".
 *
 *   cmd       may have            answer
 *   status    name                version, daemon {...}, connections [...]
 *   up        name (must)         -
 *   down      name (must)         -
 *   delete    name (must)         -
 *   rekey     name (must), ike    -
 *   redirect  name (must), host   -
 *   reload    dry_run             changes [{name, change}], or errors [{file, line, text}]
 *   log       follow, lines       lines [...], then {"event": "log", ...} for each new one
 *   monitor   -                   then {"event": "ike-up", "name": ..., ...} for each event
 *   stats     -                   engine {...}, connections [{name, totals}], kernel {...}
 *   trace     name, ends [...],   then {"event": "trace", "verdict": ..., ...} for each packet, or train
 *             protocol, port,     of packets, that matches
 *             drops
 *
 * Times are milliseconds; those that name a moment count from 1970.
 */
#ifndef KW_DAEMON_CTL_PROTO_H
#define KW_DAEMON_CTL_PROTO_H

#define KEYWAY_VERSION		"0.1"
#define CTL_SCHEMA		1	/* "version" of the status answer */

#define CTL_SOCKET		"/run/keyway/keywayd.sock"
#define CTL_STATE_DIR		"/var/lib/keyway"
#define CTL_CONFIG_DIR		"/etc/keyway"

#define CTL_REQUEST_MAX		4096	/* octets of a request, newline included */

/* "code" of a refusal. */
#define CTL_BAD_REQUEST		"bad-request"	/* not what is described above */
#define CTL_NOT_FOUND		"not-found"	/* no such connection */
#define CTL_REFUSED		"refused"	/* cannot be done in this state */
#define CTL_CONFIG		"config"	/* the configuration has errors */
#define CTL_INTERNAL		"internal"

#endif
