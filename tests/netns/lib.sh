# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the tests share: topology, keys, TAP.  Sourced by test-*.sh, which run as root on a kernel
# that has keyway loaded (run-all.sh sees to that).
#
#        namespace a                       namespace b
#   10.0.1.1, fd01::1 on kw0           10.0.2.1, fd02::1 on kw0 (or on lo, behind XFRM)
#            va 192.0.2.1, 2001:db8::1 ---- vb 192.0.2.2, 2001:db8::2
set -u

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
n_ok=0
n_bad=0
tmp=$(mktemp -d)
children=()

# Whatever a test left behind, in namespaces of its own.
cleanup() {
	local p ns
	for p in "${children[@]}" "${kw_pid[@]}"; do kill "$p" 2>/dev/null; done
	for ns in a b r; do
		for p in $(ip netns pids $ns 2>/dev/null); do kill -9 "$p" 2>/dev/null; done
		ip netns del $ns 2>/dev/null
	done
	rm -rf "$tmp"
}
trap cleanup EXIT

pass() { n_ok=$((n_ok + 1)); echo "ok $((n_ok + n_bad)) - $*"; }

fail() {
	n_bad=$((n_bad + 1))
	echo "not ok $((n_ok + n_bad)) - $*"
	[ -s "$tmp/out" ] && sed 's/^/# /' "$tmp/out" | tail -15
	return 0
}

# check NAME COMMAND...: the command succeeds; its output is shown if not.
check() {
	local name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then pass "$name"; else fail "$name"; fi
}

# check_not NAME COMMAND...: the command fails.
check_not() {
	local name=$1
	shift
	if "$@" >"$tmp/out" 2>&1; then fail "$name"; else pass "$name"; fi
}

# is NAME GOT WANTED
is() {
	echo "got '$2', wanted '$3'" >"$tmp/out"
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1"; fi
}

# at_least NAME GOT WANTED
at_least() {
	echo "got '$2', wanted at least '$3'" >"$tmp/out"
	if [ "${2:-0}" -ge "$3" ]; then pass "$1"; else fail "$1"; fi
}

finish() {
	echo "1..$((n_ok + n_bad))"
	[ $n_bad = 0 ]
}

# bg COMMAND...: runs it until the test ends.
bg() {
	"$@" &
	children+=($!)
}

in_ns() { ip netns exec "$@"; }

# kwctl NS COMMAND [JSON [PATH]]: as kwctl.py --serve, by one process per namespace: starting
# Python costs seconds in an emulated machine.  COMMAND with * before it dumps.
declare -A kw_to kw_from kw_pid
kwctl_start() {
	local ns=$1 in out
	rm -f "$tmp/to.$ns" "$tmp/from.$ns"
	mkfifo "$tmp/to.$ns" "$tmp/from.$ns"
	ip netns exec "$ns" "$here/kwctl.py" --serve <"$tmp/to.$ns" >"$tmp/from.$ns" 2>"$tmp/kwctl.$ns" &
	kw_pid[$ns]=$!
	exec {out}>"$tmp/to.$ns" {in}<"$tmp/from.$ns"
	kw_to[$ns]=$out
	kw_from[$ns]=$in
}

# A process inside keeps a namespace alive.
kwctl_stop() {
	kill "${kw_pid[$1]}" 2>/dev/null
	wait "${kw_pid[$1]}" 2>/dev/null
}

kwctl() {
	local ns=$1 line
	line=${3:-}
	echo "$2"$'\t'"${line//[$'\n\t']/ }"$'\t'"${4:-}" >&"${kw_to[$ns]}"
	while read -r -u "${kw_from[$ns]}" line; do
		case $line in
		"= 0") return 0 ;;
		"= "*) echo "$line" >&2; return 1 ;;
		*) echo "$line" ;;
		esac
	done
	cat "$tmp/kwctl.$ns" >&2
	return 1
}

stat() { kwctl "$1" stats-get '' "stats.$2"; }

# wait_for SECONDS COMMAND...
wait_for() {
	local end=$(($(date +%s) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s)" -ge $end ] && return 1
		sleep 0.1
	done
}

topology() {
	local ns
	for ns in a b; do
		ip netns add $ns
		# Duplicate address detection would only cost time.
		in_ns $ns sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
		ip -n $ns link set lo up
	done
	ip link add va netns a type veth peer name vb netns b
	ip -n a addr add 192.0.2.1/24 dev va
	ip -n b addr add 192.0.2.2/24 dev vb
	ip -n a addr add 2001:db8::1/64 dev va nodad
	ip -n b addr add 2001:db8::2/64 dev vb nodad
	ip -n a link set va up
	ip -n b link set vb up
	kwctl_start a
	kwctl_start b
}

# kw_device NS: kw0 with this side's inner addresses and routes to the other's.
kw_device() {
	local ns=$1 me=1 peer=2
	[ "$ns" = b ] && { me=2; peer=1; }
	ip -n "$ns" link add kw0 type keyway
	ip -n "$ns" link set kw0 up
	ip -n "$ns" addr add 10.0.$me.1/24 dev kw0
	ip -n "$ns" addr add fd0$me::1/64 dev kw0 nodad
	ip -n "$ns" route add 10.0.$peer.0/24 dev kw0 src 10.0.$me.1
	ip -n "$ns" route add fd0$peer::/64 dev kw0 src fd0$me::1
}

ifindex() { in_ns "$1" cat /sys/class/net/"$2"/ifindex; }

# outer NS FAMILY: "local remote" of that side.
outer() {
	case $1$2 in
	a4) echo 192.0.2.1 192.0.2.2 ;;
	b4) echo 192.0.2.2 192.0.2.1 ;;
	a6) echo 2001:db8::1 2001:db8::2 ;;
	b6) echo 2001:db8::2 2001:db8::1 ;;
	esac
}

# policy NS FAMILY [MORE]: JSON of the policy of that side for both inner families.
policy() {
	local me=1 peer=2
	[ "$1" = b ] && { me=2; peer=1; }
	read -r local remote <<<"$(outer "$1" "$2")"
	cat <<-JSON
	{"ifindex": $(ifindex "$1" kw0), "cookie": 77,
	 "ts-local": [{"start": "10.0.$me.0", "end": "10.0.$me.255"},
	              {"start": "fd0$me::", "end": "fd0$me::ffff:ffff:ffff:ffff"}],
	 "ts-remote": [{"start": "10.0.$peer.0", "end": "10.0.$peer.255"},
	               {"start": "fd0$peer::", "end": "fd0$peer::ffff:ffff:ffff:ffff"}],
	 "local": "$local", "remote": "$remote" ${3:+, $3}}
	JSON
}

# cipher NAME: sets what sa() and xfrm_sa() use.
cipher() {
	local b=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f a
	case $1 in
	gcm128) encr='"encr": 20, "encr-bits": 128,' a="rfc4106(gcm(aes))" key=${b:0:32}20212223 ;;
	gcm192) encr='"encr": 20, "encr-bits": 192,' a="rfc4106(gcm(aes))" key=${b:0:48}20212223 ;;
	gcm256) encr='"encr": 20, "encr-bits": 256,' a="rfc4106(gcm(aes))" key=${b}20212223 ;;
	chacha) encr='"encr": 28,' a="rfc7539esp(chacha20,poly1305)" key=${b}20212223 ;;
	esac
	aead=$a
}
cipher gcm128
esn=

# sa DIR SPI [MORE]: JSON of an SA.
sa() {
	local flags='[]'
	[ -n "$esn" ] && flags='["esn"]'
	printf '{"dir": "%s", "spi": %d, %s "encr-key": "%s", "flags": %s %s}' \
		"$1" "$2" "$encr" "$key" "$flags" "${3:+, $3}"
}

# SPIs: what a receives has 0x1000 + n, what b receives 0x2000 + n.
# child NS FAMILY N [SA_MORE [POLICY_MORE]]: a policy and both SAs; prints the policy's id.
child() {
	local in=$((0x1000 + $3)) out=$((0x2000 + $3))
	[ "$1" = b ] && { in=$((0x2000 + $3)); out=$((0x1000 + $3)); }
	kwctl "$1" child-new "{\"policy\": $(policy "$1" "$2" "${5:-}"),
		\"sa\": [$(sa in $in "${4:-}"), $(sa out $out "${4:-}")]}" policy.id
}

# rekey NS POLICY N [SA_MORE]: both SAs for a policy that is there.
rekey() {
	local in=$((0x1000 + $3)) out=$((0x2000 + $3))
	[ "$1" = b ] && { in=$((0x2000 + $3)); out=$((0x1000 + $3)); }
	kwctl "$1" child-new "{\"policy\": {\"id\": $2},
		\"sa\": [$(sa in $in "${4:-}"), $(sa out $out "${4:-}")]}"
}

# xfrm_side FAMILY N [ENCAP]: b is the kernel's own IPsec, with its inner addresses on lo.
xfrm_side() {
	local flags=() fam net
	read -r local remote <<<"$(outer b "$1")"
	[ -n "$esn" ] && flags=(flag esn)
	in_ns b ip xfrm state flush
	in_ns b ip xfrm policy flush
	# shellcheck disable=SC2086
	in_ns b ip xfrm state add src "$local" dst "$remote" proto esp spi $((0x1000 + $2)) reqid 1 \
		mode tunnel replay-window 32 "${flags[@]}" flag af-unspec aead "$aead" 0x$key 128 ${3:-} || return
	# shellcheck disable=SC2086
	in_ns b ip xfrm state add src "$remote" dst "$local" proto esp spi $((0x2000 + $2)) reqid 1 \
		mode tunnel replay-window 128 "${flags[@]}" flag af-unspec aead "$aead" 0x$key 128 ${3:-} || return
	for fam in 4 6; do
		net=(10.0.2.0/24 10.0.1.0/24)
		[ $fam = 6 ] && net=(fd02::/64 fd01::/64)
		in_ns b ip xfrm policy add dir out src "${net[0]}" dst "${net[1]}" \
			tmpl src "$local" dst "$remote" proto esp reqid 1 mode tunnel
		in_ns b ip xfrm policy add dir in src "${net[1]}" dst "${net[0]}" \
			tmpl src "$remote" dst "$local" proto esp reqid 1 mode tunnel
	done
	ip -n b addr replace 10.0.2.1/32 dev lo
	ip -n b addr replace fd02::1/128 dev lo nodad
	ip -n b route replace 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1
	ip -n b route replace fd01::/64 via 2001:db8::1 src fd02::1
}

# pings NS ADDRESS [COUNT]: every one is answered.
pings() {
	in_ns "$1" ping -q -c "${3:-5}" -i 0.05 -W 2 "$2" | tee "$tmp/ping" | grep -q ' 0% packet loss'
}

# tcp CLIENT SERVER ADDRESS [MIB]: iperf3 sends so much, or 1 MiB; prints how many bytes had arrived
# by then: all but what small socket buffers hold. How long it takes is the machine's business.
tcp() {
	in_ns "$2" iperf3 -s -1 -D >/dev/null 2>&1
	wait_for 30 sh -c "ip netns exec $2 ss -ltn | grep -q :5201"
	in_ns "$1" timeout 100 iperf3 -c "$3" -n "${4:-1}M" -w 64K -J >"$tmp/iperf" 2>&1
	jq -e '.end.sum_received.bytes // 0' "$tmp/iperf" 2>/dev/null || echo 0
}
