#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Packets that do not fit: the source is told, or they are cut, before ESP or after.
#
#   a: 10.0.1.1 -- kw0, MTU 1500 == ESP over a path of 1300 == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
ip -n a link set va mtu 1300
ip -n b link set vb mtu 1300
kw_device a
kw_device b
for ns in a b; do ip -n $ns link set kw0 mtu 1500; done
# With GCM over IPv4: 20 outer, 8 ESP, 8 IV, 2 trailer, 16 ICV; 1300 - 52 - 2 = 1246 inner.
big() { in_ns a ping "$@" -c 2 -i 0.1 -W 2 10.0.2.1; }
big6() { in_ns a ping "$@" -c 2 -i 0.1 -W 2 fd02::1; }
answered() { "$@" 2>&1 | tee "$tmp/ping" | grep -q ' 0% packet loss'; }
frames() { in_ns "$1" cat /sys/class/net/v"$1"/statistics/tx_packets; }

child a 4 1 >/dev/null
child b 4 1 >/dev/null
check "1246 bytes with DF pass" answered big -M "do" -s 1218
check_not "1247 with DF do not" answered big -M "do" -s 1219
check "and the source is told 1246" grep -q 'mtu *= *1246' "$tmp/ping"
at_least "and it is counted" "$(stat a out-too-big)" 1
in_ns a ip route flush cache
check "2000 bytes without DF pass, cut before ESP" answered big -M dont -s 2000
kwctl a policy-flush
kwctl b policy-flush
child a 4 2 '' '"flags": ["frag-outer"]' >/dev/null
child b 4 2 >/dev/null
check "and cut after ESP" answered big -M dont -s 1400
kwctl a policy-flush
kwctl b policy-flush
child a 4 3 '' '"df": "clear"' >/dev/null
child b 4 3 >/dev/null
in_ns a ip route flush cache
check "with df clear even DF packets pass" answered big -M "do" -s 1400
kwctl a policy-flush
kwctl b policy-flush
child a 6 4 >/dev/null
child b 6 4 >/dev/null
# IPv6 outside: 20 bytes less, and 1226 is below what IPv6 inside must carry.
check "IPv6 of 1280 bytes passes though the path has 1300" answered big6 -M "do" -s 1232
check_not "IPv6 of 1400 bytes does not" answered big6 -M "do" -s 1352
at_least "TCP finds the path's size" "$(tcp a b 10.0.2.1)" 700000
finish
