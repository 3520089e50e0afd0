#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The path between the routers has less than its first link: what is learnt from the way, what is
# not believed, what the source and its device are told, and what TCP is told before it asks.
#
#   a: 10.0.1.1 -- kw0 == va 1500 == r == 1400, later less == vb == kw0 -- b: 10.0.2.1
#
# With GCM over IPv4: 20 outer, 8 ESP, 8 IV, 16 ICV, text of a multiple of 4, 2 of it trailer:
# 1500 carries 1446, 1400 1346, 1300 1246.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# The two ends keep their addresses and reach each other by r.
ip netns add r
in_ns r sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
	net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
topology
ip -n a link del va
for side in a1 b2; do
	ns=${side:0:1} n=${side:1}
	ip link add "v$ns" netns "$ns" type veth peer name "r$ns" netns r
	ip -n "$ns" link set "v$ns" up
	ip -n r link set "r$ns" up
	ip -n "$ns" addr add "192.0.2.$n/32" dev "v$ns"
	ip -n "$ns" addr add "2001:db8::$n/128" dev "v$ns" nodad
	ip -n "$ns" route add 198.51.100.1 dev "v$ns"
	ip -n "$ns" route add default via 198.51.100.1 src "192.0.2.$n"
	ip -n "$ns" -6 route add 2001:db8:1::1 dev "v$ns"
	ip -n "$ns" -6 route add default via 2001:db8:1::1 src "2001:db8::$n"
	ip -n r route add "192.0.2.$n" dev "r$ns"
	ip -n r -6 route add "2001:db8::$n" dev "r$ns"
done
ip -n r addr add 198.51.100.1/32 dev ra
ip -n r addr add 198.51.100.1/32 dev rb
ip -n r addr add 2001:db8:1::1/128 dev ra nodad
ip -n r addr add 2001:db8:1::1/128 dev rb nodad
way() { ip -n r link set rb mtu "$1"; ip -n b link set vb mtu "$1"; }

kw_device a
kw_device b
big() { in_ns a ping -n "$@" -c 2 -i 0.2 -W 2 10.0.2.1; }
answered() { "$@" 2>&1 | tee "$tmp/ping" | grep -q ' 0% packet loss'; }
both() { child a "$@" >/dev/null; child b "$@" >/dev/null; }
flush() { kwctl a policy-flush; kwctl b policy-flush; }
forget() {
	in_ns a ip route flush cache
	in_ns a ip -6 route flush cache
}
# forge SPI MTU: "fragmentation needed" about an ESP packet a sent with that SPI.
forge() {
	in_ns r python3 - "$@" <<-'PY'
	import socket, struct, sys
	def sum16(data):
	    n = sum(struct.unpack('>%dH' % (len(data) // 2), data))
	    n = (n >> 16) + (n & 0xffff)
	    return ~(n + (n >> 16)) & 0xffff
	spi, mtu = int(sys.argv[1], 0), int(sys.argv[2])
	quoted = struct.pack('>II', spi, 1)
	ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 620, 0, 0x4000, 60, 50, 0,
	                 socket.inet_aton('192.0.2.1'), socket.inet_aton('192.0.2.2'))
	body = struct.pack('>HH', 0, mtu) + ip + quoted
	icmp = struct.pack('>BBH', 3, 4, sum16(struct.pack('>BBH', 3, 4, 0) + body)) + body
	s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
	s.sendto(icmp, ('192.0.2.1', 0))
	PY
}
learnt() { ip -n a route get 192.0.2.2 | grep -q "mtu $1"; }

both 4 1
# follows NS MTU: the device does, soon.
follows() { wait_for 20 in_ns "$1" grep -qx "$2" /sys/class/net/kw0/mtu; }
in_ns a ping -n -c 1 -W 2 10.0.2.1 >/dev/null
check "the device's MTU follows its first SA" follows a 1446
way 1400
big -M "do" -s 1410 >/dev/null
check "the way's 1400 are learnt" learnt 1400
check_not "then 1347 bytes do not pass" answered big -M "do" -s 1319
check "but 1346 do" answered big -M "do" -s 1318
check "and the device follows" follows a 1346
check "2000 bytes without DF pass" answered big -M dont -s 2000
forge 0x2999 700
check "an error about a foreign SPI is not believed" learnt 1400
forge 0x2001 1300
check "one about ours is" learnt 1300
forget
way 1500
in_ns a ping -n -c 1 -W 2 10.0.2.1 >/dev/null
check "a way that grows is followed too" follows a 1446
flush

# Who forwards cannot rely on the device's MTU, nor on ICMP that comes back.
ip -n a link set kw0 mtu 1500
ip -n b link set kw0 mtu 1500
way 1400
ip -n b link set vb mtu 1500
forget
bg in_ns b tcpdump -l -nvi kw0 'tcp[tcpflags] & tcp-syn != 0' >"$tmp/syn" 2>"$tmp/tcpdump"
wait_for 20 grep -q listening "$tmp/tcpdump"
# mss N MORE_A MORE_B: what b's host sees of a's SYN.
mss() {
	child a 4 "$1" '' "$2" >/dev/null
	child b 4 "$1" '' "$3" >/dev/null
	: >"$tmp/syn"
	in_ns a timeout 4 bash -c 'exec 3<>/dev/tcp/10.0.2.1/9' 2>/dev/null
	wait_for 20 grep -q 'mss' "$tmp/syn"
	sed -n '0,/mss/s/.*mss \([0-9]*\).*/\1/p' "$tmp/syn"
	flush
}
is "TCP's segments are clamped on the way out" "$(mss 2 '' '"flags": ["no-mss-clamp"]')" 1406
is "and on the way in" "$(mss 3 '"flags": ["no-mss-clamp"]' '')" 1406
is "or not at all" "$(mss 4 '"flags": ["no-mss-clamp"]' '"flags": ["no-mss-clamp"]')" 1460

# IPv6 outside: 20 bytes less; in UDP, another 8.
learnt6() { ip -n a route get 2001:db8::2 | grep -q "mtu $1"; }
bg in_ns b "$here/kwctl.py" --socket 2001:db8::2 4500 >"$tmp/b.socket"
bg in_ns a "$here/kwctl.py" --socket 2001:db8::1 4500 >"$tmp/a.socket"
wait_for 30 grep -q adopted "$tmp/b.socket"
wait_for 30 grep -q adopted "$tmp/a.socket"
ip -n b link set vb mtu 1400
both 6 5 '"udp-local": 4500, "udp-remote": 4500'
big -M "do" -s 1390 >/dev/null
check "ESP in UDP: the way's 1400 are learnt" learnt6 1400
check_not "then 1319 bytes do not pass" answered big -M "do" -s 1291
check "but 1318 do" answered big -M "do" -s 1290
flush
forget

both 6 6
big -M "do" -s 1410 >/dev/null
check_not "over IPv6 1327 bytes do not pass" answered big -M "do" -s 1299
check "but 1326 do" answered big -M "do" -s 1298
flush
finish
