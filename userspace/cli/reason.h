/* SPDX-License-Identifier: GPL-2.0 */
/* What the drop counters of keyway.ko mean to people. */
#ifndef KW_CLI_REASON_H
#define KW_CLI_REASON_H

/* A few words about "in-replay" and its like; "" for a name nobody here knows. */
const char *reason_explain(const char *reason);

#endif
