#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway (west) and strongSwan (east) over a net that loses, doubles and reorders, and a storm of
# rekeyings under traffic. KEYWAY_CONNECTS and KEYWAY_REKEYS say how many of each.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

connects=${KEYWAY_CONNECTS:-6} rekeys=${KEYWAY_REKEYS:-20}

swan_has() { swan east --list-sas | grep -q "net: #.*$1"; }
is_down() { kw_is west down && ! swan_has ESTABLISHED; }

# connect BY ROUND: up within a minute, in the eyes of both
connect() {
	local start=$SECONDS
	case $1 in
	keyway) kw west up net ;;
	strongSwan) swan east --initiate --child net --timeout 60 >"$RUN/initiate" 2>&1 & ;;
	esac
	until_true 60 eval 'kw_is west up && swan_has ESTABLISHED' || { swan east --list-sas; return 1; }
	echo "$1 $2 $((SECONDS - start))" >>"$RUN/connected"
}

# Cleanly again, whoever still believes in what.
disconnect() {
	kw_rest west || kw_rest west
	swan east --terminate --ike net --force >/dev/null 2>&1
	until_true 30 is_down
}

connect_all() {
	local i by
	for ((i = 1; i <= connects; i++)); do
		by=keyway
		[ $((i % 2)) = 1 ] || by=strongSwan
		connect $by $i || { echo "round $i, begun by $by"; return 1; }
		repair
		disconnect || { echo "round $i is not down"; return 1; }
		bad_net || return
	done
}
bad_net() { impair delay 300ms 100ms loss 30% duplicate 10% reorder 25%; }

children() { log_of east | grep -c "CHILD_SA net.*established"; }
ike_sas() { log_of east | grep -c "IKE_SA net\[[0-9]*\] rekeyed between"; }

more_than() { [ "$("$1")" -gt "$2" ]; }

# by_turns TURNS --child|--ike: each one is seen by strongSwan before the next
by_turns() {
	local i before counter=children ike=()
	[ "$2" = --child ] || counter=ike_sas ike=(--ike)
	for ((i = 1; i <= $1; i++)); do
		before=$($counter)
		if [ $((i % 2)) = 1 ]; then
			kw west rekey net "${ike[@]}"
		else
			swan east --rekey "$2" net
		fi || { echo "rekeying $i was refused"; return 1; }
		until_true 20 more_than $counter "$before" || { echo "rekeying $i did not happen"; return 1; }
	done
}

at_once() {
	local i before
	for ((i = 1; i <= $1; i++)); do
		before=$(children)
		kw west rekey net &
		swan east --rekey --child net
		wait $!
		until_true 20 more_than children "$before" || { echo "rekeying $i did not happen"; return 1; }
	done
}

topology
start_strongswan east 'retransmit_timeout = 1' 'retransmit_base = 1.3' 'retransmit_tries = 12' \
	< <(swan_conf east psk esp=aes128gcm16)
start_keyway west < <(kw_conf west psk esp=aes-gcm-16-128)
bad_net
ok "$connects of $connects connect within a minute: 30 % lost, 10 % twice, 25 % reordered, 300 ms +- 100" connect_all
repair
note "longest: $(sort -nk 3 "$RUN/connected" | tail -n 1)"
ok "up" kw_up west
ok "ping both ways" both_ways

stream_start 500
sleep 1
ok "$rekeys rekeyings of the Child SA, by turns" by_turns "$rekeys" --child
ok "$((rekeys / 10)) of the IKE SA" by_turns "$((rekeys / 10))" --ike
ok "$((rekeys / 10)) of the Child SA by both at once" at_once "$((rekeys / 10))"
sleep 2
ok "0 packets lost by any of them" stream_stop
note "$(tail -qn 1 "$RUN"/stream.west "$RUN"/stream.east | paste -sd';')"
ok "one IKE SA and one Child SA are left" until_true 20 kw_has_one_of_each west
ok "ping both ways" both_ways
ok "only ESP and IKE crossed" only_protected
