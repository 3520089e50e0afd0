#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vpnc (on east) dials in to keyway (west): aggressive mode, XAUTH, Mode Config, split include; traffic, rekeying, a
# NAT, wrong passwords; FreeRADIUS and PAM as the judge.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/vpnc.sh"
. "$INTEROP/freeradius.sh"

# gateway [KEY=VALUE...]
gateway() {
	kw_conf west "psk:a group secret" version=ike1 aggressive=with-psk remote=any \
		remote-id=keyid:67726f7570 remote-net= local-net=10.1.0.0/24 pool=10.9.0.0/24 \
		dns=10.1.0.53 dns-domain=corp.example xauth=server users=users \
		'banner=Mind the gap' ike=aes-cbc-256+hmac-sha1-96+modp-2048 \
		esp=aes-cbc-256+hmac-sha1-96 dpd=300 "$@"
}
users() { printf '%s\n' 'alice = "opens the door"' 'bob = "knows the way"' | install -m 600 /dev/stdin "$RUN/kw-west/users"; }

# pam_service NAME PROGRAM: PROGRAM, standard input, lets in whom it likes
pam_service() {
	install -m 755 /dev/stdin "$2"
	printf '%s\n' "auth required pam_exec.so expose_authtok quiet $2" "account required pam_permit.so" >"/etc/pam.d/$1"
}

east_pings() { in_ns east ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" 10.1.0.2; }
west_pings() { pings whost 10.9.0.1; }
both_ping() { until_true 20 east_pings && west_pings; }
nothing_left() { [ "$(kw_field west '.ike | length')" = 0 ]; }
spi() { kw_field west '[.ike[].children[]? | select(.state == "installed") | .spi_out] | first'; }
other_spi() { [ "$(spi)" != "$1" ] && [ "$(spi)" != null ]; }

# whole: bytes through the tunnel and back, the same at both ends
whole() { tcp_between whost east 10.1.0.2 300000; }

topology
mkdir -p "$RUN/kw-west"
start_keyway west < <(kw_conf west psk)
users
gateway child-lifetime=20s | kw_change west
start_vpnc east "$WEST"
ok "vpnc has an address of the pool" until_true 150 vpnc_up east 10.9.0.1
ok "keyway knows the user by name" eval '[ "$(kw_field west ".ike[0].remote_id")" = alice ] || { kw west status; false; }'
ok "vpnc was told the net" eval 'vpnc_told east CISCO_SPLIT_INC_0_ADDR=10.1.0.0 && vpnc_told east CISCO_SPLIT_INC_0_MASKLEN=24'
ok "the name server and the domain" eval 'vpnc_told east INTERNAL_IP4_DNS=10.1.0.53 && vpnc_told east CISCO_DEF_DOMAIN=corp.example'
ok "the banner" vpnc_told east "CISCO_BANNER=Mind the gap"
ok "ping both ways" both_ping
ok "a TCP transfer arrives whole" whole
ok "the gateway has a way back" eval 'ip -n west route show 10.9.0.0/24 | grep -q dev'
was=$(spi)
in_ns east ping -i 0.2 -W 2 -w 40 10.1.0.2 >"$RUN/long-ping" &
pinging=$!
ok "the child is rekeyed" until_true 40 other_spi "$was"
wait $pinging
ok "0 packets lost by that" eval 'grep -q " 0% packet loss" "$RUN/long-ping" || { tail -n 3 "$RUN/long-ping"; false; }'
ok "ping both ways" both_ping
ok "only ESP crossed" only_protected
stop_router east
ok "vpnc ends, nothing is left" until_true 60 nothing_left

start_vpnc east "$WEST" "Xauth password opens nothing"
ok "a wrong password: vpnc gives up" until_true 150 vpnc_gone east
ok "without an address" eval '! [ -e "$RUN/vpnc-east.env" ]'
ok "keyway says why" says_why west 'user is not known, or the password is wrong' identity
stop_router east
start_vpnc east "$WEST" "IPSec secret another secret"
ok "a wrong group secret: vpnc gives up" until_true 150 vpnc_gone east
ok "without an address" eval '! [ -e "$RUN/vpnc-east.env" ]'
stop_router east

start_freeradius whost 10.1.0.1 "between gateway and server"
gateway users= radius=10.1.0.2 'radius-secret="between gateway and server"' | kw_change west
start_vpnc east "$WEST" "Xauth password correct horse"
ok "a RADIUS server judges: an address" until_true 150 vpnc_up east 10.9.0.1
ok "keyway knows the user by name" eval '[ "$(kw_field west ".ike[0].remote_id")" = alice ] || { kw west status; false; }'
ok "ping both ways" both_ping
stop_router east
start_vpnc east "$WEST"
ok "it knows another password: vpnc gives up" until_true 150 vpnc_gone east
ok "without an address" eval '! [ -e "$RUN/vpnc-east.env" ]'
ok "keyway says why" says_why west 'user is not known, or the password is wrong' identity
stop_router east

pam_service keyway-test "$RUN/pam-judge" <<-'S'
	#!/bin/sh
	[ "$PAM_USER $PAM_RHOST $(tr -d '\0')" = 'alice 192.0.2.2 ask the doorman' ]
S
gateway users= pam=keyway-test | kw_change west
start_vpnc east "$WEST" "Xauth password ask the doorman"
ok "PAM judges: an address" until_true 150 vpnc_up east 10.9.0.1
ok "keyway knows the user by name" eval '[ "$(kw_field west ".ike[0].remote_id")" = alice ] || { kw west status; false; }'
ok "ping both ways" both_ping
stop_router east
start_vpnc east "$WEST"
ok "it knows another password: vpnc gives up" until_true 150 vpnc_gone east
ok "without an address" eval '! [ -e "$RUN/vpnc-east.env" ]'
ok "keyway says why" says_why west 'user is not known, or the password is wrong' identity
stop_router east

topology nat=east
start_keyway west < <(kw_conf west psk)
users
gateway | kw_change west
start_vpnc east "$WEST"
ok "behind a NAT: an address" until_true 150 vpnc_up east 10.9.0.1
ok "ping both ways" both_ping
ok "only ESP in UDP crossed" only_protected udp
