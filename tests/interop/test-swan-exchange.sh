#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKE_SA_INIT's detours between keyway (west) and strongSwan (east), both ways: COOKIE and
# INVALID_KE_PAYLOAD; liveness on a quiet connection.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

topology
start_strongswan east < <(swan_conf east psk ike=aes128gcm16-prfsha256-ecp256)
start_keyway west cookie-threshold=0 < <(kw_conf west psk \
	ike=aes-gcm-16-128+prf-hmac-sha2-256+x25519+ecp-256 dpd=3s)

ok "strongSwan wants another group: keyway gives it" kw_up west
ok "there was an INVALID_KE_PAYLOAD" logged east 'IKE_SA_INIT response .* N\(INVAL_KE\)'
ok "ping both ways" both_ways
ok "keyway asks after a silent peer" until_true 15 logged east 'parsed INFORMATIONAL request [0-9]+ \[ \]'
ok "and keeps the connection" kw_is west up

kw_conf west psk ike=aes-gcm-16-128+prf-hmac-sha2-256+ecp-256 | kw_change west
swan_change east psk ike=aes128gcm16-prfsha256-x25519-ecp256
ok "keyway wants another group and a cookie: strongSwan gives both" \
	swan east --initiate --child net --timeout 20
ok "there was an INVALID_KE_PAYLOAD" logged east 'parsed IKE_SA_INIT response .* N\(INVAL_KE\)'
ok "there was a COOKIE" logged east 'parsed IKE_SA_INIT response .* N\(COOKIE\)'
ok "ping both ways" both_ways

stop_router east
start_strongswan east cookie_threshold=1 block_threshold=0 < <(swan_conf east psk \
	ike=aes128gcm16-prfsha256-x25519-ecp256 "remote_addrs=$WEST,192.0.2.77")
ip -n wire addr add 192.0.2.77/24 dev bridge
ok "a half-open IKE SA at strongSwan" in_ns wire "$INTEROP/half-open.py" $EAST "$RUN/wire.pcap" 1
kw_conf west psk ike=aes-gcm-16-128+prf-hmac-sha2-256+ecp-256 start=none dpd=20s | kw_change west
ok "strongSwan wants a cookie: keyway gives it" kw_up west
ok "there was a COOKIE" logged east "parsed IKE_SA_INIT request 0 . N.COOKIE."
ok "ping both ways" both_ways
