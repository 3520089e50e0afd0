#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demonstration inside its machine: two hosts, two routers, one tunnel.
export TEST_NAME=demo
. "$(dirname "$0")/../interop/lib.sh"
. "$INTEROP/keyway.sh"

title() { printf '\n== %s\n' "$*"; }

# run ROUTER COMMAND...: shown with the router's prompt
run() {
	local router=$1
	shift
	echo "$router# $*"
	on "$router" env PATH="$TOP/build:$PATH" "$@"
}

need() { "$@" || { echo "demo: failed: $*"; exit 1; }; }

watch_events() { on "$1" "$TOP/build/keyway" monitor 2>/dev/null | sed -u "s/^/    $1: /; s/\(.\{150\}\).*/\1.../"; }

# mbit NS ADDRESS: TCP throughput
mbit() {
	in_ns "$1" iperf3 -J -t 4 -c "$2" | jq -r '.end.sum_received.bits_per_second / 1e6 * 10 | round / 10'
}

cat <<'D'

    whost ─────────── west ══════════════════ east ─────────── ehost
    10.1.0.2    10.1.0.1  192.0.2.1   192.0.2.2  10.2.0.1    10.2.0.2
                 router   ── the outer link ──    router
D
uname -r | sed 's/^/    Linux /'
need modprobe -a udp_tunnel ip6_udp_tunnel aesni_intel ghash_clmulni_intel
need insmod "$KEYWAY_KO"
topology
ip netns exec ehost iperf3 -s -D >/dev/null

title "Without a tunnel: what whost sends crosses the outer link as it is"
need reachable 10
clear=$(mbit whost 10.2.0.2)
echo "iperf3, TCP, from whost to ehost: $clear Mbit/s"
capture_restart

title "The routers make their keys, and each gets the other one's line pasted"
for router in west east; do
	rm -rf "$RUN/kw-$router"
	mkdir "$RUN/kw-$router"
	need launch_keyway $router
done
line_west=$(run west keyway init --net 10.1.0.0/24 | tee /dev/stderr | tail -n 1)
line_east=$(run east keyway init --net 10.2.0.0/24 | tee /dev/stderr | tail -n 1)
watch_events west &
watch_events east &
# shellcheck disable=SC2086 # the line is words
need run east $line_west --local-net 10.2.0.0/24
# shellcheck disable=SC2086
need run west $line_east --local-net 10.1.0.0/24

title "They negotiate"
need until_true 60 eval 'kw west status --json | jq -e ".connections[0].state == \"up\""'
need reachable 10
sleep 1

title "Through the tunnel"
in_ns whost ping -c 5 -i 0.3 -p "$CANARY_HEX" 10.2.0.2 | tee "$RUN/ping" || need false
rtt=$(sed -n 's,^rtt.* = [^/]*/\([^/]*\)/.*,\1,p' "$RUN/ping")
through=$(mbit whost 10.2.0.2)
echo "iperf3, TCP, from whost to ehost: $through Mbit/s"

title "What the routers say"
run west keyway
run east keyway status west

title "What crossed the outer link since the routers have keys"
sleep 1
esp=$(captured esp)
ike=$(captured 'udp port 500 or udp port 4500')
odd=$(captured "not ($PROTECTED)")
canary=$(grep -ac "${CANARY:0:16}" "$RUN/wire.pcap")
tcpdump -nr "$RUN/wire.pcap" -c 1 esp 2>/dev/null
echo "$esp ESP packets, $ike IKE packets, $odd others; packets in which the ping's text can be read: $canary"
need only_protected

teardown >/dev/null 2>&1
echo
echo "demo: ok: ping $rtt ms, TCP $through Mbit/s through the tunnel and $clear Mbit/s without it," \
	"$esp ESP packets on the outer link and $odd in the clear"
