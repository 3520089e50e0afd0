#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Rekeying between keyway (west) and strongSwan (east) under traffic: nothing is lost, whoever
# begins, on command or because a lifetime ends.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

topology
start_strongswan east < <(swan_conf east psk esp=aes128gcm16-x25519,aes128gcm16)
start_keyway west < <(kw_conf west psk esp=aes-gcm-16-128 pfs=x25519)
ok "up" kw_up west

stream_start 200
sleep 1
ok "keyway rekeys the Child SA" kw west rekey net
sleep 2
ok "strongSwan rekeys the Child SA" swan east --rekey --child net
sleep 2
ok "keyway rekeys the IKE SA" kw west rekey net --ike
sleep 2
ok "strongSwan rekeys the IKE SA" swan east --rekey --ike net
sleep 2
ok "both rekey the Child SA at once" eval 'kw west rekey net & swan east --rekey --child net; wait $!'
sleep 3
ok "both rekey the IKE SA at once" eval 'kw west rekey net --ike & swan east --rekey --ike net; wait $!'
sleep 4
ok "0 packets lost by six rekeys" stream_stop
ok "one IKE SA and one Child SA are left" until_true 10 kw_has_one_of_each west
ok "ping both ways" both_ways

kw_conf west psk esp=aes-gcm-16-128 ike-lifetime=25s child-lifetime=10s | kw_change west
swan_change east psk child.rekey_time=12s child.rand_time=1s child.life_time=40s \
	rekey_time=30s rand_time=1s over_time=60s
ok "up with short lifetimes" kw_up west
# shellcheck disable=SC2034 # used below, in a quoted check
before=$(log_of east | grep -c "CHILD_SA net.*established")
stream_start 100
sleep 45
ok "0 packets lost by lifetimes of 10 s and 25 s in 45 s" stream_stop
ok "Child SAs were rekeyed" eval '[ "$(log_of east | grep -c "CHILD_SA net.*established")" -ge $((before + 3)) ]'
ok "one IKE SA and one Child SA are left" until_true 10 kw_has_one_of_each west

kw_conf west psk esp=aes-gcm-16-128 child-lifetime=1000p | kw_change west
swan_change east psk
ok "up with a limit of 1000 packets" kw_up west
stream_start 100
sleep 16
ok "0 packets lost by a limit of 1000 packets" stream_stop
ok "ping both ways" both_ways
