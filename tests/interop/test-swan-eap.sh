#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# EAP between keyway (west) and strongSwan (east): each is the client of the other's gateway, by
# MSCHAPv2, MD5 and TLS, and with FreeRADIUS (whost) behind keyway. Wrong users, passwords and
# certificates get nowhere and are told apart in the gateway's log. TLS with strongSwan is 1.2 (Documentation/ikev2.md
# says why), with FreeRADIUS 1.3.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
. "$INTEROP/freeradius.sh"
# shellcheck disable=SC2034 # used by strongswan.sh; gcrypt has the MD4 and DES of MS-CHAP
SWAN_MORE='gcrypt eap-identity eap-mschapv2 eap-md5 eap-tls'

ALICE=$'eap-alice {\n id = alice\n secret = "correct horse"\n}'

# client [KEY=VALUE...]: keyway asks for access, strongSwan is the gateway
client() { kw_conf west ecdsa auth=eap,cert cert= key= user=alice 'password="correct horse"' "$@" | kw_change west; }
swan_gateway() { swan_change east ecdsa "remote.auth=eap-$1" remote.eap_id=%any remote.cacerts= "secret=$ALICE"; }

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

# Certificates in EAP, on top of those in IKE.
tls_client() { kw_conf west ecdsa auth=eap,cert eap=tls | kw_change west; }
tls_gateway() { kw_conf west ecdsa auth=cert,eap eap=tls "$@" | kw_change west; }
# strongSwan chooses its certificate for TLS by its name: there may be no other one.
swan_tls_client() { # [CERTIFICATE]
	rm -f "$RUN"/swan-east/{x509,private}/*
	swan_change east ecdsa local.auth=eap-tls local.eap_id=east.example.org "local.certs=east-${1-ecdsa}.crt"
}

topology
start_strongswan east < <(swan_conf east ecdsa)
start_keyway west < <(kw_conf west ecdsa)
printf '%s\n' '# who may come' 'alice = "correct horse"' 'bob = "b"' | install -m 600 /dev/stdin "$RUN/kw-west/users"

swan_gateway mschapv2
client
ok "MSCHAPv2: keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
ok "strongSwan knows the user" eval 'swan east --list-sas | tee /dev/stderr | grep -q "EAP: .alice."'
client 'password="battery staple"'
ok "MSCHAPv2: a wrong password is refused, and keyway says so" eval '
	kw west up net; until_true 20 says_why west "wrong user or password" eap'
client user=mallory
ok "MSCHAPv2: an unknown user is refused" eval '
	kw west up net; until_true 20 says_why west "EAP|refuse" eap'
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
	fails swan_up; until_true 10 says_why west "wrong password for user .alice." eap'
swan_client mschapv2 mallory
ok "MSCHAPv2: strongSwan with an unknown user is refused" eval '
	fails swan_up; until_true 10 says_why west "no user .mallory." eap'
swan_client md5
ok "MD5 is not done unless it is asked for" eval '
	fails swan_up; says_why west "the peer wants md5, eap here is mschapv2" eap'
gateway eap=md5
ok "MD5: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways

start_freeradius whost 10.1.0.1 "between gateway and server"
by_radius() { kw_conf west ecdsa auth=cert,eap ca= radius=10.1.0.2 'radius-secret="between gateway and server"' "$@" | kw_change west; }
by_radius
swan_client mschapv2
ok "FreeRADIUS, MSCHAPv2: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
ok "keyway knows the user" eval 'kw_field west ".ike[0].remote_id" | tee /dev/stderr | grep -qx alice'
swan_client md5
ok "FreeRADIUS, MD5: strongSwan is let in by keyway" swan_up
swan_tls_client
ok "FreeRADIUS, TLS: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
swan_client mschapv2 alice "battery staple"
ok "FreeRADIUS refuses a wrong password" eval '
	fails swan_up; says_why west "the RADIUS server refuses user .alice." eap'
by_radius 'radius-secret="another"'
swan_client mschapv2
ok "another secret than the server's: nobody is let in" eval '
	fails swan_up; until_true 20 says_why west "no answer from the RADIUS server at 10.1.0.2:1812" eap'

tls_client
swan_change east ecdsa remote.auth=eap-tls remote.eap_id=%any
ok "TLS: keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
tls_gateway
swan_tls_client
ok "TLS: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
swan_tls_client untrusted
ok "TLS: a certificate of an unknown issuer is refused" eval '
	fails swan_up; says_why west "issued by CN=keyway test other-ca" eap'
tls_gateway remote-id=any
swan_tls_client expired
ok "TLS: an expired certificate is refused" eval '
	fails swan_up; says_why west "expired on" eap'
kw_conf west ecdsa auth=eap | kw_change west
swan_tls_client	# with the right certificate again
swan_change east ecdsa local.auth=eap-tls remote.auth=eap-tls remote.eap_id=%any
ok "EAP alone: keyway is let in by strongSwan" kw_up west
ok "ping both ways" both_ways
rm -f "$RUN"/swan-east/{x509,private}/*
swan_change east ecdsa local.auth=eap-tls local.eap_id=east.example.org remote.auth=eap-tls remote.cacerts=
kw_conf west ecdsa auth=eap remote-id=any | kw_change west
ok "EAP alone: strongSwan is let in by keyway" swan_up
ok "ping both ways" both_ways
ok "nothing of a refused one is left" eval '
	kw_field west ".ike | length" | tee /dev/stderr | grep -qx 1'
ok "only ESP crossed" only_protected

stop_router east
by_radius
start_keyway east < <(kw_conf east ecdsa auth=eap,cert eap=tls)
ok "FreeRADIUS, TLS: keyway is let in by keyway" kw_up east
ok "that was TLS 1.3" grep -q 'TLS-Session-Version = "TLS 1.3"' "$OUT/$TEST_NAME-freeradius.log"
ok "ping both ways" both_ways
