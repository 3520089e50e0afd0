#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The bed itself, without keyway: two strongSwan routers through the kernel's XFRM. What these
# checks claim about the capture and the counted stream must hold for a known good pair.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/strongswan.sh"

topology
ok "without a tunnel packets cross in the clear" both_ways
ok "and the capture says so" fails only_protected

topology
start_strongswan east < <(swan_conf east psk)
start_strongswan west < <(swan_conf west psk)
ok "strongSwan and strongSwan: PSK" swan west --initiate --child net --timeout 20
ok "ping both ways" both_ways
ok "ping both ways, IPv6 inside" both_ways6
ok "only ESP crossed" only_protected
stream_start 200
sleep 3
ok "a stream in both directions loses nothing" stream_stop

topology nat=west
start_strongswan east < <(swan_conf east ecdsa)
start_strongswan west < <(swan_conf west rsa)
ok "strongSwan behind NAT and strongSwan: X.509" swan west --initiate --child net --timeout 20
ok "ping both ways through the NAT" both_ways
ok "only ESP in UDP crossed" only_protected udp
