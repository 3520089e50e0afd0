#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and strongSwan (east): main mode with a pre-shared key, quick mode with
# and without PFS, both roles, rekeying under traffic, deletes.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

V1_IKE=aes-cbc-128+hmac-sha2-256-128+modp-2048
SWAN_IKE=aes128-sha256-modp2048
NETS=(local-net=10.1.0.0/24 remote-net=10.2.0.0/24)

# v1_conf [KEY=VALUE...]: keyway's side
v1_conf() { kw_conf west psk version=ike1 "ike=$V1_IKE" esp=aes-gcm-16-128 "${NETS[@]}" "$@"; }
# v1_swan [KEY=VALUE...]: strongSwan's
v1_swan() {
	swan_change east psk version=1 "ike=$SWAN_IKE" child.local_ts=10.2.0.0/24 \
		child.remote_ts=10.1.0.0/24 "$@"
}

one_isakmp_sa() { kw west status && [ "$(kw_field west '.ike | length')" = 1 ]; }

# swan_empty: strongSwan has nothing left
swan_empty() { [ -z "$(swan east --list-sas)" ]; }

topology
start_strongswan east < <(swan_conf east psk)
start_keyway west < <(v1_conf)
v1_swan
ok "main mode, keyway initiates" kw_up west
reachable
ok "ping both ways" both_ways
ok "strongSwan names the same" eval 'swan east --list-sas | grep -q "IKEv1.*ESTABLISHED\|ESTABLISHED, IKEv1"'
ok "a TCP transfer arrives whole" tcp_whole
ok "only ESP crossed" only_protected
ok "keyway deletes, strongSwan follows" eval 'kw west down net; until_true 10 swan_empty'
kw_rest west
ok "strongSwan initiates" swan east --initiate --child net --timeout 20
ok "ping both ways" both_ways

v1_conf pfs=modp-2048 | kw_change west
v1_swan esp=aes128gcm16-modp2048
ok "PFS: keyway initiates" kw_up west
reachable
ok "ping both ways" both_ways
stream_start 200
sleep 1
ok "keyway rekeys the child" kw west rekey net
sleep 8
ok "strongSwan rekeys the child" swan east --rekey --child net
sleep 3
ok "keyway makes a new ISAKMP SA" kw west rekey net --ike
sleep 5
ok "strongSwan makes a new ISAKMP SA" swan east --rekey --ike net
sleep 4
ok "0 packets lost by four rekeys" stream_stop
ok "one ISAKMP SA is left" until_true 70 one_isakmp_sa
ok "ping both ways" both_ways
