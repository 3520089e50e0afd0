/* SPDX-License-Identifier: GPL-2.0 */
/* Datagrams out of capture files, for tests whose own datagrams are others. */
#ifndef KW_TESTS_EXCHANGE_CAPTURES_H
#define KW_TESTS_EXCHANGE_CAPTURES_H

#include "lib/buf.h"

/* one() for each IKE message of tests/vectors/NAME, without the marker in front of it on port 4500. How many there were. */
unsigned int captures_each(const char *name, void (*one)(void *ctx, struct kw_span message), void *ctx);

#endif
