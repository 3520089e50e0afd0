/* SPDX-License-Identifier: GPL-2.0 */
/* Names of the module's drop counters, as Documentation/netlink/specs/keyway.yaml spells them. */
#ifndef KW_KERNEL_GENL_STATS_H
#define KW_KERNEL_GENL_STATS_H

/* attr is KEYWAY_A_STATS_...; NULL for one that is no counter or that we do not know. */
const char *genl_stats_name(int attr);

#endif
