#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1's hybrid authentication: the gateway has a certificate, the client a password. strongSwan (east) is the client and
# then the gateway; vpnc is a client.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
. "$INTEROP/vpnc.sh"
# shellcheck disable=SC2034 # read by start_strongswan
SWAN_MORE="xauth-generic unity attr"

ALGORITHMS=(ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 esp=aes-gcm-16-128)
VPNC_ALGORITHMS=(ike=aes-cbc-256+hmac-sha1-96+modp-2048 esp=aes-cbc-256+hmac-sha1-96)

# v1_conf [KEY=VALUE...]: keyway
v1_conf() { kw_conf west rsa version=ike1 remote-net= local-net= "${ALGORITHMS[@]}" "$@"; }
gateway() {
	v1_conf auth=cert,xauth ca= remote=any remote-id= local-net=10.1.0.0/24 pool=10.9.0.0/24 xauth=server \
		users=users "$@"
	printf '%s\n' 'alice = "opens the door"' | install -m 600 /dev/stdin "$RUN/kw-west/users"
}
client() {
	v1_conf auth=xauth,cert cert= key= virtual-address=ipv4 peer-dns=no xauth=client user=alice \
		"password=\"$1\"" "${@:2}"
}

# swan_client PASSWORD [LINE...], swan_gateway: strongSwan; LINEs belong to the connection
swan_client() {
	swan_is "vips = 0.0.0.0
		local { auth = xauth
			id = east.example.org
			xauth_id = alice }
		remote { auth = pubkey
			id = west.example.org }" "remote_ts = 10.1.0.0/24" "$@"
}
swan_gateway() {
	swan_is "pools = pool
		local { auth = pubkey
			certs = $PKI/east-rsa.crt
			id = east.example.org }
		remote { auth = xauth }" "local_ts = 10.2.0.0/24" "opens the door"
}
swan_is() {
	swan east --terminate --ike net --force >/dev/null 2>&1
	cat >"$RUN/swan-east/swanctl.conf" <<-C
		connections { net {
			version = 1
			local_addrs = $EAST
			remote_addrs = $WEST
			proposals = aes128-sha256-modp2048
			$1
			$(printf '%s\n' "${@:4}")
			children { net { esp_proposals = aes128gcm16
				$2 } }
		} }
		pools { pool { addrs = 10.8.0.0/24
			split_include = 10.2.0.0/24 } }
		secrets { xauth-alice { id = alice
				secret = "$3" } }
	C
	swan_load east
}

user_is() { [ "$(kw_field west '.ike[0].remote_id')" = "$1" ] || { kw west status; return 1; }; }
client_pings() { in_ns east ping -c 3 -i 0.2 -W 2 -I 10.9.0.1 -p "$CANARY_HEX" 10.1.0.2; }
we_ping() { in_ns west ping -c 3 -i 0.2 -W 2 -I 10.8.0.1 -p "$CANARY_HEX" 10.2.0.2; }
vpnc_pings() { in_ns east ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" 10.1.0.2; }
idle() { [ "$(kw_field west '.ike | length')" = 0 ]; }

topology
start_strongswan east 'cisco_unity = yes' < <(swan_conf east rsa)
start_keyway west < <(kw_conf west psk)
for mode in main aggressive; do
	if [ $mode = main ]; then yes=no; else yes=yes; fi
	gateway aggressive=$yes | kw_change west
	swan_client "opens the door" "aggressive = $yes"
	ok "$mode mode: strongSwan is the client" swan east --initiate --child net --timeout 20
	ok "$mode mode: keyway knows the user by name" user_is alice
	ok "$mode mode: ping" until_true 10 client_pings
	swan east --terminate --ike net >/dev/null
	ok "$mode mode: nothing is left" until_true 10 idle
done
gateway | kw_change west
swan_client "opens nothing"
ok "a wrong password: refused" eval '! swan east --initiate --child net --timeout 10'
ok "keyway says why" says_why west 'user is not known, or the password is wrong' identity

swan_gateway
client "opens the door" | kw_change west
ok "keyway is the client" kw_up west
ok "ping" until_true 10 we_ping
kw west down net >/dev/null
client "opens nothing" | kw_change west
kw west up net >/dev/null &
ok "a wrong password: keyway says why" until_true 20 says_why west 'does not take our user' refused
kw west down net >/dev/null
stop_router east

gateway aggressive=yes "${VPNC_ALGORITHMS[@]}" remote-id=keyid:67726f7570 dpd=300 | kw_change west
start_vpnc east "$WEST" "IKE Authmode hybrid" "CA-File $PKI/ca.crt"
ok "vpnc has an address of the pool" until_true 150 vpnc_up east 10.9.0.1
ok "keyway knows the user by name" user_is alice
ok "ping" until_true 20 vpnc_pings
ok "only ESP crossed" only_protected
