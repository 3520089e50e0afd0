#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Never in the clear: no policy, no SA, an SA that was deleted or reached a hard limit.  Limits fire
# by themselves, and the daemon hears of it.
#
#   a: 10.0.1.1 -- kw0 == ESP == kw0 -- b: 10.0.2.1     listening on vb for anything that is not ESP
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
kw_device b
ip -n a route add 10.9.0.0/24 dev kw0 src 10.0.1.1
bg in_ns b tcpdump -U -nni vb -w "$tmp/clear.pcap" 'net 10.0.0.0/8 or net fd00::/8' 2>"$tmp/tcpdump"
bg in_ns a "$here/kwctl.py" --events 1000 >"$tmp/events"
wait_for 20 grep -q listening "$tmp/tcpdump"

# answers N: how many of N pings to b are answered.
answers() {
	in_ns a ping -n -c "$1" -i 0.02 -W 1 10.0.2.1 >"$tmp/ping"
	grep -c 'bytes from' "$tmp/ping"
}
saw() { wait_for 40 grep -q "$1" "$tmp/events"; }

echo 1 >/sys/kernel/tracing/events/keyway/enable

check "no policy: the source is told" \
	sh -c "ip netns exec a ping -n -c 2 -i 0.1 -W 1 10.9.0.1 | grep -q -i 'filtered\|prohibited'"
at_least "no policy: counted" "$(stat a out-no-policy)" 2

id=$(kwctl a policy-new "{\"policy\": $(policy a 4)}" policy.id)
is "no SA: nothing is answered" "$(answers 4)" 0
is "no SA: counted" "$(stat a out-no-sa)" 4
is "no SA: counted for the policy" \
	"$(kwctl a policy-get "{\"policy\": {\"id\": $id}}" policy.drops.out-no-sa)" 4
check "no SA: acquire names policy, cookie and packet" \
	saw "acquire.*\"id\": $id, \"cookie\": 77.*\"src\": \"10.0.1.1\", \"dst\": \"10.0.2.1\", \"proto\": 1"
is "no SA: one acquire for all of them" "$(grep -c acquire "$tmp/events")" 1
check "no SA: traced" grep -q "kw_drop: reason=out-no-sa .* policy=$id packets=1" /sys/kernel/tracing/trace
kwctl a policy-flush

# limited MORE N: a sends under the limits in MORE, b without; prints how many of N passed.
spi=0
limited() {
	spi=$((spi + 1))
	kwctl a policy-flush && kwctl b policy-flush
	child a 4 $spi "$1" >/dev/null && child b 4 $spi >/dev/null
	answers "$2"
}

is "hard-packets 7: 7 pass" "$(limited '"soft-packets": 3, "hard-packets": 7' 12)" 7
check "hard-packets: the soft one was told before" saw 'expire.*"expire-kind": "soft", "expire-limit": "packets"'
check "hard-packets: and the hard one" saw 'expire.*"expire-kind": "hard", "expire-limit": "packets"'
at_least "hard-packets: the rest is dropped" "$(($(stat a out-expired) + $(stat a out-no-sa) - 4))" 1
# A ping is 84 bytes, 88 with padding and trailer.
is "hard-bytes 440: 5 pings pass" "$(limited '"soft-bytes": 200, "hard-bytes": 440' 9)" 5
check "hard-bytes: the hard one was told" saw 'expire.*"expire-kind": "hard", "expire-limit": "bytes"'
is "hard-seconds 15: at first all pass" "$(limited '"soft-seconds": 5, "hard-seconds": 15' 2)" 2
check "hard-seconds: soft" saw '"expire-kind": "soft", "expire-limit": "seconds"'
check "hard-seconds: hard" saw '"expire-kind": "hard", "expire-limit": "seconds"'
is "hard-seconds: then none" "$(answers 2)" 0
limited '"idle-seconds": 1' 1 >/dev/null
check "idle-seconds: told" saw '"expire-kind": "soft", "expire-limit": "idle"'
is "idle-seconds: but it goes on" "$(answers 2)" 2
kwctl a spi-alloc '{"sa": {"timeout": 1}}' >/dev/null
check "an SPI nobody uses expires" saw '"expire-kind": "hard", "expire-limit": "larval"'

check "an SA that stops is traced" \
	grep -q 'kw_sa_state: spi=0x00002001 dir=out policy=[0-9]* live -> dead' /sys/kernel/tracing/trace
echo 0 >/sys/kernel/tracing/events/keyway/enable

limited '"idle-seconds": 0' 1 >/dev/null
kwctl a sa-flush
is "SAs deleted: nothing passes" "$(answers 3)" 0
ip -n a link set kw0 down
ip -n a link set kw0 up
sleep 0.5
is "nothing but ESP crossed the wire" "$(tcpdump -nr "$tmp/clear.pcap" 2>/dev/null | wc -l)" 0
finish
