/* SPDX-License-Identifier: GPL-2.0 */
/* Opening SK and SKF payloads of a capture with keys from a file. */
#ifndef KW_CLI_OPEN_V2_H
#define KW_CLI_OPEN_V2_H

#include "cli/keys.h"

/*
 * head and body as in skcipher_open(). Writes at most body.len octets to plain. 0 with *checked =
 * whether the ICV could be checked (then it is good); else -errno with a sentence in why.
 */
int open_v2(const struct keys_v2 *keys, bool from_initiator, struct kw_span head,
	    struct kw_span body, uint8_t *plain, size_t *plain_len, bool *checked, char *why,
	    size_t why_len);

#endif
