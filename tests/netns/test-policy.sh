#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What a policy can say beside addresses and ports: its place in the order, SAs by DSCP, selectors
# taken from the packet, ICMP by type and by the packet an error quotes, VRFs.
#
#   a: 10.0.1.1 -- kw0 == ESP == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
kw_device b

# policy_a MORE TS_MORE [SAS]: one policy at a, from 10.0.1/24 to b's.
policy_a() {
	kwctl a child-new "{\"policy\": {\"ifindex\": $(ifindex a kw0),
		\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\",
		\"ts-local\": [{\"start\": \"10.0.1.0\", \"end\": \"10.0.1.255\" ${2:+, $2}}],
		\"ts-remote\": [{\"start\": \"10.0.2.0\", \"end\": \"10.0.2.255\" ${2:+, $2}}] ${1:+, $1}}
		${3:+, \"sa\": [$3]}}" policy.id
}
sa_packets() {
	kwctl "$1" sa-get "{\"sa\": {\"dir\": \"$2\", \"spi\": $(($3)), \"policy-id\": ${4:-0}}}" sa.0.packets
}
tell() { echo $(($(stat "$1" "$2") - $3)); }

# The order of policies, as it is shown.
old=$(policy_a '"priority": 5')
young=$(policy_a '"priority": 5')
first=$(policy_a '"priority": 1')
shown() { kwctl a policy-get "{\"policy\": {\"id\": $1}}" policy."$2"; }
is "of equal priorities the older has the lower order" \
	"$([ "$(shown "$old" order)" -lt "$(shown "$young" order)" ] && echo yes)" yes
is "a lower priority number goes before" "$(shown "$first" priority)" 1
for p in $first $old $young; do
	ping_no_sa() { in_ns a ping -q -c 1 -W 1 10.0.2.1 >/dev/null; }
	ping_no_sa
	is "policy $p is asked next, and has no SA" "$(shown "$p" drops.out-no-sa)" 1
	kwctl a policy-del "{\"policy\": {\"id\": $p}}"
done

# Several SAs of one policy.
kwctl b child-new "{\"policy\": $(policy b 4),
	\"sa\": [$(sa in 0x2001), $(sa in 0x2002), $(sa in 0x2003), $(sa out 0x1001)]}" >/dev/null
any=$(policy_a '' '' "$(sa in 0x1001), $(sa out 0x2001)")
kwctl a sa-new "{\"sa\": $(sa out 0x2002 "\"policy-id\": $any, \"dscps\": $((1 << 46 | 1 << 10))")}"
in_ns a ping -q -c 3 -i 0.05 -W 1 10.0.2.1 >/dev/null
is "what has no DSCP of the newer SA takes the one for all" "$(sa_packets a out 0x2001 "$any")" 3
check "expedited forwarding passes" in_ns a ping -q -c 4 -i 0.05 -W 1 -Q 0xb8 10.0.2.1
is "by the SA for its DSCP" "$(sa_packets a out 0x2002 "$any")" 4
is "and no other" "$(sa_packets a out 0x2001 "$any")" 3
kwctl a sa-new "{\"sa\": $(sa out 0x2003 "\"policy-id\": $any")}"
check "a newer one for all takes over" pings a 10.0.2.1 2
is "for what is not in a class" "$(sa_packets a out 0x2003 "$any")" 2
kwctl a sa-del "{\"sa\": {\"dir\": \"out\", \"spi\": $((0x2002)), \"policy-id\": $any}}"
check "without its SA a class goes with the others" in_ns a ping -q -c 1 -W 1 -Q 0xb8 10.0.2.1
is "by the newest" "$(sa_packets a out 0x2003 "$any")" 3
kwctl a policy-flush
kwctl b policy-flush

# Populate from packet.
policy_a '"pfp": ["remote", "proto", "remote-port"]' >/dev/null
in_ns a "$here/kwctl.py" --events 60 >"$tmp/events" 2>"$tmp/listening" &
events=$!
wait_for 20 grep -q listening "$tmp/listening"
send() { in_ns a python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'x', ('$1', $2))"; }
send 10.0.2.1 1000
send 10.0.2.1 1000
send 10.0.2.9 1001
in_ns a ping -q -c 1 -W 1 10.0.2.1 >/dev/null
asked() { [ "$(grep -c ts-remote "$tmp/events")" -ge 3 ]; }
wait_for 10 asked
sleep 0.5
kill $events
is "three different packets ask three times" "$(grep -c ts-remote "$tmp/events")" 3
is "for the address and port of the packet" \
	"$(grep -c '"start": "10.0.2.9", "end": "10.0.2.9", "proto": 17, "port-start": 1001, "port-end": 1001' "$tmp/events")" 1
is "and for the policy's own where it is not to be taken" \
	"$(grep -c '"start": "10.0.1.0", "end": "10.0.1.255"' "$tmp/events")" 3
kwctl a policy-flush

# ICMP by type, and errors by what they quote.  b lets UDP to port 33000 and 33001 in, nothing else.
child b 4 1 '' >/dev/null
policy_a '' '"proto": 1, "port-start": 2048, "port-end": 2303' "$(sa in 0x1001), $(sa out 0x2001)" >/dev/null
before=$(stat a in-selector)
check_not "a policy for echo requests lets no reply in" pings a 10.0.2.1 2
is "which is counted" "$(tell a in-selector "$before")" 2
kwctl a policy-flush
# The same keys again: b must not know the numbers of a's packets.
kwctl b policy-flush
child b 4 1 '' >/dev/null
policy_a '' '"proto": 17' "$(sa in 0x1001), $(sa out 0x2001)" >/dev/null
closed() { in_ns a python3 -c "
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(2)
s.connect(('10.0.2.1', 33000))
s.send(b'x')
try:
    s.recv(1)
except ConnectionRefusedError:
    sys.exit(0)
except OSError:
    pass
sys.exit(1)"; }
before=$(stat a in-selector)
check "a policy for UDP: the error about a UDP packet comes back" closed
is "and is within the selectors" "$(tell a in-selector "$before")" 0
kwctl a policy-flush
kwctl a child-new "{\"policy\": {\"ifindex\": $(ifindex a kw0), \"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\",
	\"ts-local\": [{\"start\": \"10.0.1.0\", \"end\": \"10.0.1.255\", \"port-start\": 40000, \"port-end\": 40000, \"proto\": 17},
		{\"start\": \"10.0.1.0\", \"end\": \"10.0.1.255\", \"proto\": 1, \"port-start\": 0, \"port-end\": 767}],
	\"ts-remote\": [{\"start\": \"10.0.2.0\", \"end\": \"10.0.2.255\"}]},
	\"sa\": [$(sa in 0x1001), $(sa out 0x2001)]}" >/dev/null
before=$(stat a out-no-policy)
closed
is "from another port there is no policy" "$(tell a out-no-policy "$before")" 1
kwctl a policy-flush
kwctl b policy-flush

# A device in one VRF, the peer reached in another.
if in_ns a modprobe vrf 2>/dev/null && ip -n a link add blue type vrf table 100 2>/dev/null; then
	ip -n a link add red type vrf table 200
	ip -n a link set blue up
	ip -n a link set red up
	ip -n a link set va master red
	ip -n a link set kw0 master blue
	ip -n a route add table 100 10.0.2.0/24 dev kw0 src 10.0.1.1
	ip -n a addr replace fd01::1/64 dev kw0 nodad
	ip -n a route add table 100 fd02::/64 dev kw0 src fd01::1
	child b 4 1 '' >/dev/null
	child a 4 1 '' "\"link\": $(ifindex a red)" >/dev/null
	before=$(stat a in-plaintext)
	check "inner packets in one VRF, outer ones in another" \
		in_ns a ping -I blue -q -c 3 -i 0.05 -W 1 10.0.2.1
	check "and IPv6 inside" in_ns a ping -I blue -q -c 3 -i 0.05 -W 1 fd02::1
	is "none of it is held for plaintext that came beside the device" "$(tell a in-plaintext "$before")" 0
	kwctl a policy-flush
	policy_a '' '' "$(sa in 0x1001), $(sa out 0x2001)" >/dev/null
	before=$(stat a out-no-route)
	check_not "without saying which, there is no route to the peer" \
		in_ns a ping -I blue -q -c 2 -i 0.05 -W 1 10.0.2.1
	at_least "which is counted" "$(tell a out-no-route "$before")" 2
else
	fail "inner packets in one VRF, outer ones in another: this kernel has no VRF"
fi
finish
