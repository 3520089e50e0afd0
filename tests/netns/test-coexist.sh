#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway and XFRM on the same two hosts at the same time, whichever was loaded first: an ESP tunnel
# of each between the same addresses, XFRM's AH between another pair, and XFRM's ESP with the very SPIs
# that keyway uses between a third. Each goes on when the other goes.
#
#   a: 10.0.1.1 -- kw0 == ESP == kw0 -- b: 10.0.2.1             192.0.2.1  - 192.0.2.2
#   a: 10.9.1.1 ------ XFRM, ESP tunnel - b: 10.9.2.1           the same
#   a: 192.0.2.11 ---- XFRM, AH --------- b: 192.0.2.12
#   a: 192.0.2.21 ---- XFRM, ESP -------- b: 192.0.2.22         SPIs as keyway's
#   a: 2001:db8::21 -- XFRM, ESP -------- b: 2001:db8::22       SPIs as keyway's
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

xfrm_modules="esp4 esp6 ah4 ah6"

# Taken out and put in again in that order; what a dying namespace still uses is waited for.
# shellcheck disable=SC2086 # a list of words
load() {
	local m
	wait_for 30 rmmod $xfrm_modules
	rmmod keyway
	for m; do
		if [ "$m" = keyway ]; then insmod "$KEYWAY_KO"; else modprobe -a $m; fi || return
	done
}

# xfrm_way PROTO MODE SPI SRC DST [SELECTOR-SRC SELECTOR-DST]: one direction, in both namespaces
xfrm_way() {
	local proto=$1 mode=$2 spi=$3 src=$4 dst=$5 from=${6:-$4} to=${7:-$5} ns how
	how=(aead "rfc4106(gcm(aes))" "0x$key" 128)
	[ "$proto" = ah ] && how=(auth-trunc "hmac(sha256)" "0x${key:0:32}${key:0:32}" 128)
	for ns in a b; do
		in_ns $ns ip xfrm state add src "$src" dst "$dst" proto "$proto" spi "$spi" reqid "$spi" \
			mode "$mode" replay-window 32 "${how[@]}" || return
	done
	in_ns "$8" ip xfrm policy add dir out src "$from" dst "$to" \
		tmpl src "$src" dst "$dst" proto "$proto" reqid "$spi" mode "$mode" || return
	ns=a
	[ "$8" = a ] && ns=b
	in_ns $ns ip xfrm policy add dir in src "$from" dst "$to" \
		tmpl src "$src" dst "$dst" proto "$proto" reqid "$spi" mode "$mode"
}

xfrm_all() {
	xfrm_way esp tunnel 0x9001 192.0.2.2 192.0.2.1 10.9.2.1 10.9.1.1 b &&
	xfrm_way esp tunnel 0x9002 192.0.2.1 192.0.2.2 10.9.1.1 10.9.2.1 a &&
	xfrm_way ah transport 0x9003 192.0.2.12 192.0.2.11 '' '' b &&
	xfrm_way ah transport 0x9004 192.0.2.11 192.0.2.12 '' '' a &&
	xfrm_way esp transport 0x1001 192.0.2.22 192.0.2.21 '' '' b &&
	xfrm_way esp transport 0x2001 192.0.2.21 192.0.2.22 '' '' a &&
	xfrm_way esp transport 0x1001 2001:db8::22 2001:db8::21 '' '' b &&
	xfrm_way esp transport 0x2001 2001:db8::21 2001:db8::22 '' '' a
}

hosts() {
	local ns me peer
	topology
	for ns in a b; do
		me=1 peer=2
		[ $ns = b ] && { me=2; peer=1; }
		ip -n $ns -batch - <<-B
			addr add 192.0.2.1$me/24 dev v$ns
			addr add 192.0.2.2$me/24 dev v$ns
			addr add 2001:db8::2$me/64 dev v$ns nodad
			addr add 10.9.$me.1/32 dev lo
			route add 10.9.$peer.1 via 192.0.2.$peer src 10.9.$me.1
		B
		kw_device $ns
		child $ns 4 1 >/dev/null
	done
	xfrm_all
}

# packets NS SPI DST: what XFRM has counted for this SA
packets() { in_ns "$1" ip -s xfrm state get dst "$3" proto "${4:-esp}" spi "$2" | grep -oP '\d+(?=\(packets\))' | head -1; }

# together NAME [KEYWAY-ONLY|XFRM-ONLY]: traffic of all at once, none of it lost
together() {
	local to src pids=() bad=0 p list="10.0.2.1 fd02::1 10.9.2.1 192.0.2.12 192.0.2.22 2001:db8::22"
	case ${2-} in
	keyway) list="10.0.2.1 fd02::1" ;;
	xfrm) list="10.9.2.1 192.0.2.12 192.0.2.22 2001:db8::22" ;;
	esac
	for to in $list; do
		src=()
		case $to in
		192.0.2.?2) src=(-I "${to%2}1") ;;
		2001*) src=(-I 2001:db8::21) ;;
		esac
		in_ns a ping -q -c 10 -i 0.1 -W 5 "${src[@]}" "$to" >"$tmp/to.$to" 2>&1 &
		pids+=($!)
	done
	for p in "${pids[@]}"; do wait "$p" || bad=1; done
	cat "$tmp"/to.*[0-9] >"$tmp/all"
	for to in $list; do
		grep -q ' 0% packet loss' "$tmp/to.$to" || { bad=1; echo "lost on the way to $to"; }
	done >"$tmp/out"
	cat "$tmp/all" >>"$tmp/out"
	if [ $bad = 0 ]; then pass "$1"; else fail "$1"; fi
	rm -f "$tmp"/to.*[0-9]
}

no_drops() { is "$1: keyway dropped nothing for want of an SA" "$(stat a in-no-sa)$(stat b in-no-sa)" 00; }

round() {
	together "$1: all at once"
	is "$1: XFRM's tunnel carried its packets" "$(packets b 0x9002 192.0.2.2)" 10
	is "$1: AH carried its packets" "$(packets b 0x9004 192.0.2.12 ah)" 10
	is "$1: the SPI that keyway has too, at another address, is XFRM's" "$(packets b 0x2001 192.0.2.22)" 10
	is "$1: and over IPv6" "$(packets b 0x2001 2001:db8::22)" 10
	no_drops "$1"
}

down() {
	kwctl_stop a
	kwctl_stop b
	ip netns del a
	ip netns del b
}

check "XFRM first, then keyway" load "$xfrm_modules" keyway
hosts
round "XFRM first"
tcp a b 10.9.2.1 8 >"$tmp/xfrm" &
other=$!
at_least "TCP through keyway while XFRM is busy" "$(in_ns b iperf3 -s -1 -D -p 5202 >/dev/null 2>&1
	wait_for 30 sh -c 'ip netns exec b ss -ltn | grep -q :5202'
	in_ns a timeout 100 iperf3 -c 10.0.2.1 -p 5202 -n 1M -w 64K -J | jq .end.sum_received.bytes)" 700000
wait $other
at_least "and through XFRM while keyway is" "$(cat "$tmp/xfrm")" 8000000

kwctl_stop a
kwctl_stop b
check "keyway goes" rmmod keyway
together "XFRM goes on without keyway" xfrm
check "keyway comes back" insmod "$KEYWAY_KO"
for ns in a b; do
	kwctl_start $ns
	kw_device $ns
	child $ns 4 1 >/dev/null
done
together "and carries packets beside it" ""
for ns in a b; do
	in_ns $ns ip xfrm state flush
	in_ns $ns ip xfrm policy flush
done
# shellcheck disable=SC2086 # a list of words
check "XFRM's protocols go" wait_for 30 rmmod $xfrm_modules
together "keyway goes on without them" keyway
down

check "keyway first, then XFRM" load keyway "$xfrm_modules"
hosts
round "keyway first"
down
finish
