#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A NAT between keyway (west) and strongSwan (east), on either side, either of them beginning.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

topology nat=west
start_strongswan east < <(swan_conf east psk remote_addrs=%any)
start_keyway west < <(kw_conf west psk)
ok "keyway behind the NAT initiates" kw_up west
ok "ping both ways" both_ways
ok "a TCP transfer arrives whole" tcp_whole
ok "only ESP in UDP crossed" only_protected udp
stream_start 200
sleep 2
ok "keyway behind the NAT rekeys the Child SA" kw west rekey net
sleep 2
ok "strongSwan rekeys the Child SA" swan east --rekey --child net
sleep 2
ok "0 packets lost" stream_stop
in_ns wire nft flush chain ip nat out
in_ns wire nft add rule ip nat out oifname to-east udp sport 4500 masquerade to :20000-30000
in_ns wire conntrack -F >/dev/null 2>&1
ok "the NAT changes the port: strongSwan follows, traffic goes on" until_true 20 both_ways

topology nat=west
start_strongswan east < <(swan_conf east ecdsa)
start_keyway west < <(kw_conf west ecdsa esp=chacha20-poly1305)
swan_change east ecdsa esp=chacha20poly1305
ok "strongSwan initiates through a forwarded port to keyway" swan east --initiate --child net --timeout 20
ok "ping both ways" both_ways
ok "only ESP in UDP crossed" only_protected udp

topology nat=east
start_strongswan east < <(swan_conf east psk)
start_keyway west < <(kw_conf west psk remote=any)
ok "strongSwan behind the NAT initiates" swan east --initiate --child net --timeout 20
ok "ping both ways" both_ways
ok "only ESP in UDP crossed" only_protected udp
in_ns wire nft flush chain ip nat out
in_ns wire nft add rule ip nat out oifname to-west udp sport 4500 masquerade to :20000-30000
in_ns wire conntrack -F >/dev/null 2>&1
ok "the NAT changes the port: keyway follows, traffic goes on" \
	eval 'pings ehost 10.1.0.2; until_true 20 both_ways'

kw_conf west psk | kw_change west
swan_change east psk remote_addrs=%any
ok "keyway initiates through a forwarded port to strongSwan" kw_up west
ok "ping both ways again" both_ways
