#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Remote access with addresses lent out of a pool: strongSwan clients of a keyway gateway, keyway as
# client of a strongSwan gateway, keyway on both sides with a gateway that is killed.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# A resolvconf that writes down what it is told.
mkdir -p "$RUN/bin"
cat >"$RUN/bin/resolvconf" <<-C
	#!/bin/sh
	{ echo "\$@"; [ "\$1" = -d ] || cat; } >>$RUN/resolvconf.said
C
chmod 755 "$RUN/bin/resolvconf"
PATH=$RUN/bin:$PATH

GATEWAY='remote=any remote-id= remote-net= pool=10.9.0.0/29,fd09::/64 dns=10.2.0.53'
ANY=10.2.0.2

# A second client in the same daemon, with an identity of its own.
two_clients() {
	swan_conf west psk vips=0.0.0.0,:: child.local_ts=dynamic child.remote_ts=0.0.0.0/0,::/0
	cat <<-C
		connections { two {
			local_addrs = $WEST
			remote_addrs = $EAST_SEEN
			vips = 0.0.0.0
			version = 2
			proposals = aes128-sha256-x25519
			local { auth = psk
				id = carol@example.org
			}
			remote { auth = psk
				id = east.example.org
			}
			children { two {
				local_ts = dynamic
				remote_ts = 0.0.0.0/0
				esp_proposals = aes128gcm16
			} }
		} }
	C
}
# from ADDRESS TO: pings with the lent address from west itself
from() { in_ns west ping -c 3 -i 0.2 -W 2 -I "$1" -p "$CANARY_HEX" "$2"; }
to_client() { pings ehost "$1"; }
lent() { kw east status --json | jq -r '.connections[].ike[].children[].remote_ts' | grep -q "$1"; }
device_has() { ip -n "$1" addr show dev kw-net | grep -q "$2"; }
routed() { ip -n "$1" route show dev kw-net | grep -q "$2"; }

topology
# shellcheck disable=SC2086 # words
start_keyway east < <(kw_conf east psk esp=aes-gcm-16-128 $GATEWAY)
start_strongswan west < <(two_clients)
ok "the first strongSwan client connects" swan west --initiate --child net --timeout 20
ok "it is lent an address of each family" lent '10.9.0.1/32, fd09::1/128'
ok "strongSwan has installed them" eval 'ip -n west addr | grep -q 10.9.0.1/32 && ip -n west addr | grep -q fd09::1/128'
ok "ping from its address by IPv4" from 10.9.0.1 $ANY
ok "ping from its address by IPv6" from fd09::1 fd02::2
ok "the way back is open too" to_client 10.9.0.1
ok "the second one, of the same connection" swan west --initiate --child two --timeout 20
ok "it is lent the next address" lent '10.9.0.2/32'
ok "ping from the second, and from the first" eval "from 10.9.0.2 $ANY && from 10.9.0.1 $ANY"
ok "two IKE SAs of one connection" eval '[ "$(kw_field east ".ike | length")" = 2 ]'
ok "keyway rekeys all of them" eval 'kw east rekey net --ike && kw east rekey net'
sleep 3
ok "ping from both after that" eval "from 10.9.0.2 $ANY && from 10.9.0.1 $ANY"
swan west --terminate --ike net >/dev/null 2>&1
ok "one leaves" until_true 10 fails lent 10.9.0.1/32
ok "the other one stays" from 10.9.0.2 $ANY
ok "who comes back is lent what he had" eval \
	"swan west --initiate --child net --timeout 20 && lent 10.9.0.1/32 && from 10.9.0.1 $ANY"
swan_conf west psk child.local_ts=10.1.0.0/24 >"$RUN/swan-west/swanctl.conf"
swan west --terminate --ike net --force >/dev/null 2>&1
swan_load west
swan west --initiate --child net --timeout 20 >/dev/null 2>&1
ok "who does not ask is told so" logged west FAILED_CP_REQUIRED
ok "and the gateway says why" says_why east 'did not ask for one' refused
ok "nothing was in the clear" only_protected

stop_router west
stop_router east
capture_restart
swan_pools() {
	swan_conf east psk pools=p4,p6 child.local_ts="${1-10.2.0.0/24,fd02::/64}" child.remote_ts=dynamic
	echo 'pools { p4 { addrs = 10.9.0.0/29
		dns = 10.2.0.53
	}
	p6 { addrs = fd09::/125
	} }'
}
start_strongswan east < <(swan_pools)
rm -f "$RUN/resolvconf.said"
start_keyway west < <(kw_conf west psk esp=aes-gcm-16-128 virtual-address=yes local-net= remote-net=)
ok "keyway as client of strongSwan" kw_up west
ok "its addresses are on the device" until_true 5 eval 'device_has west 10.9.0.1/32 && device_has west fd09::1/128'
ok "and what the gateway lets through is routed there" eval 'routed west 10.2.0.0/24'
ok "ping from the device's address by IPv4" in_ns west ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" 10.2.0.2
ok "ping from the device's address by IPv6" in_ns west ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" fd02::2
ok "the way back is open too" to_client 10.9.0.1
ok "the name server is told to resolvconf" until_true 5 grep -q 'nameserver 10.2.0.53' "$RUN/resolvconf.said"
ok "strongSwan rekeys the IKE SA" swan east --rekey --ike net
sleep 2
ok "the address stays" eval 'device_has west 10.9.0.1/32 && in_ns west ping -c 3 -i 0.2 -W 2 10.2.0.2'
kw west down net >/dev/null
ok "down: the addresses are gone" until_true 10 fails device_has west 10.9.0.1
ok "and the routes" fails routed west 10.2.0.0
ok "and the name server" until_true 5 grep -q '^-d kw-net' "$RUN/resolvconf.said"
swan_pools 0.0.0.0/0,::/0 >"$RUN/swan-east/swanctl.conf"
swan_load east
ok "a gateway that takes everything" kw_up west
ok "all goes into the tunnel" until_true 5 eval \
	'ip -n west route get 198.51.100.9 | grep -q "dev kw-net" && ip -n west -6 route get 2001:db8:9::9 | grep -q "dev kw-net"'
ok "but for what goes to the gateway itself, and to neighbours" eval \
	'ip -n west route get "$EAST" | grep -q "dev wan" && ip -n west route get 10.1.0.2 | grep -q "dev lan"'
ok "ping through it" in_ns west ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" 10.2.0.2
kw west down net >/dev/null
ok "down: the rules are gone" until_true 10 eval '! ip -n west rule | grep -q ^1070 && ! ip -n west -6 rule | grep -q ^1070'
swan_conf east psk >"$RUN/swan-east/swanctl.conf"
swan_load east
kw west up net >/dev/null
ok "a gateway without a pool: keyway says why" until_true 10 says_why west 'no address for us|wish for an address'
ok "nothing was in the clear" only_protected

stop_router east
# shellcheck disable=SC2086
start_keyway east < <(kw_conf east psk esp=aes-gcm-16-128 $GATEWAY)
kw_conf west psk esp=aes-gcm-16-128 virtual-address=ipv4 local-net= remote-net=10.2.0.0/24 dpd=3s start=up | kw_change west
ok "keyway and keyway" until_true 40 kw_is west up
ok "an address out of the pool" until_true 5 device_has west 10.9.0.
had=$(ip -n west -o -4 addr show dev kw-net | grep -o '10\.9\.0\.[0-9]*')
ok "ping" in_ns west ping -c 3 -i 0.2 -W 2 10.2.0.2
kill -9 "${ROUTER_JOB[east]}"
stop_router east
launch_keyway east
ok "the gateway was killed: the client is back" until_true 90 in_ns west ping -c 1 -W 1 10.2.0.2
ok "with the address that it had" until_true 5 device_has west "$had"
