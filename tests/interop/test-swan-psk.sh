#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway (west) and strongSwan (east), pre-shared key: every cipher and group in both roles.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# arrange KEYWAY-IKE KEYWAY-ESP SWAN-IKE SWAN-ESP: new proposals on both sides, nothing up
arrange() {
	kw_conf west psk "ike=$1" "esp=$2" | kw_change west
	swan_change east psk "ike=$3" "esp=$4"
}

# both_roles WHAT: keyway begins, then strongSwan does
both_roles() {
	ok "$1: keyway initiates" kw_up west
	ok "$1: ping both ways" both_ways
	ok "$1: strongSwan names the same" eval 'swan east --list-sas | grep -q ESTABLISHED'
	kw_rest west
	ok "$1: strongSwan initiates" swan east --initiate --child net --timeout 20
	ok "$1: ping both ways, IPv6 inside" both_ways6
}

topology
start_strongswan east < <(swan_conf east psk)
start_keyway west < <(kw_conf west psk)

arrange aes-cbc-128+hmac-sha2-256-128+x25519 aes-gcm-16-128 aes128-sha256-x25519 aes128gcm16
both_roles "AES-GCM, IKE by AES-CBC and HMAC-SHA2"
arrange chacha20-poly1305+prf-hmac-sha2-256+ecp-256 chacha20-poly1305 \
	chacha20poly1305-prfsha256-ecp256 chacha20poly1305
both_roles "ChaCha20-Poly1305"
arrange aes-gcm-16-256+prf-hmac-sha2-384+modp-3072 aes-gcm-16-256+esn \
	aes256gcm16-prfsha384-modp3072 aes256gcm16-esn
both_roles "AES-GCM-256, ESN, IKE by AES-GCM"
ok "a TCP transfer arrives whole" tcp_whole
ok "only ESP crossed" only_protected

for group in modp-2048:modp2048 modp-4096:modp4096 ecp-384:ecp384 ecp-521:ecp521; do
	arrange "aes-gcm-16-128+prf-hmac-sha2-512+${group%:*}" aes-gcm-16-128 \
		"aes128gcm16-prfsha512-${group#*:}" aes128gcm16
	ok "group ${group%:*}" eval 'kw_up west && west_to_east'
done
