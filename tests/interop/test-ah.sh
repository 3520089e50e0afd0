#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# AH in place of ESP between keyway (west) and strongSwan (east), by IKEv2 and IKEv1, in both roles: tunnel and transport
# mode, PFS, rekeys from both sides under traffic; with libreswan; AH around ESP between two keyways; a NAT, which AH does
# not get through.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
. "$INTEROP/libreswan.sh"

NETS=(local-net=10.1.0.0/24 remote-net=10.2.0.0/24)
V1=(version=ike1 ike=aes-cbc-256+hmac-sha2-256-128+modp-2048)
SWAN_V1=(version=1 ike=aes256-sha256-modp2048)

ah_conf() { kw_conf west psk "${NETS[@]}" "$@"; }
# esp= is a proposal for AH here.
ah_swan() {
	[ -z "${ROUTER_JOB[east]-}" ] || stop_router east
	start_strongswan east < <(swan_conf east psk child.local_ts=10.2.0.0/24 child.remote_ts=10.1.0.0/24 "$@" |
		sed 's/esp_proposals/ah_proposals/')
}
ah_libre() {
	[ -z "${ROUTER_JOB[east]-}" ] || stop_router east
	start_libreswan east ikev1-policy=accept < <(libre_conf east psk esp= phase2=ah phase2alg=sha2_256 pfs=no "$@")
}

# Everybody can read it, and it is nothing but AH. With $1 = esp it is ESP within AH, and hides what it carries.
only_ah() {
	local odd
	sleep 0.3
	saw ah || { echo "no AH"; return 1; }
	! saw esp || { echo "bare ESP"; return 1; }
	odd=$(tcpdump -nr "$RUN/wire.pcap" "not (${PROTECTED/#esp/ah}) and not ip[6:2] & 0x1fff != 0" 2>/dev/null)
	[ -z "$odd" ] || { echo "in the clear:"; echo "$odd" | head -n 5; return 1; }
	if [ "${1-}" = esp ]; then
		! saw 'ah and ip[20] != 50' || { echo "AH without ESP"; return 1; }
		! grep -qa "${CANARY:0:16}" "$RUN/wire.pcap" || { echo "the canary was on the wire"; return 1; }
	else
		saw 'ah and ip[20] = 4' || { echo "no tunnel"; return 1; }
		grep -qa "${CANARY:0:16}" "$RUN/wire.pcap" || { echo "hidden, by what?"; return 1; }
	fi
}
child_is() { kw west status && [ "$(kw_field west '.ike[0].children[0] | .protocol + " " + .algorithms')" = "$1" ]; }
hosts_ping() { in_ns west ping -c 3 -i 0.2 -W 2 "$EAST" && in_ns east ping -c 3 -i 0.2 -W 2 "$WEST"; }

# both_roles WHAT PROTOCOL-AND-ALGORITHMS
both_roles() {
	ok "$1: keyway initiates" kw_up west
	ok "$1: by $2" child_is "$2"
	ok "$1: ping both ways" both_ways
	kw_rest west
	ok "$1: strongSwan initiates" swan east --initiate --child net --timeout 20
	ok "$1: ping again" both_ways
	ok "$1: strongSwan's delete ends it" eval \
		'swan east --terminate --ike net --timeout 10 >/dev/null; until_true 10 kw_is west down'
}

# rekeys WHAT: both sides rekey under traffic
rekeys() {
	ok "$1: up" kw_up west
	stream_start 100
	sleep 1
	ok "$1: keyway rekeys" kw west rekey net
	sleep 5
	ok "$1: strongSwan rekeys" swan east --rekey --child net
	sleep 5
	ok "$1: 0 packets lost" stream_stop
	kw_rest west
}

modprobe -q -a ah4 ah6
topology
ah_swan esp=sha256
start_keyway west < <(ah_conf ah=hmac-sha2-256-128)
both_roles "IKEv2, tunnel" "ah hmac-sha2-256-128"
rekeys IKEv2
ok "only AH crossed" only_ah

ah_swan esp=sha512-x25519-esn
ah_conf ah=hmac-sha2-512-256 pfs=x25519 | kw_change west
rekeys "PFS and ESN"

ah_swan esp=sha256 child.mode=transport child.local_ts=dynamic child.remote_ts=dynamic
ah_conf ah=yes mode=transport local-net= remote-net= | kw_change west
ok "IKEv2, transport: up" kw_up west
ok "IKEv2, transport: the routers ping each other" hosts_ping
ok "IKEv2, transport: in AH, without a tunnel" eval 'saw "ah and ip[20] = 1"'
kw_rest west

ah_swan esp=sha256 "${SWAN_V1[@]}"
ah_conf ah=hmac-sha2-256-128 "${V1[@]}" | kw_change west
both_roles "IKEv1, tunnel" "ah hmac-sha2-256-128"
rekeys IKEv1
ok "another algorithm: refused" eval \
	'ah_conf ah=hmac-sha2-512-256 "${V1[@]}" | kw_change west; kw west up net >/dev/null;
	 until_true 20 says_why west "none of our AH proposals" proposal'
kw_rest west

stop_router east
ah_libre
ah_conf ah=hmac-sha2-256-128 ike=aes-cbc-128+hmac-sha2-256-128+x25519 | kw_change west
ok "libreswan, IKEv2: keyway initiates" kw_up west
ok "libreswan, IKEv2: ping both ways" both_ways
kw_rest west
ok "libreswan, IKEv2: libreswan initiates" libre_up east
ok "libreswan, IKEv2: ping again" both_ways
libre_down east
ah_libre ikev2=no ike=aes128-sha2_256-dh14
ah_conf ah=hmac-sha2-256-128 version=ike1 ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 | kw_change west
ok "libreswan, IKEv1: keyway initiates" kw_up west
ok "libreswan, IKEv1: ping both ways" both_ways
kw_rest west
ok "libreswan, IKEv1: libreswan initiates" libre_up east
ok "libreswan, IKEv1: ping again" both_ways
libre_down east

topology
BUNDLE=("${V1[@]}" esp=aes-gcm-16-128 ah=hmac-sha2-256-128)
start_keyway east < <(kw_conf east psk local-net=10.2.0.0/24 remote-net=10.1.0.0/24 "${BUNDLE[@]}")
start_keyway west < <(ah_conf "${BUNDLE[@]}")
ok "AH around ESP: up" kw_up west
ok "AH around ESP: both are there" child_is "ah+esp aes-gcm-16-128 in ah hmac-sha2-256-128"
ok "AH around ESP: ping both ways" both_ways
stream_start 100
sleep 1
ok "AH around ESP: west rekeys" kw west rekey net
sleep 5
ok "AH around ESP: east rekeys" kw east rekey net
sleep 5
ok "AH around ESP: 0 packets lost" stream_stop
ok "AH around ESP: and nothing else crossed" only_ah esp

topology nat=west
start_keyway east < <(kw_conf east psk remote=any ah=yes local-net=10.2.0.0/24 remote-net=10.1.0.0/24)
start_keyway west < <(ah_conf ah=yes)
kw west up net >/dev/null
ok "a NAT: keyway says why" until_true 20 says_why west 'AH covers the addresses that a NAT changes' proposal
ok "and nothing leaves in the clear" eval 'fails west_to_east && ! saw icmp'
