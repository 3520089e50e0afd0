#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A router that runs keywayd, and all that can happen to it: the text that hosts behind it and the router
# itself send to the other net, all the time, is never seen on the wire.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

# talk NS TO [FROM]: until the end, whatever is answered
talk() {
	ip netns exec "$1" ping -q -i 0.2 -p "$CANARY_HEX" ${3:+-I "$3"} "$2" >/dev/null 2>&1 &
	talkers+=($!)
}
talkers=()

# closed NAME: nothing was seen so far, also of what is sent in the next moment
closed() {
	sleep 0.7
	ok "$1: nothing leaves in the clear" only_protected
}

# Also without a daemon.
n_policies() { in_ns west "$TOP/build/keyway" --json policy list | jq '.policies | length'; }

policies_are() { [ "$(n_policies)" = "$1" ]; }

topology
start_keyway east < <(kw_conf east psk)
# As at boot: the daemon before the network.
ip -n west link set wan down
talk whost 10.2.0.2
talk whost fd02::2
start_keyway west < <(kw_conf west psk start=up)
talk west 10.2.0.2 10.1.0.1
talk west fd02::2 fd01::1
sleep 1
ip -n west -batch - <<-B
	link set wan up
	route add default via $EAST
	addr replace $WEST6/64 dev wan nodad
	route add default via $EAST6
B
ok "the daemon starts before the network, and comes up with it" until_true 40 kw_is west up
ok "packets flow" eval 'both_ways && both_ways6'
closed "until then"

ip -n west link set kw-net down
closed "the device down"
ok "the router knows no other way" eval 'in_ns west ip route get 10.2.0.2 2>&1 | grep -q "No route to host"'
ip -n west link set kw-net up
ok "the device up: its routes are there again" until_true 10 both_ways
ok "IPv6 as well" until_true 10 both_ways6

kw_change west < <(kw_conf west psk start=up esp=aes-gcm-16-128)
ok "another configuration comes up" until_true 20 kw_is west up
closed "the connection changed"

kill -9 "${ROUTER_JOB[west]}"
ip -n west link del kw-net
closed "the daemon killed, the device deleted"
launch_keyway west
ok "a new daemon connects again" until_true 40 kw_is west up
closed "until then"

# Whoever looks at the counters does so in a namespace of the module that is gone.
rmmod keyway
closed "the module unloaded"
insmod "$KEYWAY_KO"
# Both daemons begin anew in the same second here: what one has sent the other may have forgotten.
sleep 5
ok "loaded again, the connection comes up" eval 'kw west down net && kw_up west && until_true 20 both_ways'
closed "until then"

# Between the two routers, without a device. What went to the net behind is no longer protected.
kill "${talkers[@]}"
hosts=("mode=transport" local-net= remote-net=)
kw_change east < <(kw_conf east psk "${hosts[@]}")
kw_change west < <(kw_conf west psk start=up "local=$WEST" "${hosts[@]}")
capture_restart
talk west "$EAST"
ok "transport mode comes up" eval 'until_true 20 kw_is west up && until_true 10 pings west $EAST'
ok "what guarded the net before is gone" eval '! ip -n west route show proto 107 | grep .'
before=$(n_policies)
kill -9 "${ROUTER_JOB[west]}"
ok "the policies of a killed daemon stay" policies_are "$before"
launch_keyway west
ok "the next one connects again" eval 'until_true 40 kw_is west up && until_true 10 pings west $EAST'
ok "and takes them away" policies_are "$before"
closed "all the while"
