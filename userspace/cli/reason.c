// SPDX-License-Identifier: GPL-2.0
/* What the drop counters of keyway.ko mean to people. */
#include "cli/reason.h"

#include <stddef.h>
#include <string.h>

/* What the drop counters mean to somebody who waits for a packet. */
static const struct {
	const char *reason, *text;
} explained[] = {
	{ "out-malformed", "not a well-formed IP packet" },
	{ "out-no-policy", "no connection's selectors fit it" },
	{ "out-discard", "a policy says discard" },
	{ "out-no-sa", "the connection has no SA to send with" },
	{ "out-expired", "the SA reached its hard limit" },
	{ "out-sequence", "the SA's sequence numbers are used up" },
	{ "out-too-big", "larger than the path and not to be fragmented; its source was told" },
	{ "out-address", "not between the two hosts of its transport or BEET mode SA" },
	{ "out-no-route", "no route to the peer" },
	{ "out-loop", "the route to the peer leads into the tunnel itself" },
	{ "out-no-memory", "no memory" },
	{ "out-crypto", "the cipher failed" },
	{ "out-local", "the IP layer refused the sealed packet: a firewall, or a full queue" },
	{ "out-fragment", "a fragment without the ports its policy is chosen by" },
	{ "out-translated", "address translation moved it out of its policy, or into a protected one" },
	{ "out-stream", "the TCP stream of its SA has ended, or does not keep up" },
	{ "in-no-sa", "no SA has its SPI: the peer uses keys this side no longer has" },
	{ "in-expired", "the SA reached its hard limit, or has no keys yet" },
	{ "in-truncated", "shorter than its algorithm's headers, or cut" },
	{ "in-fragment", "a fragment, which nothing reassembled" },
	{ "in-address", "for an address that is not its SA's" },
	{ "in-encap", "in UDP though its SA is not, or the other way round" },
	{ "in-queue", "this host does not keep up" },
	{ "in-replay", "already seen, or older than the replay window" },
	{ "in-icv", "not authentic: wrong keys, or changed on the way" },
	{ "in-padding", "wrong padding: wrong keys, or a broken peer" },
	{ "in-dummy", "a dummy packet, which is there to be dropped" },
	{ "in-next-header", "holds something else than the SA carries" },
	{ "in-malformed", "what was inside is not a well-formed IP packet" },
	{ "in-selector", "what was inside is outside the selectors that were agreed on" },
	{ "in-ecn", "marked for congestion on the way, which its transport cannot be told" },
	{ "in-device", "the tunnel's device is down" },
	{ "in-no-memory", "no memory" },
	{ "in-bundle", "AH without the ESP it is to carry, or ESP without its AH" },
	{ "in-plaintext", "came unprotected though a policy protects it" },
	{ "in-discard", "a policy says discard" },
};

const char *reason_explain(const char *reason)
{
	size_t i;

	for (i = 0; i < sizeof(explained) / sizeof(explained[0]); i++)
		if (!strcmp(explained[i].reason, reason))
			return explained[i].text;
	return "";
}
