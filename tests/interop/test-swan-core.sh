#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv2 beyond the first child, between keyway (west) and strongSwan (east): several children, an IKE
# SA that begins without one, PPK, reauthentication under traffic, MOBIKE.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# Nets of IPv4 in the connection's own child, those of IPv6 in another.
two_children() {
	kw_conf west psk esp=aes-gcm-16-128 local-net=10.1.0.0/24 remote-net=10.2.0.0/24 "$@"
	printf '%s\n' '[child six]' 'local-net = fd01::/64' 'remote-net = fd02::/64'
}
two_of_swan() {
	swan_conf east psk child.local_ts=10.2.0.0/24 child.remote_ts=10.1.0.0/24 "$@" |
		sed 's|children {|&\nsix {\nlocal_ts = fd02::/64\nremote_ts = fd01::/64\nesp_proposals = aes128gcm16-x25519,aes128gcm16\n}\n|'
}
children() { # children N: so many are up, under one IKE SA
	kw west status
	[ "$(kw_field west '[.ike[].children[]] | length')" = "$1" ] &&
		[ "$(kw_field west '.ike | length')" = 1 ]
}

# charon sends with the new child as soon as it has said IKE_AUTH's answer, before keyway can have the keys:
# what is on the way then is lost, unlike in a rekeying. So only what keyway sends is counted.
none_lost_of_keyway() {
	local sent got
	read -r sent _ < <(tail -n 1 "$RUN/stream.from-west")
	read -r got _ < <(tail -n 1 "$RUN/stream.east")
	echo "sent $sent, received $got"
	[ "$sent" -gt 0 ] && [ "$sent" = "$got" ]
}

another_than() { [ "$(kw_field west '.ike[0].id')" != "$1" ]; }

topology
start_strongswan east < <(two_of_swan)
start_keyway west < <(two_children)
ok "two children of keyway's" kw_up west
ok "under one IKE SA" until_true 10 children 2
ok "ping both ways by IPv4" both_ways
ok "ping both ways by IPv6" both_ways6
ok "both are rekeyed" kw west rekey net
ok "and two are left" until_true 15 children 2
ok "ping both ways by both" eval 'both_ways && both_ways6'
kw_rest west
ok "strongSwan begins with one" swan east --initiate --child net --timeout 20
ok "and makes the other" swan east --initiate --child six --timeout 20
ok "under one IKE SA again" until_true 10 children 2
ok "ping both ways by both" eval 'both_ways && both_ways6'

stop_router east
start_strongswan east < <(two_of_swan childless=force esp=aes128gcm16-x25519)
two_children childless=yes pfs=x25519 | kw_change west
ok "an IKE SA without a child, then both children" kw_up west
ok "both are there" until_true 10 children 2
ok "each with a key exchange of its own" eval \
	'[ "$(kw_field west "[.ike[].children[].algorithms | select(contains(\"x25519\"))] | length")" = 2 ]'
ok "ping both ways" both_ways

stop_router east
start_strongswan east < <(swan_conf east psk ppk_id=kw ppk_required=yes |
	sed 's|^\t*secrets {|&\nppk-kw {\nsecret = "mixed in"\nid-kw = kw\n}\n|')
kw_conf west psk 'ppk="mixed in"' ppk-id=kw ppk-required=yes | kw_change west
ok "a PPK that both have" kw_up west
ok "strongSwan uses it" logged east "using PPK for PPK_ID 'kw'"
ok "ping both ways" both_ways
kw_conf west psk 'ppk="another"' ppk-id=kw ppk-required=yes | kw_change west
kw west up net >/dev/null
ok "one that differs lets nobody in" until_true 15 eval '[ "$(kw_field west .failure.kind)" = refused ]'

stop_router east
start_strongswan east < <(swan_conf east psk)
kw_conf west psk esp=aes-gcm-16-128 reauth=12s start=up | kw_change west
ok "up" kw_up west
first=$(kw_field west '.ike[0].id')
stream_start 200
sleep 30
ok "0 packets of keyway's lost by reauthentication" eval 'stream_stop; none_lost_of_keyway'
ok "it is another IKE SA" another_than "$first"
ok "one IKE SA and one child are left" until_true 15 children 1

stop_router east
start_strongswan east < <(swan_conf east psk mobike=yes)
kw_conf west psk esp=aes-gcm-16-128 mobike=yes | kw_change west
ok "up with MOBIKE" kw_up west
ok "ping both ways" both_ways
ip -n west addr del 192.0.2.1/24 dev wan
ip -n west addr add 192.0.2.66/24 dev wan
ip -n west route replace default via 192.0.2.2 dev wan
ok "keyway tells its new address" until_true 20 logged east 'N\(UPD_SA_ADDR\)'
ok "and keeps the IKE SA" until_true 10 eval \
	'kw_field west ".ike[0].local" | grep -q 192.0.2.66 && kw_is west up'
ok "ping both ways from there" until_true 20 both_ways
ok "nothing was in the clear" only_protected
