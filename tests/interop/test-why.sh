#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# When it fails it says why: in `keyway status`, in its JSON and in the log.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# refused_by_west WHAT KIND REGEX: strongSwan tries, keyway refuses and says why
refused_by_west() {
	swan east --initiate --child net --timeout 10 >/dev/null 2>&1
	ok "keyway is asked: $1" until_true 15 says_why west "$3" "$2"
}

# fails_at_west WHAT KIND REGEX: keyway tries and says why it does not come up
fails_at_west() {
	kw west up net >/dev/null 2>&1
	ok "keyway asks: $1" until_true "${4:-30}" says_why west "$3" "$2"
	kw west down net >/dev/null
}

# A setting that differs each time: a changed connection forgets that it was taken down.
change=30
west() {
	change=$((change + 1))
	kw_conf west "$@" "dpd=${change}s" | kw_change west
}
east() { swan_change east "$@"; }

topology
start_strongswan east < <(swan_conf east psk)
start_keyway west retransmit-ms=1000 retransmit-tries=3 < <(kw_conf west psk)

west psk ike=aes-gcm-16-256+prf-hmac-sha2-384+ecp-384
east psk ike=chacha20poly1305-prfsha384-ecp384
refused_by_west "no common IKE proposal" proposal 'chacha20-poly1305.*aes-gcm-16-256|aes-gcm-16-256.*chacha20-poly1305'
ok "status names both lists and what differs" eval '
	kw_field west .failure | tee /dev/stderr | jq -e ".ours != \"\" and .theirs != \"\" and .differs == \"encryption\""'
fails_at_west "no common IKE proposal" proposal 'aes-gcm-16-256'

west psk esp=aes-gcm-16-256
east psk esp=chacha20poly1305
refused_by_west "no common ESP proposal" proposal 'chacha20-poly1305'
fails_at_west "no common ESP proposal" proposal 'aes-gcm-16-256'

west "psk:one secret"
east "psk:another secret"
refused_by_west "pre-shared keys differ" psk 'pre-shared key|psk'
fails_at_west "pre-shared keys differ" refused 'pre-shared key|psk|authentication'

west psk remote-id=north.example.org
east psk
refused_by_west "another identity" identity 'north\.example\.org.*east\.example\.org|east\.example\.org.*north\.example\.org'
fails_at_west "another identity" refused 'identity'

west psk local-net=10.1.0.0/24 remote-net=10.99.0.0/24
east psk
refused_by_west "traffic selectors" selectors '10\.99\.0\.0/24'
fails_at_west "traffic selectors" selectors '10\.99\.0\.0/24'

west ecdsa
east expired
refused_by_west "certificate expired" certificate 'expired.*2021|2021.*expired'
west ecdsa
east untrusted
refused_by_west "certificate of an unknown issuer" certificate 'other-ca'
fails_at_west "certificate of an unknown issuer" certificate 'other-ca'
west ecdsa
east wrongname
refused_by_west "certificate for another name" certificate 'north\.example\.org'
fails_at_west "certificate for another name" certificate 'north\.example\.org'

west psk remote=192.0.2.99
fails_at_west "peer unreachable" unreachable 'no answer|192\.0\.2\.99' 60
west psk remote=no-such-host.invalid
fails_at_west "name without an address" resolve 'no-such-host\.invalid' 30

topology
openssl genpkey -algorithm ed25519 -out "$RUN/west.key" 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$RUN/east.key" 2>/dev/null
openssl genpkey -algorithm ed25519 -out "$RUN/other.key" 2>/dev/null
chmod 600 "$RUN"/*.key
public() { openssl pkey -in "$RUN/$1.key" -pubout -outform DER | base64 -w0; }
raw() { # raw ROUTER KEY PEERKEY
	kw_conf "$1" psk psk= "key=$RUN/$2.key" "remote-key=$(public "$3")" start=none
}
start_keyway east < <(raw east other west)
start_keyway west < <(raw west west east)
fails_at_west "raw key differs" key 'key'
stop_router west
rmmod keyway
start_keyway west < <(kw_conf west psk)
fails_at_west "module missing" kernel 'keyway.ko|insmod|modprobe|module'
stop_router west
stop_router east
insmod "$KEYWAY_KO"
