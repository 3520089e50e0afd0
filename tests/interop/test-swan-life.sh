#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Endings and accidents between keyway (west) and strongSwan (east): deletes from either side,
# strongSwan restarted, a cut wire, a lossy one.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

no_sas() { [ -z "$(swan "$1" --list-sas)" ]; }

# Between two tries there is a time for the next one; during a try there is none.
tries_again() {
	case $(kw_field west .state) in
	connecting) ;;
	waiting) [ "$(kw_field west .next_try_ms)" -ge 0 ] ;;
	*) false ;;
	esac
}

topology
start_strongswan east < <(swan_conf east psk child.start_action=none dpd_delay=5s)
start_keyway west retransmit-ms=500 retransmit-tries=4 < <(kw_conf west psk start=up dpd=5s)
ok "up" until_true 30 kw_is west up
ok "strongSwan deletes the Child SA: keyway makes a new one" eval '
	swan east --terminate --child net && until_true 20 both_ways'
ok "strongSwan deletes the IKE SA: keyway connects again" eval '
	swan east --terminate --ike net && until_true 30 both_ways'
ok "keyway goes down: strongSwan keeps no SA" eval 'kw west down net && until_true 10 no_sas east'
ok "what was protected does not leave in the clear" eval '! west_to_east && only_protected'
ok "up again" kw_up west

kill -9 "${ROUTER_JOB[east]}"
stop_router east
in_ns east ip xfrm state flush
in_ns east ip xfrm policy flush
start_strongswan east < <(swan_conf east psk dpd_delay=5s)
ok "strongSwan restarted without a word: keyway notices and connects again" until_true 60 both_ways
ok "only ESP crossed" only_protected

cut_wire
ok "the wire is cut: keyway sees that the peer is gone" eval '
	until_true 40 fails kw_is west up && says_why west "no answer" unreachable'
ok "status tells that it tries, or when it will" until_true 20 tries_again
join_wire
ok "the wire is back: up again" eval 'until_true 60 kw_is west up && both_ways'

# From here on keyway only begins when told to: two that begin at once leave nothing for strongSwan to do.
# strongSwan ignores liveness checks before it has our IKE_AUTH answer, which such a wire may hold up for long.
kw_conf west psk dpd=30s | kw_change west
impair delay 20ms 10ms loss 25% duplicate 10% reorder 20%
# Once in 25 times all four requests of an attempt, or the answers to them, are lost: the next one follows by itself.
ok "a wire that loses, doubles and reorders: keyway initiates" eval '
	kw_up west 60 || until_true 60 kw_is west up'
kw_rest west
swan east --terminate --ike net --force >/dev/null 2>&1
until_true 20 no_sas east
ok "strongSwan initiates" swan east --initiate --child net --timeout 60
repair
ok "ping both ways" both_ways
