/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Datagrams to trees (tree.h): every ISAKMP and IKE message with all its payloads, of both
 * versions.
 *
 * A dissector remembers what later messages need: fragments, and for IKEv1 what makes IVs. It never
 * refuses: what cannot be read becomes a complaint in the tree, beside everything that could.
 */
#ifndef KW_CLI_DISSECT_H
#define KW_CLI_DISSECT_H

#include "cli/capture.h"
#include "cli/keys.h"

#include <jansson.h>

struct dissector;

/* keys: borrowed, NULL = none. NULL: no memory. */
struct dissector *dissector_new(const struct keys *keys);
void dissector_free(struct dissector *d);	/* NULL is fine; wipes */

/*
 * The caller's tree: frame, time, source, destination, kind ("IKEv1", "IKEv2", "ISAKMP",
 * "keepalive", "ESP in UDP") and message{} or about{}. NULL: no memory.
 */
json_t *dissect_datagram(struct dissector *d, const struct datagram *datagram);

#endif
