#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Policies without device: what the hooks protect, leave alone and drop, and that nothing they
# protect is ever on the wire in the clear.
#
#   a: 10.0.1.1, 10.0.3.1 on lo    va ==== vb    b: 10.0.2.1, 10.0.4.1 on lo
#      route to 10.0.2/24, 10.0.4/24 via b       route to 10.0.1/24, 10.0.3/24 via a
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
for ns in a b; do
	[ $ns = a ] && { me=1; peer=2; } || { me=2; peer=1; }
	ip -n $ns addr add 10.0.$me.1/32 dev lo
	ip -n $ns addr add 10.0.$((me + 2)).1/32 dev lo
	ip -n $ns addr add fd0$me::1/128 dev lo nodad
	ip -n $ns route add 10.0.$peer.0/24 via 192.0.2.$peer src 10.0.$me.1
	ip -n $ns route add 10.0.$((peer + 2)).0/24 via 192.0.2.$peer src 10.0.$((me + 2)).1
	ip -n $ns route add fd0$peer::/64 via 2001:db8::$peer src fd0$me::1
done

# wire_begin, wire_clear, wire_esp: what is between va and vb meanwhile.  Packets of the protected
# selectors that are not ESP are in the clear; an ICMP error about one is meant for its sender.
wire_begin() {
	rm -f "$tmp/tcpdump"
	ip netns exec a tcpdump -i va -U --immediate-mode -w "$tmp/wire" 2>"$tmp/tcpdump" &
	wire=$!
	wait_for 5 grep -q listening "$tmp/tcpdump"
}
wire_end() { sleep 0.2; kill $wire; wait $wire 2>/dev/null; }
wire_count() { tcpdump -n -r "$tmp/wire" "$1" 2>/dev/null | grep -c .; }
wire_clear() {
	wire_count '(net 10.0.1.0/24 and net 10.0.2.0/24) or (net fd01::/64 and net fd02::/64)'
}

# hook NS ACTION PRIORITY [MORE [SAS]]: a policy without device between this side and the other.
hook() {
	local json
	json=$(policy "$1" 4 "\"action\": \"$2\", \"priority\": $3 ${4:+, $4}" 2>/dev/null |
		sed 's/"ifindex": *[0-9]*, //')
	kwctl "$1" child-new "{\"policy\": $json ${5:+, \"sa\": [$5]}}" policy.id
}
protect_both() {
	pa=$(hook a protect 5 "${1:-}" "$(sa in 0x1001), $(sa out 0x2001)")
	hook b protect 5 "${1:-}" "$(sa in 0x2001), $(sa out 0x1001)" >/dev/null
}
flush_both() { kwctl a policy-flush; kwctl b policy-flush; }
# udp_rule NS ACTION PRIORITY PORT: for UDP to this port of b.
udp_rule() {
	local side='"ts-local"' other='"ts-remote"' l=10.0.1 r=10.0.2
	[ "$1" = b ] && { side='"ts-remote"'; other='"ts-local"'; }
	kwctl "$1" policy-new "{\"policy\": {\"action\": \"$2\", \"priority\": $3,
		$side: [{\"start\": \"$l.0\", \"end\": \"$l.255\", \"proto\": 17}],
		$other: [{\"start\": \"$r.0\", \"end\": \"$r.255\", \"proto\": 17,
			\"port-start\": $4, \"port-end\": $4}]}}" policy.id
}
# send_udp PORT BYTES [FROM]: prints the errno's name, or "sent".
send_udp() {
	in_ns a python3 -c "
import errno, socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('${3:-10.0.1.1}', 0))
try:
    s.sendto(b'canary' * $2, ('10.0.2.1', $1))
    print('sent')
except OSError as e:
    print(errno.errorcode[e.errno])"
}
# tell NS COUNTER BEFORE: how much it has grown.
tell() { echo $(($(stat "$1" "$2") - $3)); }

check "without policies the two sides speak in the clear" pings a 10.0.2.1 2

wire_begin
protect_both
check "with policies on both sides a ping is answered" pings a 10.0.2.1 5
check "over IPv6 as well" pings a fd02::1 5
at_least "TCP passes" "$(tcp a b 10.0.2.1)" 700000
at_least "and the other way" "$(tcp b a 10.0.1.1)" 700000
wire_end
is "of that nothing was on the wire in the clear" "$(wire_clear)" 0
at_least "it was on the wire as ESP" "$(wire_count esp)" 20
is "the policy counted the pings" "$([ "$(kwctl a policy-get "{\"policy\": {\"id\": $pa}}" \
	policy.tx-packets)" -ge 10 ] && echo yes)" yes
check "what no policy names passes beside" pings a 10.0.4.1 2

in_ns a nft -f - <<-NFT
	table ip t {
		counter seen { }
		chain p { type filter hook postrouting priority 0; ip daddr 10.0.2.1 counter name seen; }
	}
NFT
check "a firewall does not keep the ping from passing" pings a 10.0.2.1 3
is "and sees its plaintext in postrouting, as with XFRM" \
	"$(in_ns a nft -j list counter ip t seen | jq '.nftables[1].counter.packets')" 3
in_ns a nft delete table ip t

udp_rule a discard 1 53 >/dev/null
before=$(stat a out-discard)
is "a policy that discards says so to the local sender" "$(send_udp 53 1)" EPERM
is "and counts" "$(tell a out-discard "$before")" 1
bypass=$(udp_rule a bypass 1 7000)
udp_rule b bypass 1 7000 >/dev/null
wire_begin
send_udp 7000 1 >/dev/null
wire_end
is "a policy that bypasses lets it out in the clear" "$(wire_clear)" 1
kwctl a policy-del "{\"policy\": {\"id\": $bypass}}"

before=$(stat a out-no-sa)
kwctl a sa-flush
wire_begin
check_not "without an SA the ping is not answered" pings a 10.0.2.1 3
wire_end
is "not sent in the clear" "$(wire_clear)" 0
is "but counted" "$(tell a out-no-sa "$before")" 3

kwctl a policy-flush
before=$(stat b in-plaintext)
check_not "plaintext is not accepted by the side that still protects it" pings a 10.0.2.1 3
is "and counted there" "$(tell b in-plaintext "$before")" 3
kwctl b policy-flush
check "once the policies are gone there is nothing between them" pings a 10.0.2.1 2

# Translation behind the hooks: out of the policy, and into it.
protect_both
in_ns a nft -f - <<-NFT
	table ip t {
		chain p {
			type nat hook postrouting priority srcnat;
			ip saddr 10.0.1.1 udp dport 8000 snat to 192.0.2.1
			ip saddr 10.0.3.1 udp dport 8001 snat to 10.0.1.1
		}
	}
NFT
before=$(stat a out-translated)
wire_begin
send_udp 8000 1 >/dev/null
is "translated out of its policy a packet is dropped" "$(tell a out-translated "$before")" 1
send_udp 8001 1 10.0.3.1 >/dev/null
is "translated into one it is, too" "$(tell a out-translated "$before")" 2
wire_end
is "neither was on the wire" "$(wire_count udp)" 0
in_ns a nft delete table ip t
check "without translation all is as before" pings a 10.0.2.1 2
flush_both

# Marks.
protect_both '"mark": 7'
wire_begin
in_ns a ping -q -c 2 -i 0.1 -W 1 -m 7 10.0.2.1 >/dev/null
is "a policy with a mark protects what has it" "$(wire_count 'esp and src 192.0.2.1')" 2
in_ns a ping -q -c 2 -i 0.1 -W 1 -m 8 10.0.2.1 >/dev/null
wire_end
is "and leaves what has another" "$(wire_count 'icmp[0] == 8')" 2
flush_both
protect_both '"set-mark": 9'
in_ns a nft -f - <<-NFT
	table ip t {
		counter out { }
		counter in { }
		chain o { type filter hook output priority 0; meta mark 9 ip protocol esp counter name out; }
		chain i { type filter hook input priority 0; meta mark 9 ip protocol icmp counter name in; }
	}
NFT
check "with a mark to set a ping passes" pings a 10.0.2.1 2
is "the ESP packets have it" "$(in_ns a nft -j list counter ip t out | jq '.nftables[1].counter.packets')" 2
is "and so has the plaintext that came out" \
	"$(in_ns a nft -j list counter ip t in | jq '.nftables[1].counter.packets')" 2
in_ns a nft delete table ip t
flush_both

# Beside a device: its traffic is not the hooks' affair.
protect_both
for ns in a b; do
	[ $ns = a ] && { me=1; peer=2; } || { me=2; peer=1; }
	ip -n $ns link add kw0 type keyway
	ip -n $ns link set kw0 up
	ip -n $ns addr add 10.9.$me.1/24 dev kw0
	ip -n $ns route add 10.9.$peer.0/24 dev kw0
	read -r local remote <<<"$(outer $ns 4)"
	kwctl $ns child-new "{\"policy\": {\"ifindex\": $(ifindex $ns kw0), \"local\": \"$local\", \"remote\": \"$remote\",
		\"ts-local\": [{\"start\": \"10.9.$me.0\", \"end\": \"10.9.$me.255\"}],
		\"ts-remote\": [{\"start\": \"10.9.$peer.0\", \"end\": \"10.9.$peer.255\"}]},
		\"sa\": [$(sa in 0x${me}002), $(sa out 0x${peer}002)]}" >/dev/null
done
check "a device and hooks at once: through the device" pings a 10.9.2.1 3
check "and through the hooks" pings a 10.0.2.1 3

# What should have come through the device and did not.
ip -n b route del 10.9.1.0/24
ip -n b route add 10.9.1.0/24 via 192.0.2.1 src 10.9.2.1
before=$(stat a in-plaintext)
check_not "plaintext beside the device is not answered" pings b 10.9.1.1 3
is "and is counted" "$(tell a in-plaintext "$before")" 3
finish
