#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Which policy a packet meets: order, protocols, ports, fragments; and what comes out of a tunnel
# has to be within its selectors.
#
#   a: 10.0.1.1, 10.0.7.7 -- kw0 == ESP == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
kw_device b
ip -n a addr add 10.0.7.7/32 dev kw0
child b 4 1 >/dev/null

# policy_a PRIORITY MORE TS_MORE [SAS]: one policy at a, from anywhere in 10/8, to b.
policy_a() {
	kwctl a child-new "{\"policy\": {\"ifindex\": $(ifindex a kw0), \"priority\": $1,
		\"local\": \"192.0.2.1\", \"remote\": \"192.0.2.2\",
		\"ts-local\": [{\"start\": \"10.0.0.0\", \"end\": \"10.255.255.255\"}],
		\"ts-remote\": [{\"start\": \"10.0.2.0\", \"end\": \"10.0.2.255\" ${3:+, $3}}] ${2:+, $2}}
		${4:+, \"sa\": [$4]}}" policy.id
}
drops() { kwctl a policy-get "{\"policy\": {\"id\": $1}}" "policy.drops.$2"; }
udp() { in_ns a python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'x' * $2, ('10.0.2.1', $1))" 2>/dev/null; }

any=$(policy_a 5 '' '' "$(sa in 0x1001), $(sa out 0x2001)")
check "a policy for everything takes everything" pings a 10.0.2.1 3

discard=$(policy_a 1 '"action": "discard"' '"proto": 17, "port-start": 53, "port-end": 60')
check "with one before it for UDP 53 to 60, a ping still passes" pings a 10.0.2.1 3
udp 53 10; udp 60 10; udp 61 10; udp 52 10
is "ports 53 and 60 are discarded, 52 and 61 are not" "$(drops "$discard" out-discard)" 2
late=$(policy_a 9 '"action": "discard"' '')
check "one after it is never asked" pings a 10.0.2.1 3
is "and has dropped nothing" "$(drops "$late" out-discard)" ''

kwctl a policy-del "{\"policy\": {\"id\": $any}}"
kwctl a policy-del "{\"policy\": {\"id\": $discard}}"
kwctl a policy-del "{\"policy\": {\"id\": $late}}"
policy_a 5 '' '"proto": 17, "port-start": 5000, "port-end": 5000' "$(sa in 0x1001), $(sa out 0x2001)" >/dev/null
before=$(stat a out-no-policy)
check_not "a policy for UDP 5000: a ping has none" pings a 10.0.2.1 2
is "and is counted" "$(($(stat a out-no-policy) - before))" 2
tx() { kwctl a '*policy-get' '' policy.tx-packets; }
was=$(tx)
udp 5000 10
is "UDP 5000 passes" "$(($(tx) - was))" 1
before=$(stat a out-fragment)
udp 5000 3000
at_least "its later fragments do not show whether they are within, and are dropped (RFC 4301 7)" \
	"$(($(stat a out-fragment) - before))" 1

kwctl a policy-flush
policy_a 5 '' '' "$(sa in 0x1001), $(sa out 0x2001)" >/dev/null
kwctl b policy-flush
child b 4 1 >/dev/null
check "from within b's selectors it passes" pings a 10.0.2.1 2
in_ns a ping -c 2 -i 0.1 -W 1 -I 10.0.7.7 10.0.2.1 >/dev/null
is "from outside b drops it, though it authenticated" "$(stat b in-selector)" 2
finish
