#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and libreswan (east): main and aggressive mode, pre-shared key and RSA signatures in both
# roles, PFS, XAUTH with Mode Config in both roles, rekeys from both sides under traffic, a secret that differs.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/libreswan.sh"

NETS="local-net=10.1.0.0/24 remote-net=10.2.0.0/24"
V1="ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 esp=aes-gcm-16-128"
LIBRE_V1="ikev2=no ike=aes128-sha2_256-dh14 esp=aes_gcm128-null pfs=no"

# v1_conf AUTH [KEY=VALUE...], v1_libre AUTH [KEY=VALUE...]: either side, nothing up. pluto keeps IKEv1 off, too.
# shellcheck disable=SC2086 # several words
v1_conf() { kw_conf west "$1" version=ike1 $NETS $V1 "${@:2}"; }
# shellcheck disable=SC2086
v1_libre() {
	[ -z "${ROUTER_JOB[east]-}" ] || stop_router east
	start_libreswan east ikev1-policy=accept < <(libre_conf east "$1" $LIBRE_V1 "${@:2}")
}

# both_roles WHAT: keyway begins, then libreswan does
both_roles() {
	ok "$1: keyway initiates" kw_up west
	ok "$1: libreswan says the same" libre_has east 'IPsec SA established'
	ok "$1: ping both ways" both_ways
	kw_rest west
	ok "$1: keyway's delete left nothing" until_true 10 libre_idle east
	ok "$1: libreswan initiates" libre_up east
	ok "$1: ping again" both_ways
	libre_down east
	ok "$1: libreswan's delete left nothing" until_true 10 kw_is west down
}

one_isakmp_sa() { kw west status && [ "$(kw_field west '.ike | length')" = 1 ]; }
user_is() { [ "$(kw_field west '.ike[0].remote_id')" = "$1" ] || { kw west status; return 1; }; }

topology
v1_libre psk
start_keyway west < <(v1_conf psk)
both_roles "main mode, pre-shared key"

v1_conf psk pfs=modp-2048 esp=aes-cbc-256+hmac-sha2-256-128 | kw_change west
v1_libre psk pfs=yes esp=aes256-sha2_256
both_roles "PFS, AES-CBC"

v1_conf rsa | kw_change west
v1_libre rsa
both_roles "main mode, RSA signatures"

v1_conf psk aggressive=with-psk | kw_change west
v1_libre psk aggrmode=yes
both_roles "aggressive mode, pre-shared key"

v1_conf rsa aggressive=yes | kw_change west
v1_libre rsa aggrmode=yes
both_roles "aggressive mode, RSA signatures"
ok "only ESP crossed" only_protected

v1_conf psk pfs=modp-2048 | kw_change west
v1_libre psk pfs=yes esp=aes_gcm128-null
ok "up" kw_up west
stream_start 100
sleep 1
ok "keyway rekeys the child" kw west rekey net
sleep 8
ok "libreswan rekeys the child" whack east --name net --rekey-ipsec
sleep 3
ok "keyway makes a new ISAKMP SA" kw west rekey net --ike
sleep 5
ok "libreswan makes a new ISAKMP SA" whack east --name net --rekey-ike
sleep 4
ok "0 packets lost by four rekeys" stream_stop
ok "one ISAKMP SA is left" until_true 70 one_isakmp_sa
kw_rest west
until_true 10 libre_idle east

v1_conf psk:another | kw_change west
whack east --name net --initiate --asynchronous >/dev/null
ok "another secret: keyway says why" until_true 20 says_why west 'pre-shared keys differ' psk
ok "nothing is up" eval '! kw_is west up'

# A user and an address: keyway is the gateway, then the client.
users() { printf '%s\n' 'alice = "opens the door"' | install -m 600 /dev/stdin "$RUN/kw-west/users"; }
users
v1_conf psk remote=any remote-net= pool=10.9.0.0/24 xauth=server users=users | kw_change west
v1_libre psk leftsubnet= leftxauthclient=yes rightxauthserver=yes leftmodecfgclient=yes rightmodecfgserver=yes \
	modecfgpull=yes leftusername=alice
printf '%s\n' '@east.example.org @west.example.org : PSK "a shared secret for testing"' '@alice : XAUTH "opens the door"' |
	install -m 600 /dev/stdin "$RUN/libre-east/ipsec.secrets"
whack east --rereadsecrets >/dev/null
ok "libreswan is a client: up" libre_up east
ok "keyway knows the user by name" user_is alice
libre_down east

v1_conf psk local-net= virtual-address=ipv4 peer-dns=no xauth=client user=alice 'password="opens the door"' | kw_change west
v1_libre psk right=%any rightsubnet= leftxauthserver=yes rightxauthclient=yes leftmodecfgserver=yes \
	rightmodecfgclient=yes rightaddresspool=10.8.0.10-10.8.0.20 modecfgpull=yes xauthby=file
# The password file of pluto: user:hash:connection
printf 'alice:%s:net\n' "$(openssl passwd -6 'opens the door')" >"$RUN/libre-east/passwd"
ok "libreswan is the gateway: up" kw_up west
ok "keyway has an address of the pool" eval '[ "$(kw_field west ".ike[0].children[0].local_ts")" = 10.8.0.10/32 ] || { kw west status; false; }'
kw_rest west
