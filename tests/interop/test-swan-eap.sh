#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# EAP between keyway (west) and strongSwan (east): each is the client of the other's gateway, by
# MSCHAPv2 and MD5; wrong users and passwords get nowhere and are told apart in the gateway's log.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
# shellcheck disable=SC2034 # used by strongswan.sh; gcrypt has the MD4 and DES of MS-CHAP
SWAN_MORE='gcrypt eap-identity eap-mschapv2 eap-md5'

ALICE=$'eap-alice {\n id = alice\n secret = "correct horse"\n}'

# client [KEY=VALUE...]: keyway asks for access, strongSwan is the gateway
client() { kw_conf west ecdsa auth=eap,cert cert= key= user=alice 'password="correct horse"' "$@" | kw_change west; }
swan_gateway() { swan_change east ecdsa "remote.auth=eap-$1" remote.eap_id=%any "secret=$ALICE"; }

# gateway [KEY=VALUE...]: keyway lets the users of a file in, strongSwan asks
gateway() { kw_conf west ecdsa auth=cert,eap "users=users" ca= "$@" | kw_change west; }
# swan_client METHOD [USER [PASSWORD]]
swan_client() {
	swan_change east ecdsa "local.auth=eap-$1" "local.eap_id=${2-alice}" local.certs= \
		"secret=eap-client {
			id = ${2-alice}
			secret = \"${3-correct horse}\"
		}"
}
swan_up() { swan east --initiate --child net --timeout 20; }

topology
start_strongswan east < <(swan_conf east ecdsa "remote.auth=eap-mschapv2" remote.eap_id=%any "secret=$ALICE")
start_keyway west < <(kw_conf west ecdsa)
printf '%s\n' '# who may come' 'alice = "correct horse"' 'bob = "b"' | install -m 600 /dev/stdin "$RUN/kw-west/users"

client
ok "MSCHAPv2: keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
ok "strongSwan knows the user" eval 'swan east --list-sas | tee /dev/stderr | grep -q "EAP: .alice."'
client 'password="battery staple"'
ok "MSCHAPv2: a wrong password is refused, and keyway says so" eval '
	kw west up net; until_true 20 says_why west "wrong user or password" eap'
client user=mallory
ok "MSCHAPv2: an unknown user is refused" eval '
	kw west up net; until_true 20 says_why west "refuse" eap'
kw west down net >/dev/null
swan_gateway md5
client eap=md5
ok "MD5: keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
client eap=gtc
ok "no method in common: keyway names both" eval '
	kw west up net; until_true 20 says_why west "the peer offers md5, eap here is gtc" eap'
kw west down net >/dev/null

gateway
swan_client mschapv2
ok "MSCHAPv2: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
ok "keyway knows the user" eval 'kw_field west ".ike[0].remote_id" | tee /dev/stderr | grep -qx alice'
swan_client mschapv2 alice "battery staple"
ok "MSCHAPv2: strongSwan with a wrong password is refused" eval '
	fails swan_up; says_why west "wrong password for user .alice." eap'
swan_client mschapv2 mallory
ok "MSCHAPv2: strongSwan with an unknown user is refused" eval '
	fails swan_up; says_why west "no user .mallory." eap'
swan_client md5
ok "MD5 is not done unless it is asked for" eval '
	fails swan_up; says_why west "the peer wants md5, eap here is mschapv2" eap'
gateway eap=md5
ok "MD5: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
ok "nothing of a refused one is left" eval '
	kw_field west ".ike | length" | tee /dev/stderr | grep -qx 1'
ok "only ESP crossed" only_protected
