// SPDX-License-Identifier: GPL-2.0
/* Names of the module's drop counters, as Documentation/netlink/specs/keyway.yaml spells them. */
#include "kernel/genl_stats.h"

#include <linux/keyway.h>
#include <stddef.h>

static const char *const names[KEYWAY_A_STATS_MAX + 1] = {
	[KEYWAY_A_STATS_RX_PACKETS] = "rx-packets",
	[KEYWAY_A_STATS_RX_BYTES] = "rx-bytes",
	[KEYWAY_A_STATS_TX_PACKETS] = "tx-packets",
	[KEYWAY_A_STATS_TX_BYTES] = "tx-bytes",
	[KEYWAY_A_STATS_OUT_MALFORMED] = "out-malformed",
	[KEYWAY_A_STATS_OUT_NO_POLICY] = "out-no-policy",
	[KEYWAY_A_STATS_OUT_DISCARD] = "out-discard",
	[KEYWAY_A_STATS_OUT_NO_SA] = "out-no-sa",
	[KEYWAY_A_STATS_OUT_EXPIRED] = "out-expired",
	[KEYWAY_A_STATS_OUT_SEQUENCE] = "out-sequence",
	[KEYWAY_A_STATS_OUT_TOO_BIG] = "out-too-big",
	[KEYWAY_A_STATS_OUT_ADDRESS] = "out-address",
	[KEYWAY_A_STATS_OUT_NO_ROUTE] = "out-no-route",
	[KEYWAY_A_STATS_OUT_LOOP] = "out-loop",
	[KEYWAY_A_STATS_OUT_NO_MEMORY] = "out-no-memory",
	[KEYWAY_A_STATS_OUT_CRYPTO] = "out-crypto",
	[KEYWAY_A_STATS_OUT_LOCAL] = "out-local",
	[KEYWAY_A_STATS_OUT_FRAGMENT] = "out-fragment",
	[KEYWAY_A_STATS_OUT_TRANSLATED] = "out-translated",
	[KEYWAY_A_STATS_OUT_STREAM] = "out-stream",
	[KEYWAY_A_STATS_IN_NO_SA] = "in-no-sa",
	[KEYWAY_A_STATS_IN_EXPIRED] = "in-expired",
	[KEYWAY_A_STATS_IN_TRUNCATED] = "in-truncated",
	[KEYWAY_A_STATS_IN_FRAGMENT] = "in-fragment",
	[KEYWAY_A_STATS_IN_ADDRESS] = "in-address",
	[KEYWAY_A_STATS_IN_ENCAP] = "in-encap",
	[KEYWAY_A_STATS_IN_QUEUE] = "in-queue",
	[KEYWAY_A_STATS_IN_REPLAY] = "in-replay",
	[KEYWAY_A_STATS_IN_ICV] = "in-icv",
	[KEYWAY_A_STATS_IN_PADDING] = "in-padding",
	[KEYWAY_A_STATS_IN_DUMMY] = "in-dummy",
	[KEYWAY_A_STATS_IN_NEXT_HEADER] = "in-next-header",
	[KEYWAY_A_STATS_IN_MALFORMED] = "in-malformed",
	[KEYWAY_A_STATS_IN_SELECTOR] = "in-selector",
	[KEYWAY_A_STATS_IN_ECN] = "in-ecn",
	[KEYWAY_A_STATS_IN_DEVICE] = "in-device",
	[KEYWAY_A_STATS_IN_NO_MEMORY] = "in-no-memory",
	[KEYWAY_A_STATS_IN_PLAINTEXT] = "in-plaintext",
	[KEYWAY_A_STATS_IN_DISCARD] = "in-discard",
	[KEYWAY_A_STATS_IN_BUNDLE] = "in-bundle",
};

const char *genl_stats_name(int attr)
{
	return attr < 0 || attr > KEYWAY_A_STATS_MAX ? NULL : names[attr];
}
