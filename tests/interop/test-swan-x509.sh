#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway (west) and strongSwan (east) with certificates: every key type in both roles, a chain that
# does not fit one datagram.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

topology
start_strongswan east < <(swan_conf east ecdsa)
start_keyway west < <(kw_conf west ecdsa)

# both_roles WHAT TYPE [KEYWAY-SETTING [SWAN-SETTING...]]
both_roles() {
	local what=$1 type=$2
	shift 2
	kw_conf west "$type" ${1:+"$1"} | kw_change west
	shift
	swan_change east "$type" "$@"
	ok "$what: keyway initiates" kw_up west
	ok "$what: ping both ways" both_ways
	kw_rest west
	ok "$what: strongSwan initiates" swan east --initiate --child net --timeout 20
	ok "$what: ping again" both_ways
}

both_roles "ECDSA P-256" ecdsa
both_roles "ECDSA P-384" ecdsa384
both_roles "Ed25519" ed25519
both_roles "RSA, PKCS#1 v1.5" rsa rsa-pss=no local.auth=rsa-sha256 remote.auth=ike:rsa-sha512
both_roles "RSA, PSS" rsa rsa-pss=yes local.auth=rsa/pss-sha256 remote.auth=ike:rsa/pss-sha512
ok "only ESP crossed" only_protected

topology
start_strongswan east < <(swan_conf east long)
cat "$PKI"/west-long.crt "$PKI"/ca-long-{6,5,4,3,2}.crt >"$RUN/west-chain.crt"
start_keyway west < <(kw_conf west long "cert=$RUN/west-chain.crt")
ok "a chain of six RSA certificates: keyway initiates" kw_up west
ok "it was sent in IKE fragments, none in IP fragments" eval '
	log_of east | grep -q "received fragment #" && fails saw "ip[6:2] & 0x3fff != 0 and udp"'
kw_rest west
ok "a chain of six RSA certificates: strongSwan initiates" swan east --initiate --child net --timeout 20
ok "ping both ways" both_ways
