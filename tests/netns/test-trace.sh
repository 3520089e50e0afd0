#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What somebody can see: the fate of each packet of one flow, counters that survive a rekey and where
# they are, the device in ip(8), inner packets in tcpdump.
#
#   a: 10.0.1.1 -- kw0 == ESP == kw0 -- b: 10.0.2.1
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
kw_device b

# trace NS JSON FILE: events of the packets described, until the test ends.
trace() {
	: >"$tmp/$3"
	# Not by in_ns: it is the process that untrace() ends.
	bg ip netns exec "$1" "$here/kwctl.py" --trace 1000 "$2" >"$tmp/$3" 2>"$tmp/$3.err"
	wait_for 20 grep -q listening "$tmp/$3.err"
}
saw() { wait_for 20 grep -q "$2" "$tmp/$1"; }
none() { sleep 0.5; ! grep -q "$2" "$tmp/$1"; }
ping1() { in_ns a ping -n -c 1 -W 1 "$1" >/dev/null; }
untrace() {
	kill "${children[-1]}"
	wait "${children[-1]}" 2>/dev/null
}

id=$(kwctl a policy-new "{\"policy\": $(policy a 4)}" policy.id)
trace a '{"ts": [{"start": "10.0.2.1", "end": "10.0.2.1"}], "proto": 1}' one
ping1 10.0.2.1
check "a packet without an SA: dropped, by which policy and why" saw one \
	"\"verdict\": \"dropped\", \"dir\": \"out\", \"packets\": 1, \"reason\": 9, \"policy-id\": $id, \"cookie\": 77"
check "and which packet it was" saw one \
	'"packet": {"src": "10.0.1.1", "dst": "10.0.2.1", "proto": 1, "sport": 2048, "dport": 2048}'
refused() { in_ns a "$here/kwctl.py" --trace 1 '{}' 2>&1 | grep -q "EBUSY: Somebody else"; }
check "only one traces at a time" refused
child b 4 1 >/dev/null
rekey a "$id" 1 >/dev/null
ping1 10.0.2.1
check "a packet that is sent: SPI and number" saw one \
	'"verdict": "sent", "dir": "out", "packets": 1, "seq": 1, "spi": 8193'
check "its answer is delivered" saw one '"verdict": "delivered", "dir": "in".*"seq": 1, "spi": 4097'
ping1 fd02::1
check "other packets are not told" none one 'fd02'
untrace
trace a '{"drops": 1}' two
check "when a tracer leaves another may come" grep -q listening "$tmp/two.err"
kwctl b sa-flush
child b 4 2 >/dev/null
ping1 10.0.2.1
check "drops only: nothing about what is sent" none two sent
untrace
trace b '{"ts": [{"start": "10.0.1.0", "end": "10.0.1.255"}, {"start": "10.0.2.1", "end": "10.0.2.1"}]}' three
kwctl a policy-flush
child a 4 2 >/dev/null
in_ns a python3 - <<-'PY'
	import socket
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	for _ in range(3000):
	    s.sendto(b'x', ('10.0.2.1', 9))
PY
check "a flood is not all told" saw three '"lost"'
untrace

# Counters: a rekey of a's policy changes none of them.
id=$(kwctl a policy-flush; kwctl b policy-flush; child b 4 3 >/dev/null; child a 4 3)
before=$(stat a tx-packets)
pings a 10.0.2.1 10
child b 4 4 >/dev/null
rekey a "$id" 4 >/dev/null
pings a 10.0.2.1 10
policy_stat() { kwctl a policy-get "{\"policy\": {\"id\": $id}}" "policy.$1"; }
is "the policy's counters survive a rekey" "$(policy_stat tx-packets) $(policy_stat rx-packets)" "20 20"
is "the new SA's begin at 0" "$(kwctl a sa-get '{"sa": {"dir": "out", "spi": 8196, "policy-id": '"$id"'}}' sa.0.packets)" 10
kwctl a policy-flush
is "the namespace's survive the policy" "$(($(stat a tx-packets) - before))" 20
link() { ip -n a -s -s -j -d link show kw0 | python3 -c "import json, sys; d = json.load(sys.stdin)[0]; print($1)"; }
is "ip link knows the kind" "$(link 'd["linkinfo"]["info_kind"]')" keyway
at_least "and the packets" "$(link 'd["stats64"]["tx"]["packets"]')" 20
dropped=$(link 'd["stats64"]["tx"]["dropped"]')
ping1 10.0.2.1
is "and the drops" "$(link 'd["stats64"]["tx"]["dropped"]')" $((dropped + 1))
at_least "and that an SA was missing" "$(link 'd["stats64"]["tx"]["carrier_errors"]')" 1

kwctl b policy-flush
child a 4 5 >/dev/null
child b 4 5 >/dev/null
bg in_ns a tcpdump -l -nni kw0 icmp >"$tmp/inner" 2>"$tmp/tcpdump"
wait_for 20 grep -q listening "$tmp/tcpdump"
ping1 10.0.2.1
check "tcpdump on the device shows the packet" wait_for 10 grep -q '10.0.1.1 > 10.0.2.1: ICMP echo request' "$tmp/inner"
check "and its answer" wait_for 10 grep -q '10.0.2.1 > 10.0.1.1: ICMP echo reply' "$tmp/inner"
finish
