#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and strongSwan (east): aggressive mode, signatures by RSA and ECDSA with
# certificates, in both roles; a NAT.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

NETS=(local-net=10.1.0.0/24 remote-net=10.2.0.0/24)

v1_conf() {
	local auth=$1
	shift
	kw_conf west "$auth" version=ike1 ike=aes-cbc-256+hmac-sha2-256-128+modp-2048 \
		esp=aes-gcm-16-128 "${NETS[@]}" "$@"
}
# v1_swan AUTH [KEY=VALUE...]: a new strongSwan, that has no key of another kind
v1_swan() {
	local auth=$1
	shift
	stop_router east
	start_strongswan east 'i_dont_care_about_security_and_use_aggressive_mode_psk = yes' < <(swan_conf east "$auth" \
		version=1 ike=aes256-sha256-modp2048 child.local_ts=10.2.0.0/24 child.remote_ts=10.1.0.0/24 "$@")
}

# both_roles WHAT
both_roles() {
	ok "$1: keyway initiates" kw_up west
	ok "$1: ping both ways" eval 'reachable; both_ways'
	kw_rest west
	ok "$1: strongSwan initiates" swan east --initiate --child net --timeout 20
	ok "$1: ping again" eval 'reachable; both_ways'
	kw_rest west
}

topology
v1_swan psk aggressive=yes
start_keyway west < <(v1_conf psk aggressive=with-psk)
both_roles "aggressive mode, pre-shared key"
v1_conf rsa | kw_change west
v1_swan rsa
both_roles "main mode, RSA signatures"
v1_conf rsa aggressive=yes | kw_change west
v1_swan rsa aggressive=yes
both_roles "aggressive mode, RSA signatures"
v1_conf ecdsa | kw_change west
v1_swan ecdsa
both_roles "main mode, ECDSA"

topology nat=west
v1_swan psk remote_addrs=%any
start_keyway west < <(v1_conf psk)
ok "keyway behind a NAT initiates" kw_up west
ok "ping both ways" eval 'reachable; both_ways'
ok "only ESP in UDP crossed" only_protected udp
