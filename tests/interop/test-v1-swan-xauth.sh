#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# IKEv1 remote access with strongSwan (east), which is the client and then the gateway: XAUTH, Mode Config, Unity's split
# include; main mode and aggressive mode.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"
# shellcheck disable=SC2034 # read by start_strongswan
SWAN_MORE="xauth-generic unity attr"

ALGORITHMS=(ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 esp=aes-gcm-16-128)
SWAN_ALGORITHMS='proposals = aes128-sha256-modp2048'

# v1_conf [KEY=VALUE...]: keyway
v1_conf() { kw_conf west "psk:a group secret" version=ike1 remote-net= local-net= "${ALGORITHMS[@]}" "$@"; }
gateway() {
	v1_conf remote=any local-net=10.1.0.0/24 pool=10.9.0.0/24 xauth=server users=users dns=10.1.0.53 "$@"
	printf '%s\n' 'alice = "opens the door"' 'bob = "knows the way"' | install -m 600 /dev/stdin "$RUN/kw-west/users"
}
client() { v1_conf virtual-address=ipv4 peer-dns=no xauth=client user=alice "password=\"$1\"" "${@:2}"; }

# swan_client PASSWORD [LINE...], swan_gateway [LINE...]: strongSwan; LINEs belong to the connection
swan_client() {
	swan_is "vips = 0.0.0.0
		local-1 { auth = psk
			id = east.example.org }
		local-2 { auth = xauth
			xauth_id = alice }
		remote { auth = psk
			id = west.example.org }" "remote_ts = 10.1.0.0/24" "$1" "${@:2}"
}
swan_gateway() {
	swan_is "pools = pool
		local { auth = psk
			id = east.example.org }
		remote-1 { auth = psk
			id = west.example.org }
		remote-2 { auth = xauth }" "local_ts = 10.2.0.0/24" "opens the door" "$@"
}
swan_is() {
	local rounds=$1 ts=$2 password=$3
	shift 3
	swan east --terminate --ike net --force >/dev/null 2>&1
	cat >"$RUN/swan-east/swanctl.conf" <<-C
		connections { net {
			version = 1
			local_addrs = $EAST
			remote_addrs = $WEST
			$SWAN_ALGORITHMS
			$rounds
			$(printf '%s\n' "$@")
			children { net { esp_proposals = aes128gcm16
				$ts } }
		} }
		pools { pool { addrs = 10.8.0.0/24
			split_include = 10.2.0.0/24 } }
		secrets { ike-net { secret = "a group secret" }
			xauth-alice { id = alice
				secret = "$password" } }
	C
	swan_load east
}

user_is() { [ "$(kw_field west '.ike[0].remote_id')" = "$1" ] || { kw west status; return 1; }; }
client_pings() { in_ns east ping -c 3 -i 0.2 -W 2 -I 10.9.0.1 -p "$CANARY_HEX" 10.1.0.2; }
to_client() { pings whost 10.9.0.1; }
we_ping() { in_ns west ping -c 3 -i 0.2 -W 2 -I 10.8.0.1 -p "$CANARY_HEX" 10.2.0.2; }
to_us() { pings ehost 10.8.0.1; }
nothing_up() { [ "$(kw_field west '.ike | length')" = 0 ]; }

topology
start_strongswan east 'i_dont_care_about_security_and_use_aggressive_mode_psk = yes' 'cisco_unity = yes' < <(swan_conf east psk)
start_keyway west < <(kw_conf west psk)

for mode in main aggressive; do
	if [ $mode = main ]; then more=(aggressive=no) swan_more='aggressive = no'; else more=(aggressive=with-psk) swan_more='aggressive = yes'; fi
	gateway "${more[@]}" | kw_change west
	swan_client "opens the door" "$swan_more"
	ok "$mode mode, strongSwan dials in" swan east --initiate --child net --timeout 30
	ok "the user is known by name" user_is alice
	ok "ping both ways" eval 'until_true 10 client_pings && to_client'
	swan east --terminate --ike net >/dev/null 2>&1
	ok "it hangs up" until_true 10 nothing_up
done
swan_client "opens nothing" 'aggressive = no'
gateway | kw_change west
ok "a wrong password: no tunnel" fails swan east --initiate --child net --timeout 15
ok "and a reason" says_why west 'the password is wrong' identity

for mode in main aggressive; do
	if [ $mode = main ]; then more=(aggressive=no) swan_more='aggressive = no'; else more=(aggressive=with-psk) swan_more='aggressive = yes'; fi
	swan_gateway "$swan_more"
	client "opens the door" "${more[@]}" | kw_change west
	ok "$mode mode, keyway dials in" kw_up west
	ok "ping both ways" eval 'until_true 10 we_ping && to_us'
	ok "the route is the one that was told" eval 'ip -n west route show 10.2.0.0/24 | grep -q "dev kw-net"'
	kw_rest west
done
client "opens nothing" | kw_change west
swan_gateway 'aggressive = no'
kw west up net
ok "a wrong password: a reason" until_true 20 says_why west 'does not take our user "alice"' refused
ok "only ESP crossed" only_protected
