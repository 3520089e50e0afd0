# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034 # set here, used by the tests
# Two hosts, two routers and the net between them, in network namespaces; keyway or strongSwan on
# each router. Sourced by the tests, which run as root in a throw-away machine (tests/vm/run).
#
#     whost ───────── west ───────── wire ───────── east ───────── ehost
#     10.1.0.2    10.1.0.1 │ $WEST         $EAST │ 10.2.0.1    10.2.0.2
#     fd01::2      fd01::1 │ $WEST6       $EAST6 │ fd02::1      fd02::2
#
#   topology             wire is a bridge: WEST=192.0.2.1, EAST=192.0.2.2
#   topology nat=west    wire translates west (10.77.0.1) to 192.0.2.254
#   topology nat=east    the mirror image; UDP 500 and 4500 of 192.0.2.253 are forwarded to east,
#                        so that west can begin
# WEST_SEEN and EAST_SEEN are the addresses by which the other router knows them.
#
# Each router's default route leads to the other one: a packet that escapes the tunnel arrives
# all the same, in the clear, so a ping proves nothing and the capture on the wire everything.
#
# A test is a script of checks:   ok "what should be true" COMMAND...
# Output is TAP without numbers; run.sh counts it. Logs of a test land in $OUT.

set -u
INTEROP=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=$(cd "$INTEROP/../.." && pwd)
CACHE=${XDG_CACHE_HOME:-$HOME/.cache}/keyway
SWAN=$CACHE/peers/strongswan
PKI=$TOP/build/pki
OUT=${KEYWAY_OUT:-/tmp/keyway-test}
RUN=/tmp/keyway-run
CANARY="CANARY-in-the-clear"
CANARY_HEX=$(printf %s "${CANARY:0:16}" | od -An -tx1 | tr -d ' \n')
ROUTERS="west east"
NAMESPACES="whost west wire east ehost"
mkdir -p "$OUT" "$RUN"

# ---- checks ------------------------------------------------------------------------------------

# ok NAME COMMAND...: one check; the output of a failed one is shown
ok() {
	local name=$1 said
	shift
	if said=$("$@" 2>&1); then
		echo "ok - $name"
	else
		echo "not ok - $name"
		echo "# failed: $*"
		printf '%s\n' "$said" | tail -n 20 | sed 's/^/#   /'
		return 1
	fi
}

# fails COMMAND...: true when the command fails
fails() { ! "$@"; }

# until_true SECONDS COMMAND...: tries again and again
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		if [ $SECONDS -ge $end ]; then
			"$@"
			return
		fi
		sleep 0.2
	done
}

# note TEXT: a line for the reader of the output
note() { echo "# $*"; }

# ---- topology ----------------------------------------------------------------------------------

in_ns() { local ns=$1; shift; ip netns exec "$ns" "$@"; }

translate() { # translate SIDE GLOBAL: wire hides the router of SIDE behind GLOBAL
	local side=$1 global=$2 other=east
	[ "$side" = west ] || other=west
	in_ns wire nft -f - <<-N
		table ip nat {
			chain out {
				type nat hook postrouting priority 100
				iifname "to-$side" oifname "to-$other" udp sport { 500, 4500 } masquerade random
				iifname "to-$side" oifname "to-$other" masquerade
			}
			chain in {
				type nat hook prerouting priority -100
				iifname "to-$other" ip daddr $global udp dport { 500, 4500 } dnat to 10.77.0.1
			}
		}
	N
}

# Under emulation starting a program takes long: addresses and routes are set by a few batches, and
# the namespaces inherit their switches from this one.
sysctl -qw net.core.devconf_inherit_init_net=1 net.ipv4.conf.all.forwarding=1 \
	net.ipv4.conf.default.forwarding=1 net.ipv4.conf.all.rp_filter=0 \
	net.ipv4.conf.default.rp_filter=0 net.ipv6.conf.all.forwarding=1 \
	net.ipv6.conf.default.forwarding=1 net.ipv6.conf.all.accept_dad=0 \
	net.ipv6.conf.default.accept_dad=0

topology() {
	local nat=${1-} wire
	nat=${nat#nat=}
	teardown
	case $nat in
	'')
		WEST=192.0.2.1 EAST=192.0.2.2 WEST_SEEN=192.0.2.1 EAST_SEEN=192.0.2.2
		WEST6=2001:db8::1 EAST6=2001:db8::2
		wire="link add name bridge type bridge
			link set to-west master bridge
			link set to-east master bridge
			link set bridge up"
		;;
	west)
		WEST=10.77.0.1 WEST_SEEN=192.0.2.254 EAST=192.0.2.2 EAST_SEEN=192.0.2.2
		wire="addr add 10.77.0.254/24 dev to-west
			addr add 192.0.2.254/24 dev to-east"
		;;
	east)
		WEST=192.0.2.1 WEST_SEEN=192.0.2.1 EAST=10.77.0.1 EAST_SEEN=192.0.2.253
		wire="addr add 192.0.2.253/24 dev to-west
			addr add 10.77.0.254/24 dev to-east"
		;;
	esac
	if [ -n "$nat" ]; then
		wire="$wire
			route add 10.1.0.0/24 via $WEST
			route add 10.2.0.0/24 via $EAST"
	fi
	ip -batch - <<-B
		netns add whost
		netns add west
		netns add wire
		netns add east
		netns add ehost
		link add lan netns whost type veth peer name lan netns west
		link add wan netns west type veth peer name to-west netns wire
		link add wan netns east type veth peer name to-east netns wire
		link add lan netns east type veth peer name lan netns ehost
	B
	configure whost lan 10.1.0.2/24 fd01::2/64 10.1.0.1 fd01::1
	configure ehost lan 10.2.0.2/24 fd02::2/64 10.2.0.1 fd02::1
	ip -n wire -batch - <<-B
		link set lo up
		link set to-west up
		link set to-east up
		$wire
	B
	ip -n west -batch - <<-B
		link set lan up
		addr add 10.1.0.1/24 dev lan
		addr add fd01::1/64 dev lan nodad
	B
	ip -n east -batch - <<-B
		link set lan up
		addr add 10.2.0.1/24 dev lan
		addr add fd02::1/64 dev lan nodad
	B
	case $nat in
	'')
		configure west wan $WEST/24 $WEST6/64 $EAST $EAST6
		configure east wan $EAST/24 $EAST6/64 $WEST $WEST6
		;;
	west)
		configure west wan $WEST/24 - 10.77.0.254
		configure east wan $EAST/24 - 192.0.2.254
		translate west 192.0.2.254
		;;
	east)
		configure west wan $WEST/24 - 192.0.2.253
		configure east wan $EAST/24 - 10.77.0.254
		translate east 192.0.2.253
		;;
	esac
	capture_start
}

# configure NS IF ADDRESS ADDRESS6|- GATEWAY [GATEWAY6]
configure() {
	local six=
	[ "$4" = - ] || six="addr add $4 dev $2 nodad
		route add default via $6"
	ip -n "$1" -batch - <<-B
		link set lo up
		link set $2 up
		addr add $3 dev $2
		route add default via $5
		$six
	B
}

teardown() {
	local ns r
	jobs -p | xargs -r kill 2>/dev/null
	for r in $ROUTERS; do
		stop_router "$r"
	done
	capture_stop
	[ -e /run/netns/wire ] || return 0
	for ns in $NAMESPACES; do
		echo "netns del $ns"
	done | ip -batch -
}
trap teardown EXIT

# impair ARGS...: netem in both directions of the wire, e.g. impair delay 20ms loss 5%
impair() {
	local dev
	for dev in to-west to-east; do
		in_ns wire tc qdisc replace dev $dev root netem "$@" || return
	done
}
repair() {
	local dev
	for dev in to-west to-east; do
		in_ns wire tc qdisc del dev $dev root
	done
	return 0
}
cut_wire() { ip -n wire link set to-east down; }
join_wire() { ip -n wire link set to-east up; }

# ---- traffic -----------------------------------------------------------------------------------

# pings NS ADDRESS: three packets, all answered, carrying the canary
pings() { in_ns "$1" ping -c 3 -i 0.2 -W 2 -p "$CANARY_HEX" "$2"; }
west_to_east() { pings whost 10.2.0.2; }
east_to_west() { pings ehost 10.1.0.2; }
both_ways() { west_to_east && east_to_west; }
both_ways6() { pings whost fd02::2 && pings ehost fd01::2; }

# reachable [SECONDS]: the first packet gets through, in the clear or not
reachable() { until_true "${1:-20}" in_ns whost ping -c 1 -W 1 10.2.0.2; }

# tcp_between SERVER CLIENT ADDRESS BYTES: random bytes from the host CLIENT to SERVER at ADDRESS and back by TCP; both
# ends have the same digest
tcp_between() {
	local server
	rm -f "$RUN"/tcp.*
	ip netns exec "$1" "$INTEROP/stream.py" serve 5002 >"$RUN/tcp.served" &
	server=$!
	until_true 10 test -s "$RUN/tcp.served"
	in_ns "$2" timeout 90 "$INTEROP/stream.py" fetch "$3" 5002 "$4" >"$RUN/tcp.fetched" ||
		{ kill $server; return 1; }
	wait $server
	tail -n 1 "$RUN/tcp.served" "$RUN/tcp.fetched"
	[ "$(tail -n 1 "$RUN/tcp.served")" = "$(tail -n 1 "$RUN/tcp.fetched")" ]
}
tcp_whole() { tcp_between ehost whost 10.2.0.2 3000000; }

# stream_start RATE: numbered UDP packets in both directions, until stream_stop
stream_start() {
	rm -f "$RUN"/stream.*
	ip netns exec ehost "$INTEROP/stream.py" receive 5001 "$RUN/stream.stop" >"$RUN/stream.east" &
	ip netns exec whost "$INTEROP/stream.py" receive 5001 "$RUN/stream.stop" >"$RUN/stream.west" &
	until_true 20 eval 'grep -q listening "$RUN/stream.east" && grep -q listening "$RUN/stream.west"'
	ip netns exec whost "$INTEROP/stream.py" send 10.2.0.2 5001 "$1" "$RUN/stream.stop" >"$RUN/stream.from-west" &
	ip netns exec ehost "$INTEROP/stream.py" send 10.1.0.2 5001 "$1" "$RUN/stream.stop" >"$RUN/stream.from-east" &
	until_true 20 eval 'test -s "$RUN/stream.from-west" && test -s "$RUN/stream.from-east"'
}

# stream_stop: ends it; true when something was sent each way and nothing was lost
stream_stop() {
	local sent got dir bad=0
	touch "$RUN/stream.stop"
	until_true 60 stream_done
	for dir in west:east east:west; do
		sent=$(tail -n 1 "$RUN/stream.from-${dir%:*}")
		got=$(tail -n 1 "$RUN/stream.${dir#*:}")
		echo "${dir%:*}: sent ${sent:-none}; ${dir#*:}: ${got:-nothing}"
		[ "${sent%% *}" -gt 0 ] 2>/dev/null && [ "${sent%% *}" = "${got%% *}" ] || bad=1
	done
	[ $bad -eq 0 ] || drops
	return $bad
}

# drops: what each router's data path counted as dropped
drops() {
	local router
	for router in $ROUTERS; do
		case ${ROUTER_KIND[$router]-} in
		keyway) kw "$router" stats | sed "s/^/$router: /" | sed -n '/packets dropped/,$p' ;;
		strongswan) in_ns "$router" grep -v '\s0$' /proc/net/xfrm_stat | sed "s/^/$router: /" ;;
		esac
	done
}

stream_done() {
	[ "$(cat "$RUN"/stream.west "$RUN"/stream.east 2>/dev/null | grep -c received)" = 2 ]
}

# ---- capture -----------------------------------------------------------------------------------

capture_start() {
	ip netns exec wire tcpdump -i to-west -U -s 0 -w "$RUN/wire.pcap" -Z root 2>"$RUN/tcpdump.log" &
	CAPTURE=$!
	until_true 10 grep -q 'listening on' "$RUN/tcpdump.log"
}

capture_stop() {
	[ -n "${CAPTURE-}" ] || return 0
	sleep 0.3
	kill "$CAPTURE" 2>/dev/null
	wait "$CAPTURE" 2>/dev/null
	CAPTURE=
	cp "$RUN/wire.pcap" "$OUT/${TEST_NAME:-test}-$((++CAPTURES)).pcap"
}
CAPTURES=0

# capture_restart: forgets what crossed so far
capture_restart() {
	capture_stop
	capture_start
}

# captured FILTER: number of packets on the wire so far that match
captured() { tcpdump -nr "$RUN/wire.pcap" "$@" 2>/dev/null | wc -l; }

# saw FILTER: true when such a packet was on the wire
saw() { [ "$(captured "$@")" -gt 0 ]; }

PROTECTED='esp or (udp and (port 500 or port 4500)) or arp or
	(icmp6 and ip6[40] >= 130) or ip6 dst net ff02::/16 or ip dst net 224.0.0.0/24 or
	(icmp[icmptype] = icmp-unreach and icmp[17] = 17 and (icmp[30:2] = 500 or icmp[30:2] = 4500))'

# only_protected: ESP crossed the wire, nothing but ESP, IKE and neighbour discovery did, and no
# packet carried the canary. $1 = udp: ESP came in UDP (RFC 3948) and never bare.
only_protected() {
	local odd
	sleep 0.3
	if [ "${1-}" = udp ]; then
		# The four bytes behind the UDP header are an SPI, not the non-ESP marker.
		saw 'udp port 4500 and udp[4:2] > 20 and udp[8:4] != 0' || { echo "no ESP in UDP"; return 1; }
		! saw esp || { echo "bare ESP"; return 1; }
	else
		saw esp || { echo "no ESP"; return 1; }
	fi
	odd=$(tcpdump -nr "$RUN/wire.pcap" "not ($PROTECTED) and not ip[6:2] & 0x1fff != 0" 2>/dev/null)
	[ -z "$odd" ] || { echo "in the clear:"; echo "$odd" | head -n 5; return 1; }
	! grep -qa "${CANARY:0:16}" "$RUN/wire.pcap" || { echo "the canary was on the wire"; return 1; }
}

# only_stream: a TCP stream of IKE and ESP crossed the wire, and nothing but neighbour discovery beside it
only_stream() {
	local odd
	sleep 0.3
	saw 'tcp port 4500' || { echo "no stream"; return 1; }
	odd=$(tcpdump -nr "$RUN/wire.pcap" "not (tcp port 4500 or arp or (icmp6 and ip6[40] >= 130) or
		ip6 dst net ff02::/16 or ip dst net 224.0.0.0/24)" 2>/dev/null)
	[ -z "$odd" ] || { echo "beside the stream:"; echo "$odd" | head -n 5; return 1; }
	! grep -qa "${CANARY:0:16}" "$RUN/wire.pcap" || { echo "the canary was on the wire"; return 1; }
}

# ---- routers -----------------------------------------------------------------------------------

# start_in ROUTER NAME SETUP COMMAND...: a daemon in the router's network namespace, on a host of
# that name with an empty /run of its own, after the shell text SETUP.
start_in() {
	local router=$1 name=$2 setup=$3
	shift 3
	# shellcheck disable=SC2016 # expanded by the inner shell
	ip netns exec "$router" unshare -m -u --propagation private bash -c '
		mount -t tmpfs tmpfs /run && hostname "$0" && eval "$1" && shift && exec "$@"
	' "$router" "$setup" "$@" >>"$OUT/$TEST_NAME-$router-$name.log" 2>&1 &
	ROUTER_JOB[$router]=$!
	ROUTER_KIND[$router]=$name
}
declare -A ROUTER_JOB ROUTER_KIND

# on ROUTER COMMAND...: a command in the daemon's namespaces
on() {
	local router=$1
	shift
	nsenter -t "${ROUTER_JOB[$router]-no-daemon}" -m -n -u -- "$@"
}

stop_router() {
	local pid=${ROUTER_JOB[$1]-}
	[ -n "$pid" ] || return 0
	kill "$pid" 2>/dev/null
	for _ in {1..50}; do
		kill -0 "$pid" 2>/dev/null || break
		sleep 0.1
	done
	kill -9 "$pid" 2>/dev/null
	wait "$pid" 2>/dev/null
	unset "ROUTER_JOB[$1]"
}

log_of() { cat "$OUT/$TEST_NAME-$1-${ROUTER_KIND[$1]}.log"; }

# logged ROUTER REGEX: the daemon's log has such a line
logged() { log_of "$1" | grep -qE -- "$2" || { log_of "$1" | tail -n 15; return 1; }; }
