#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Two proofs of the client between keyway (west) and strongSwan (east), RFC 4739: by certificate, and by EAP behind
# that. Each is the client of the other's gateway; who has but one of the two is refused.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
# shellcheck disable=SC2034 # used by strongswan.sh; gcrypt has the MD4 and DES of MS-CHAP
SWAN_MORE='gcrypt eap-identity eap-mschapv2 eap-md5'

ALICE=$'eap-alice {\n id = alice\n secret = "correct horse"\n}'

# swan_twice SIDE EAP-SECTION [KEY=VALUE...]: strongSwan with a second round of SIDE (local, remote)
swan_twice() {
	local side=$1 eap=$2
	shift 2
	swan east --terminate --ike net --force >/dev/null 2>&1
	swan_conf east ecdsa "$@" | sed "s/^\t*children {/${side}2 { $eap\n}\n&/" >"$RUN/swan-east/swanctl.conf"
	swan_files east && swan_load east
}
swan_gateway() { swan_twice remote $'auth = eap-mschapv2\\\neap_id = %any' "secret=$ALICE"; }
# swan_client [PASSWORD [CERTIFICATE]]
swan_client() {
	swan_twice local $'auth = eap-mschapv2\\\neap_id = alice' "local.certs=east-${2-ecdsa}.crt" "secret=eap-client {
		id = alice
		secret = \"${1-correct horse}\"
	}"
}
swan_up() { swan east --initiate --child net --timeout 20; }
client() { kw_conf west ecdsa auth=cert+eap,cert user=alice 'password="correct horse"' "$@" | kw_change west; }
gateway() { kw_conf west ecdsa auth=cert,cert+eap users=users | kw_change west; }

topology
start_strongswan east < <(swan_conf east ecdsa)
start_keyway west < <(kw_conf west ecdsa)
printf '%s\n' 'alice = "correct horse"' | install -m 600 /dev/stdin "$RUN/kw-west/users"

swan_gateway
client
ok "keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
ok "strongSwan knows the user" eval 'swan east --list-sas | tee /dev/stderr | grep -q "EAP: .alice."'
ok "the IKE SA is rekeyed" kw west rekey net --ike
ok "ping both ways" both_ways
client 'password="battery staple"'
ok "a wrong password is refused" eval '
	kw west up net; until_true 20 says_why west "wrong user or password" eap'
kw west down net >/dev/null

gateway
swan_client
ok "strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
ok "keyway knows the user" eval 'kw_field west ".ike[0].remote_id" | tee /dev/stderr | grep -qx alice'
swan_client "battery staple"
ok "strongSwan with a wrong password is refused" eval '
	fails swan_up; until_true 10 says_why west "wrong password for user .alice." eap'
rm -f "$RUN"/swan-east/{x509,private}/*
swan_client "correct horse" untrusted
ok "strongSwan with a certificate of an unknown issuer is refused" eval '
	fails swan_up; until_true 10 says_why west "not among the trusted CAs" certificate'
rm -f "$RUN"/swan-east/{x509,private}/*
swan_change east ecdsa
ok "strongSwan without EAP is refused" eval '
	fails swan_up; until_true 10 says_why west "proves itself once only" refused'
swan_change east ecdsa local.auth=eap-mschapv2 local.eap_id=alice local.certs= "secret=$ALICE"
ok "strongSwan without a certificate is refused" eval '
	fails swan_up; until_true 10 says_why west "authenticates by EAP, but this connection wants a signature" refused'
swan_client
ok "and with both it is let in again" swan_up
ok "only ESP crossed" only_protected
