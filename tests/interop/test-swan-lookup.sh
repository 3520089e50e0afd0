#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Certificates by hash and URL between keyway (west) and strongSwan (east): each fetches the other's from a
# web server of west's. Both roles; what may not be fetched, and what is something else.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
# shellcheck disable=SC2034 # used by strongswan.sh
SWAN_MORE=curl

topology
WEB=$RUN/web URL=http://$WEST:8080
rm -rf "$WEB"
mkdir -p "$WEB"

# der NAME: a certificate of the PKI as it is sent
der() { openssl x509 -in "$PKI/$1.crt" -outform DER; }
sha1() { sha1sum | cut -d' ' -f1; }
fetched() { grep -q "GET /$1 " "$OUT/$TEST_NAME-web.log"; }
listening() { [ -n "$(in_ns west ss -Hltn "sport = :$1")" ]; }
swan_up() { swan east --initiate --child net --timeout 25; }
# change [KEY=VALUE...]: west asks in another way, and remembers nothing
change() {
	kw west down net >/dev/null
	swan east --terminate --ike net --force >/dev/null 2>&1
	stop_router west
	start_keyway west < <(kw_conf west ecdsa "$@")
}

ip netns exec west python3 -c "
import functools, http.server, socketserver
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory='$WEB')
socketserver.TCPServer.allow_reuse_address = True
socketserver.TCPServer(('$WEST', 8080), handler).serve_forever()" >"$OUT/$TEST_NAME-web.log" 2>&1 &
until_true 10 listening 8080

# strongSwan asks for, and names, files by their hash below its cert_uri_base.
east=$(der east-ecdsa | sha1)
echo "<html>Please log in</html>" >"$WEB/$east"
der west-ecdsa >"$WEB/west.der"
start_strongswan east 'hash_and_url = yes' < <(swan_conf east ecdsa
	echo "authorities { ca { cacert = ca.crt
		cert_uri_base = $URL/ } }")
start_keyway west < <(kw_conf west ecdsa "cert-lookup=$URL/" "cert-url=$URL/west.der")

kw west up net >/dev/null 2>&1
ok "what comes is something else" until_true 25 says_why west \
	"certificate .$URL/$east. cannot be had: it is not what the peer's hash names" certificate
der east-ecdsa >"$WEB/$east"
change "cert-lookup=$URL/" "cert-url=$URL/west.der"
ok "keyway initiates" kw_up west
ok "ping both ways" both_ways
ok "keyway fetched strongSwan's" fetched "$east"
ok "strongSwan fetched keyway's" fetched west.der
kw_rest west
: >"$OUT/$TEST_NAME-web.log"
ok "strongSwan initiates" swan_up
ok "and keyway remembers what it has fetched" fails fetched "$east"

change "cert-lookup=http://$WEST:8081/, http://$WEST/"
kw west up net >/dev/null 2>&1
ok "a place that is not allowed" until_true 25 says_why west "cert-lookup here does not allow that place" certificate
kw_rest west
ok "nor for who begins" fails swan_up
change "cert-lookup=any"
kw west up net >/dev/null 2>&1
ok "an address of no public net" until_true 25 says_why west "it is not on port 80 of a public address" certificate
: >"$OUT/$TEST_NAME-web.log"
change
ok "without cert-lookup strongSwan sends it" kw_up west
ok "and nothing is fetched" fails fetched ""
# Whoever fetches a certificate is seen doing so.
PROTECTED+=' or tcp port 8080'
ok "beside certificates only ESP crossed" only_protected
