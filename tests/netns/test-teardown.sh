#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Everything that can go away goes away under traffic: SAs, policies, the device, the namespace.  The
# kernel log stays clean (run-all.sh looks).  test-unload.py is about the module.
#
#   a: 10.0.1.1 -- kw0 == ESP or UDP == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
rounds=5

# Not -f: in an emulated machine that leaves nothing for anybody else.
flood() { bg in_ns "$1" ping -q -i 0.005 -s 1000 "$2" >/dev/null 2>&1; }
start() {
	topology
	kw_device a
	kw_device b
	child a 4 1 >/dev/null
	child b 4 1 >/dev/null
	flood a 10.0.2.1
	flood a fd02::1
	flood b 10.0.1.1
	sleep 0.5
}
stop() {
	local ns p
	for ns in a b; do
		kwctl_stop $ns
		for p in $(ip netns pids $ns 2>/dev/null); do kill -9 "$p"; done
		ip netns del $ns 2>/dev/null
	done
	# No wait: the traffic of a namespace that stays goes on.
	disown -a
	children=()
}

no_policies() { [ -z "$(kwctl a '*policy-get')" ]; }

start
check "traffic flows" pings a 10.0.2.1 3
for n in $(seq 2 $((rounds + 1))); do
	kwctl a sa-flush
	kwctl b policy-flush
	kwctl a policy-flush
	child a 4 "$n" >/dev/null
	child b 4 "$n" >/dev/null
done
check "SAs and policies replaced $rounds times under traffic" pings a 10.0.2.1 3
ip -n b link del kw0
is "the device deleted: its policies are gone" "$(kwctl b '*policy-get' | wc -l)" 0
is "and its SAs" "$(kwctl b '*sa-get' | wc -l)" 0
kw_device b
child b 4 20 >/dev/null
kwctl a policy-flush
child a 4 20 >/dev/null
check "a new device takes over" pings a 10.0.2.1 3
stop
check "namespaces deleted under traffic" wait_for 30 sh -c '! ip netns list | grep -q .'

# A device in another namespace than its ESP packets.
move() {
	ip -n "$1" link set kw0 netns "$2"
	ip -n "$2" -batch - <<-B
		link set kw0 up
		addr add 10.0.1.1/24 dev kw0
		route add 10.0.2.0/24 dev kw0
	B
}

topology
ip netns add r
kw_device a
kw_device b
id=$(child a 4 1)
child b 4 1 >/dev/null
move a r
check "a device moved away keeps its policy" pings r 10.0.2.1 3
is "and counts for it" "$(kwctl a policy-get "{\"policy\": {\"id\": $id}}" policy.rx-packets)" 3
flood b 10.0.1.1
flood r 10.0.2.1
for _ in $(seq $rounds); do
	move r a
	move a r
done
check "moved to and fro $rounds times under traffic" pings r 10.0.2.1 3
for p in $(ip netns pids r); do kill -9 "$p"; done
ip netns del r
check "the namespace it was moved to gone, it is too" wait_for 30 sh -c '! ip -n r link show kw0'
is "and its policy" "$(wait_for 30 no_policies; kwctl a '*policy-get' | wc -l)" 0

ip netns add r
kw_device a
kwctl b policy-flush
child a 4 2 >/dev/null
child b 4 2 >/dev/null
move a r
check "another one can be moved" pings r 10.0.2.1 3
flood r 10.0.2.1
stop
check "its first namespace gone, it is too" wait_for 30 sh -c '! ip -n r link show kw0'
for p in $(ip netns pids r); do kill -9 "$p"; done
ip netns del r

finish
