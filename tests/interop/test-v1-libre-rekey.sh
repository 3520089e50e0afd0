#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and libreswan (east): rekeys from both sides under traffic.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/libreswan-v1.sh"

one_isakmp_sa() { kw west status && [ "$(kw_field west '.ike | length')" = 1 ]; }
# The latest ISAKMP SA or child: newest FIELD; another FIELD THAN
newest() { kw_field west "[.ike[].$1] | max"; }
another() { [ "$(newest "$1")" -gt "$2" ]; }
# becomes_another FIELD SECONDS COMMAND...: it makes another one
becomes_another() {
	local was
	was=$(newest "$1")
	"${@:3}" && until_true "$2" another "$1" "$was"
}
# pluto sends by a child before it has answered for it (message 2): nobody has keys then.
only_early_ones_lost() {
	local early lost
	stream_stop && return
	early=$(kw west stats | awk '$1 == "in-expired" { print $2 }')
	lost=$(($(cut -d' ' -f1 <<<"$(tail -n 1 "$RUN/stream.from-east")") - $(cut -d' ' -f1 <<<"$(tail -n 1 "$RUN/stream.west")")))
	[ "$lost" = "${early:-0}" ] &&
		[ "$(cut -d' ' -f1 "$RUN/stream.from-west" | tail -n 1)" = "$(tail -n 1 "$RUN/stream.east" | cut -d' ' -f1)" ]
}

topology
start_keyway west < <(kw_conf west psk)
v1_conf psk pfs=modp-2048 | kw_change west
v1_libre psk pfs=yes esp=aes_gcm128-null
ok "up" kw_up west
stream_start 100
ok "keyway rekeys the child" becomes_another 'children[].id' 20 kw west rekey net
sleep 6
ok "nothing is lost by that but what pluto sends too early" only_early_ones_lost
stream_start 100
ok "keyway makes a new ISAKMP SA" becomes_another id 20 kw west rekey net --ike
ok "libreswan rekeys the child" becomes_another 'children[].id' 20 whack east --name net --initiate
sleep 3
ok "0 packets lost by these" stream_stop
ok "one ISAKMP SA is left" until_true 70 one_isakmp_sa
kw_rest west

v1_libre psk pfs=yes esp=aes_gcm128-null ikelifetime=50s rekeymargin=20s rekeyfuzz=0%
ok "libreswan begins" libre_up east
stream_start 100
ok "libreswan makes a new ISAKMP SA" becomes_another id 60 true
sleep 2
ok "0 packets lost by that" stream_stop
libre_down east
