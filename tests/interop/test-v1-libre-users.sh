#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 between keyway (west) and libreswan (east): a secret that differs, XAUTH with Mode Config in both roles.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/libreswan-v1.sh"

user_is() { [ "$(kw_field west '.ike[0].remote_id')" = "$1" ] || { kw west status; return 1; }; }

topology
start_keyway west < <(kw_conf west psk)
v1_conf psk:another | kw_change west
v1_libre psk
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
