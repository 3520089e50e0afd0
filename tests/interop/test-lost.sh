#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway on both routers, one of which loses the IKE SA: resumption (RFC 5723), crash detection (RFC 6290).
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

# Exchange types of IKE on port 500.
INIT='udp port 500 and udp[26] = 34'
RESUME='udp port 500 and udp[26] = 38'

fast=('retransmit-ms = 500' 'retransmit-tries = 7')
is_kind() { [ "$(kw_field "$1" '.failure.kind')" = "$2" ]; }
spi() { kw_field "$1" '.ike[0].spi_i'; }

topology
start_keyway east "${fast[@]}" < <(kw_conf east psk resume=yes dpd=never)
start_keyway west "${fast[@]}" < <(kw_conf west psk start=up resume=yes dpd=2s)
ok "up" until_true 30 kw_is west up
ok "ping both ways" both_ways
before=$(spi west)
cut_wire
ok "the wire is cut: west finds that nobody answers" until_true 90 is_kind west unreachable
capture_restart
join_wire
ok "it comes back" until_true 40 kw_is west up
ok "by a ticket" saw "$RESUME"
ok "without a key exchange" fails saw "$INIT"
ok "as another IKE SA" eval "[ \"\$(spi west)\" != $before ]"
ok "ping both ways" both_ways
ok "the gateway has one IKE SA, and says that it was resumed" eval '
	[ "$(kw_field east ".ike | length")" = 1 ] && logged west "going on from an earlier IKE SA"'

ok "the secret for tokens is nobody else's" eval '[ "$(stat -c %a "$RUN/kw-east-state/crash-secret")" = 600 ]'
kill -9 "${ROUTER_JOB[east]}"
capture_restart
launch_keyway east
ok "east was killed: west is told, and begins anew" until_true 40 logged west 'the peer has lost the IKE SA.*was restarted'
ok "up again" until_true 20 eval 'kw_is west up && both_ways'
ok "with a key exchange, since nothing of the old one is left" saw "$INIT"
ok "only ESP and IKE crossed" only_protected

# After a rekeying there are other tokens and other tickets.
ok "the IKE SA is rekeyed" kw west rekey net --ike
sleep 3
kill -9 "${ROUTER_JOB[east]}"
launch_keyway east
ok "east was killed again: west is told" until_true 40 eval '[ "$(log_of west | grep -c "was restarted")" -ge 2 ]'
ok "up again, both ways" until_true 20 eval 'kw_is west up && both_ways'
