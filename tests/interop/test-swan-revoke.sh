#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway (west) asks whether strongSwan's certificate (east) is revoked: lists in files, lists and OCSP
# by HTTP, from a server that is well, gone or silent. Both roles.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

topology
WEB=$RUN/web
rm -rf "$WEB" "$RUN/pki"
mkdir -p "$WEB" "$RUN/pki"
cp "$PKI"/ca.crt "$PKI"/ca.key "$PKI"/{west,east}-ecdsa.{crt,key} "$RUN/pki"
PKI=$RUN/pki

# leaf NAME LINE...: a certificate of east's, with more lines in its template
leaf() {
	certtool --no-text --generate-privkey --key-type ecdsa --curve secp256r1 --outfile "$PKI/$1.key" &&
		printf '%s\n' 'cn = "east.example.org"' 'dns_name = "east.example.org"' signing_key \
			'expiration_days = 30' "${@:2}" >"$PKI/template" &&
		certtool --no-text --generate-certificate --load-privkey "$PKI/$1.key" --load-ca-certificate "$PKI/ca.crt" \
			--load-ca-privkey "$PKI/ca.key" --template "$PKI/template" --outfile "$PKI/$1.crt"
} 2>/dev/null

# list FILE [CERTIFICATE]: the list of what the CA has revoked
list() {
	printf '%s\n' 'crl_next_update = 7' 'crl_number = 5' >"$PKI/template"
	certtool --no-text --generate-crl --load-ca-certificate "$PKI/ca.crt" --load-ca-privkey "$PKI/ca.key" \
		${2:+--load-certificate "$2"} --template "$PKI/template" --outder --outfile "$1"
} 2>/dev/null

# index V|R: what the OCSP responder says of east-ocsp
index() {
	printf '%s\t490101000000Z\t%s\t%s\tunknown\t/CN=east\n' "$1" "$([ "$1" = V ] || echo 260101000000Z,keyCompromise)" \
		"$(openssl x509 -in "$PKI/east-ocsp.crt" -noout -serial | cut -d= -f2)" >"$PKI/index"
}

# Asking by a connection would be a request to openssl's responder, which takes one at a time.
listening() { [ -n "$(in_ns west ss -Hltn "sport = :$1")" ]; }

# HTTPServer of Python would ask for the name of its address first, and wait.
web_up() {
	ip netns exec west python3 -c "
import functools, http.server, socketserver
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory='$WEB')
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(('$WEST', 8080), handler).serve_forever()" >"$OUT/$TEST_NAME-web.log" 2>&1 &
	WEB_JOB=$!
	until_true 10 listening 8080
}

# It reads its index when it starts.
ocsp_up() {
	ip netns exec west openssl ocsp -index "$PKI/index" -CA "$PKI/ca.crt" -rsigner "$PKI/ca.crt" -rkey "$PKI/ca.key" \
		-ndays 1 -port 8081 >"$OUT/$TEST_NAME-ocsp.log" 2>&1 &
	OCSP_JOB=$!
	until_true 10 listening 8081
}

down() { kill "$1" && wait "$1"; } 2>/dev/null

# change TYPE [KEY=VALUE...]: east shows another certificate, west asks in another way
change() {
	local type=$1
	shift
	swan_change east "$type" && kw_conf west ecdsa "$@" | kw_change west
}

swan_up() { swan east --initiate --child net --timeout 25; }

both_up() {
	ok "$1: keyway initiates" kw_up west
	kw_rest west
	ok "$1: strongSwan initiates" swan_up
	kw west down net >/dev/null
}

# nobody_up WHAT REGEX
nobody_up() {
	kw west up net >/dev/null 2>&1
	ok "$1: refused as responder" until_true 25 says_why west "$2" certificate
	kw_rest west
	ok "$1: refused as initiator" fails swan_up
	ok "$1: and why" says_why west "$2" certificate
}

leaf east-crl "crl_dist_points = \"http://$WEST:8080/ca.crl\""
leaf east-ocsp "ocsp_uri = \"http://$WEST:8081/\""
list "$PKI/ca.crl"
start_strongswan east < <(swan_conf east ecdsa)
start_keyway west < <(kw_conf west ecdsa "crl=$PKI/ca.crl" revocation=strict)

both_up "a list in a file"
list "$PKI/ca.crl" "$PKI/east-ecdsa.crt"
ok "reload" kw west reload
nobody_up "revoked in a file" "CN=east.example.org.* is revoked since 20..-..-.. ..:.. UTC: CRL 05 of CN=keyway test ca .$PKI/ca.crl"

list "$WEB/ca.crl"
web_up
change crl revocation=strict
both_up "a list by HTTP"
ok "it was fetched" grep -q "GET /ca.crl" "$OUT/$TEST_NAME-web.log"
list "$WEB/ca.crl" "$PKI/east-crl.crt"
ok "reload" kw west reload
nobody_up "revoked in a list by HTTP" "is revoked since .* CRL 05 of .*http://$WEST:8080/ca.crl"
down "$WEB_JOB"
ok "reload" kw west reload
nobody_up "nobody there, strict" "is not known: the CRL .* cannot be had: .*connect.* .revocation = strict"
change crl revocation=relaxed
both_up "nobody there, relaxed"
ok "which the log says" logged west "is not known, and it counts .revocation = relaxed.: the CRL"

ip netns exec west python3 -c "
import socket
s = socket.create_server(('$WEST', 8080))
c = []
while True: c.append(s.accept())" &
SILENT_JOB=$!
until_true 10 listening 8080
change crl revocation=strict
nobody_up "a server that says nothing, strict" "did not come within 5000 ms"
down "$SILENT_JOB"

index V
ocsp_up
change ocsp revocation=strict
both_up "OCSP"
down "$OCSP_JOB"
index R
ocsp_up
ok "reload" kw west reload
nobody_up "revoked by OCSP" "is revoked since 2026-01-01 00:00 UTC .key compromised.: OCSP response of .*http://$WEST:8081/"
down "$OCSP_JOB"
ok "reload" kw west reload
nobody_up "no responder" "the OCSP response .* cannot be had"
