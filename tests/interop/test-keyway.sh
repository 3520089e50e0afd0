#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway on both routers.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

topology
start_keyway east < <(kw_conf east psk)
start_keyway west < <(kw_conf west psk start=up dscp=ef ttl=77 df=set)
ok "a connection that is wanted up comes up by itself" until_true 30 kw_is west up
ok "ping both ways" both_ways
ok "ping both ways, IPv6 inside" both_ways6
ok "only ESP crossed" only_protected
ok "with the DSCP, TTL and DF that its sender has configured" \
	eval '! saw "esp and src $WEST and not (ip[1] & 0xfc = 0xb8 and ip[8] = 77 and ip[6] & 0x40 != 0)" &&
		saw "esp and src $EAST" &&
		! saw "esp and src $EAST and (ip[1] & 0xfc != 0 or ip[8] = 77)"'
ok "the device is there, with routes to the other net" \
	eval "ip -n west link show kw-net && ip -n west route get 10.2.0.2 | grep -q 'dev kw-net'"
ok "a large TCP transfer arrives whole" tcp_whole

stream_start 200
sleep 1
ok "keyway rekeys the Child SA under traffic" kw west rekey net
sleep 2
ok "and the IKE SA" kw west rekey net --ike
sleep 2
ok "the peer rekeys the Child SA" kw east rekey net
sleep 2
ok "0 packets lost by three rekeys" stream_stop
ok "still one Child SA each, still up" eval '
	[ "$(kw_field west "[.ike[].children[]] | length")" = 1 ] && kw_is west up && kw_is east up'

ok "down takes it down" eval 'kw west down net && until_true 10 kw_is west down'
ok "what was protected does not leave in the clear" eval 'fails west_to_east && only_protected'
ok "and comes up again" eval 'kw_up west && both_ways'

kill -9 "${ROUTER_JOB[west]}"
ok "the daemon killed: nothing leaves in the clear" eval 'pings whost 10.2.0.2; only_protected'
launch_keyway west
ok "a new daemon connects again" eval 'until_true 40 kw_is west up && both_ways'

stop_router west
ok "a daemon that ends well takes its device away" eval '! ip -n west link show kw-net'
ok "and tells its peer, which keeps no SA" until_true 5 eval '[ "$(kw_field east ".ike | length")" = 0 ]'

topology
start_keyway east < <(kw_conf east ecdsa remote=any)
start_keyway west < <(kw_conf west ed25519 remote=$EAST6 esp=chacha20-poly1305 pfs=x25519)
ok "start = none: nothing leaves in the clear before it is up" eval 'fails west_to_east && fails saw icmp'
ok "over IPv6, X.509, ChaCha20-Poly1305" kw_up west
ok "ping both ways over IPv6" eval 'both_ways && both_ways6'
ok "only ESP crossed over IPv6" only_protected
