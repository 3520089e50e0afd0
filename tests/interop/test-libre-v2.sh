#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv2 between keyway (west) and libreswan (east): both roles with PSK and certificates, AES-GCM and
# ChaCha20, deletes, rekeys from both sides under traffic, MOBIKE, a NAT, a secret that differs.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/libreswan-roles.sh"

# arrange AUTH KEYWAY-IKE KEYWAY-ESP LIBRE-IKE LIBRE-ESP: a new configuration of both, nothing up
arrange() {
	# shellcheck disable=SC2086 # two words
	kw_conf west "$1" $NETS "ike=$2" "esp=$3" | kw_change west
	libre_change east "$1" "ike=$4" "esp=$5"
}

another_than() { [ "$(kw_field west "$2")" != "$1" ]; }

topology
start_libreswan east < <(libre_conf east psk)
# shellcheck disable=SC2086 # two words
start_keyway west < <(kw_conf west psk $NETS)

arrange psk aes-cbc-128+hmac-sha2-256-128+x25519 aes-gcm-16-128 aes128-sha2_256-dh31 aes_gcm128-null
both_roles "PSK, AES-GCM"
arrange psk chacha20-poly1305+prf-hmac-sha2-256+ecp-256 chacha20-poly1305 \
	chacha20_poly1305-sha2_256-dh19 chacha20_poly1305
both_roles "PSK, ChaCha20-Poly1305"
arrange rsa aes-gcm-16-256+prf-hmac-sha2-512+modp-3072 aes-gcm-16-256 aes_gcm256-sha2_512-dh15 aes_gcm256-null
both_roles "RSA certificates"
arrange ecdsa aes-gcm-16-128+prf-hmac-sha2-256+ecp-384 aes-cbc-256+hmac-sha2-512-256 \
	aes_gcm128-sha2_256-dh20 aes256-sha2_512
both_roles "ECDSA certificates, AES-CBC"
ok "only ESP crossed" only_protected

arrange psk aes-gcm-16-128+prf-hmac-sha2-256+x25519 aes-gcm-16-128 aes_gcm128-sha2_256-dh31 aes_gcm128-null
ok "up" kw_up west
child=$(kw_field west '.ike[0].children[0].id') ike=$(kw_field west '.ike[0].id')
stream_start 100
sleep 1
ok "keyway rekeys the Child SA" kw west rekey net
sleep 2
ok "libreswan rekeys the Child SA" whack east --name net --rekey-ipsec
sleep 2
ok "keyway rekeys the IKE SA" kw west rekey net --ike
sleep 2
ok "libreswan rekeys the IKE SA" whack east --name net --rekey-ike
sleep 3
ok "0 packets lost by four rekeys" stream_stop
ok "one IKE SA and one Child SA are left" until_true 15 kw_has_one_of_each west
ok "another IKE SA than before" another_than "$ike" '.ike[0].id'
ok "another Child SA than before" another_than "$child" '.ike[0].children[0].id'
ok "ping both ways" both_ways

# shellcheck disable=SC2086 # two words
kw_conf west psk:other $NETS | kw_change west
libre_change east psk
kw west up net >/dev/null
ok "a PSK that differs: keyway says who refuses and why" until_true 20 \
	says_why west "refused our authentication.*the pre-shared keys differ" refused
kw_rest west
ok "likewise when libreswan begins" eval 'fails libre_up east && fails libre_has east ESTABLISHED'
ok "keyway says why" until_true 20 says_why west "pre-shared keys differ" psk
whack east --terminate --name net >/dev/null

# Empty ones, and with a pre-shared key: of a signature over them it takes its own, and no other's.
# shellcheck disable=SC2086 # two words
kw_conf west psk $NETS esp=aes-gcm-16-128 | kw_change west
libre_change east psk intermediate=yes
ok "libreswan begins with an IKE_INTERMEDIATE, which both prove" libre_up east
ok "there was one" logged west "<- IKE_INTERMEDIATE request 1"
libre_down east

# shellcheck disable=SC2086 # two words
kw_conf west psk $NETS esp=aes-gcm-16-128 mobike=yes | kw_change west
# As a responder it takes MOBIKE from peers of any address only.
libre_change east psk mobike=yes right=%any
ok "up with MOBIKE" kw_up west
ok "ping both ways" both_ways
ip -n west addr del 192.0.2.1/24 dev wan
ip -n west addr add 192.0.2.66/24 dev wan
ip -n west route replace default via 192.0.2.2 dev wan
ok "libreswan hears keyway's new address" until_true 20 logged east 'MOBIKE.*192\.0\.2\.66'
ok "and keyway keeps the IKE SA" until_true 10 eval \
	'kw_field west ".ike[0].local" | grep -q 192.0.2.66 && kw_is west up'
ok "ping both ways from there" until_true 20 both_ways
ok "only ESP crossed" only_protected

topology nat=west
start_libreswan east < <(libre_conf east psk)
# shellcheck disable=SC2086 # two words
start_keyway west < <(kw_conf west psk $NETS esp=aes-gcm-16-128)
ok "through a NAT: keyway initiates" kw_up west
ok "ping both ways" both_ways
ok "all ESP in UDP" only_protected udp
