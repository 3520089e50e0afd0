#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What files can say of the policies themselves: rules without a peer, a child for each host, SAs by DSCP, and a
# router between VRFs; the children also with strongSwan as the peer.
#
# 10.77.1.1 is at east too, beside the tunnel: what goes there is in the clear, unless a rule says otherwise.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# rule NAME: the lines on standard input, for west; none take it away
rule() {
	local file=$RUN/kw-west/$1.conf
	cat >"$file.new"
	if [ -s "$file.new" ]; then mv "$file.new" "$file"; else rm -f "$file" "$file.new"; fi
	kw west reload >/dev/null
}
# The first of them may be lost to address resolution.
beside() { in_ns whost ping -c 3 -i 0.2 -W 1 10.77.1.1 >"$RUN/beside" 2>&1; }
left_west() { saw 'icmp and dst 10.77.1.1'; }
state_of() { kw west status --json | jq -r ".connections[] | select(.name == \"$1\") | .state"; }

topology
ip -n east addr add 10.77.1.1/32 dev lo
start_keyway east < <(kw_conf east psk)
start_keyway west < <(kw_conf west psk start=up)
ok "the tunnel comes up" until_true 40 kw_is west up
beside
ok "what no rule names goes beside it" left_west

rule mail <<-C
	action = discard
	local-net = 10.1.0.0/24
	remote-net = 10.77.0.0/16[icmp]
C
capture_restart
beside
ok "a rule discards: nothing leaves" eval '! left_west'
ok "its sender is told" grep -q filtered "$RUN/beside"
ok "it is counted" eval '
	[ "$(kw west status --json | jq ".connections[] | select(.name == \"mail\") | .totals.out_drops")" -ge 3 ]'
ok "and shown" eval '[ "$(state_of mail)" = up ] && kw west status | grep -q "mail *discard"'
ok "the tunnel is none of its business" both_ways
rule friend <<-C
	action = bypass
	local-net = 10.1.0.2
	remote-net = 10.77.1.1
C
beside
ok "a rule that bypasses stands before" left_west
rule friend </dev/null
capture_restart
beside
ok "taken away, it is gone" eval '! left_west'
kill -9 "${ROUTER_JOB[west]}"
beside
ok "the daemon killed: the rule is in force" eval '! left_west'
launch_keyway west
ok "a new daemon comes up" until_true 40 kw_is west up
beside
ok "and has it from its file" eval '! left_west'
ok "once: what the killed one left is gone" eval '
	[ "$(kw west --json policy list | jq "[.policies[] | select(.action == \"discard\")] | length")" = 1 ]'
rule mail </dev/null
beside
ok "without the file there is no rule" left_west

# Between the routers themselves: all but ICMP.
hosts=(mode=transport local-net= remote-net=)
kw_change east < <(kw_conf east psk "${hosts[@]}")
kw_change west < <(kw_conf west psk start=up "${hosts[@]}")
ok "transport mode comes up" until_true 40 kw_is west up
capture_restart
ok "the routers reach each other" pings west "$EAST"
ok "in ESP" only_protected
printf 'action = bypass\nremote-net = [icmp], [icmpv6]\n' >"$RUN/kw-east/ping.conf"
kw east reload >/dev/null
rule ping <<-C
	action = bypass
	remote-net = [icmp], [icmpv6]
C
capture_restart
ok "with a rule on both sides, too" pings west "$EAST"
ok "in the clear" saw "icmp and dst $EAST"
rule ping </dev/null
rm "$RUN/kw-east/ping.conf"

# A child for each host.
kw_change east < <(kw_conf east psk)
kw_change west < <(kw_conf west psk start=trap pfp=remote)
ip -n ehost addr add 10.2.0.3/24 dev lan
n_children() { kw_field "$1" '[.ike[].children[]] | length'; }
ok "a packet brings a child" reachable
ok "for the host it goes to" eval '[ "$(kw_field west ".ike[].children[].remote_ts")" = 10.2.0.2/32 ]'
ok "one for another brings another" until_true 20 in_ns whost ping -c 1 -W 1 10.2.0.3
ok "on both sides" eval '[ "$(n_children west)" = 2 ] && [ "$(n_children east)" = 2 ]'
ok "new keys for both, and both carry packets" eval '
	kw west rekey net && sleep 2 && pings whost 10.2.0.2 && pings whost 10.2.0.3 && [ "$(n_children east)" = 2 ]'

# SAs by DSCP.
kw_change east < <(kw_conf east psk dscp-classes=ef)
kw_change west < <(kw_conf west psk start=up dscp-classes=ef)
ok "two children for two classes" until_true 40 eval '[ "$(n_children west)" = 2 ] && [ "$(n_children east)" = 2 ]'
capture_restart
ok "packets of either class pass" eval 'both_ways && in_ns whost ping -c 3 -i 0.2 -W 2 -Q 0xb8 10.2.0.2'
# spis FILTER: of ESP from west
spis() {
	sleep 0.3
	tcpdump -nr "$RUN/wire.pcap" "esp and src $WEST and $1" 2>/dev/null | grep -o 'spi=0x[0-9a-f]*' | sort -u
}
ok "each by an SA of its own" eval '
	[ "$(spis "ip[1] & 0xfc = 0xb8" | wc -l)" = 1 ] && [ "$(spis "ip[1] & 0xfc = 0" | wc -l)" = 1 ] &&
		[ "$(spis "ip[1] & 0xfc = 0xb8")" != "$(spis "ip[1] & 0xfc = 0")" ]'
ok "only ESP and IKE crossed" only_protected

# The peer is reached in a VRF, the hosts are not in it.
stop_router west
modprobe vrf
ip -n west -batch - <<-B
	link add red type vrf table 200
	link set red up
	link set wan master red
	route add table 200 default via $EAST
B
start_keyway west 'link = red' < <(kw_conf west psk start=up)
kw_change east < <(kw_conf east psk)
capture_restart
ok "in a VRF it comes up" until_true 40 kw_is west up
ok "and carries packets between hosts that are not in it" both_ways
ok "only ESP and IKE crossed the VRF" only_protected

# The hosts are in another VRF, and so is the tunnel's device.
ip -n west -batch - <<-B
	link add blue type vrf table 300
	link set blue up
	link set lan master blue
B
kw_change west < <(kw_conf west psk start=up vrf=blue)
ok "the device is in the hosts' VRF" until_true 40 eval '
	kw_is west up && ip -n west link show master blue | grep -q kw-net'
ok "with its routes and their guards" eval '
	ip -n west route show table 300 | grep -q "^10.2.0.0/24 dev kw-net" &&
		ip -n west route show table 300 | grep -q "^unreachable 10.2.0.0/24" &&
		! ip -n west route show | grep -q 10.2.0.0/24'
ok "packets pass from VRF to VRF" both_ways
ip -n west link set kw-net down
ok "the device down: nothing leaves" eval 'fails west_to_east && only_protected'
ip -n west link set kw-net up
ok "and up: its routes are there again" until_true 10 west_to_east

# strongSwan, which knows of none of this, as the peer.
topology
ip -n ehost addr add 10.2.0.3/24 dev lan
start_strongswan east < <(swan_conf east psk)
start_keyway west < <(kw_conf west psk start=trap pfp=remote)
ok "strongSwan: a packet brings a child" reachable
ok "and one for another host another" until_true 20 in_ns whost ping -c 1 -W 1 10.2.0.3
ok "each for its host" eval '
	[ "$(kw_field west ".ike[].children[].remote_ts" | sort | tr "\n" " ")" = "10.2.0.2/32 10.2.0.3/32 " ]'
kw_change west < <(kw_conf west psk start=up dscp-classes=ef)
ok "strongSwan: two children for two classes" until_true 40 eval '[ "$(n_children west)" = 2 ]'
sleep 3
ok "which it lets stand" eval '[ "$(n_children west)" = 2 ] && kw_is west up'
ok "packets of either pass" eval 'both_ways && in_ns whost ping -c 3 -i 0.2 -W 2 -Q 0xb8 10.2.0.2'
ok "only ESP and IKE crossed" only_protected
