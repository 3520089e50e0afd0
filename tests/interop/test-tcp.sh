#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKE and ESP in TCP (RFC 9329), keyway on both routers.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

in_tcp() { [ "$(kw_field "$1" '[.ike[].children[].tcp] | all and length > 0')" = "${2:-true}" ]; }

block_udp() {
	in_ns "$1" nft -f - <<-N
		table inet blocked {
			chain out { type filter hook output priority 0; udp dport { 500, 4500 } drop; }
		}
	N
}

topology
start_keyway east tcp-port=4500 < <(kw_conf east psk remote=any)
start_keyway west < <(kw_conf west psk tcp=only)
ok "a connection that is to run in TCP comes up" kw_up west
ok "its child runs in TCP on both sides" eval 'in_tcp west && in_tcp east'
ok "ping both ways, IPv4 and IPv6" eval 'both_ways && both_ways6'
ok "only the stream crossed" only_stream
ok "a large TCP transfer arrives whole" tcp_whole
stream_start 200
sleep 1
ok "keyway rekeys the Child SA under traffic" kw west rekey net
sleep 2
ok "and the peer the IKE SA" kw east rekey net --ike
sleep 2
ok "0 packets lost by the rekeys" stream_stop
ok "still in TCP on both sides" eval 'in_tcp west && in_tcp east'
ok "the connection is cut" in_ns west ss -K dst "$EAST" dport = :4500
ok "another one takes its place" eval 'until_true 20 both_ways && in_tcp west && in_tcp east'
kill -9 "${ROUTER_JOB[west]}"
ok "the daemon killed: its stream ends" until_true 10 eval '
	! in_ns east ss -Htn state established sport = :4500 | grep -q .'
ok "and nothing leaves in the clear" eval 'pings whost 10.2.0.2; only_stream'
launch_keyway west
ok "a new daemon connects again" eval 'kw_up west 40 && both_ways && in_tcp west'
ok "down takes it down" eval 'kw west down net && until_true 10 kw_is west down'

topology
start_keyway east tcp-port=4500 < <(kw_conf east psk remote=any)
block_udp west
start_keyway west < <(kw_conf west psk tcp=fallback start=up)
ok "UDP blocked: it falls back to TCP" eval 'until_true 60 kw_is west up && in_tcp west'
ok "ping both ways" both_ways
in_ns west nft delete table inet blocked
ok "UDP let through: it begins there when it begins anew" eval '
	kw west down net && until_true 10 kw_is west down && kw_up west 60 && in_tcp west false'
kw west down net
kw_change west < <(kw_conf west psk tcp=only)
ok "and in TCP alone where that is what is wanted" eval 'kw_up west && both_ways && in_tcp west'
ok "the module goes while streams are open" rmmod keyway
