#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# West's tunnel and the net behind it are in a VRF of their own: the device, its routes and what guards the
# peer's nets are there and nowhere else, and go with the connection.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

in_vrf() { ip -n west link show kw-net | grep -q "master red"; }

routed_in() { ip -n west route show table "$1" dev kw-net | grep -q "^10.2.0.0/24"; }

guarded_in() { ip -n west route show table "$1" proto 107 type unreachable | grep -q "10.2.0.0/24"; }

topology
modprobe vrf
ip -n west link add red type vrf table 200
ip -n west link set red up
ip -n west link set lan master red
# An address of IPv6 goes when its interface changes hands.
ip -n west addr replace fd01::1/64 dev lan nodad
start_keyway east < <(kw_conf east psk)

start_keyway west < <(kw_conf west psk start=up vrf=green)
ok "a VRF that is not there is named" until_true 20 says_why west "VRF green|no VRF"
kw_change west < <(kw_conf west psk start=up vrf=red)
ok "the tunnel comes up in the VRF" until_true 40 kw_is west up
ok "its device is in the VRF" in_vrf
ok "hosts reach each other" until_true 10 both_ways
ok "with IPv6 as well" until_true 10 both_ways6
ok "routes are in the VRF" eval 'routed_in 200 && ! routed_in main'
ok "guards are in the VRF" eval 'guarded_in 200 && ! guarded_in main'
ok "only ESP crossed" only_protected

ip -n west link set kw-net down
ok "the device down: the VRF knows no other way" eval '
	in_ns west ip route get 10.2.0.2 vrf red 2>&1 | grep -q "No route to host"'
ip -n west link set kw-net up
ok "the device up: packets flow again" until_true 10 both_ways

kw_change west < <(kw_conf west psk start=up)
ok "without the VRF the connection comes up again" until_true 40 kw_is west up
ok "the device has left it" eval '! in_vrf'
ok "routes and guards are in the main table" eval '
	until_true 10 routed_in main && guarded_in main && ! routed_in 200 && ! guarded_in 200'

kw_change west < <(kw_conf west psk start=up vrf=red)
ok "and back" eval 'until_true 40 kw_is west up && until_true 10 both_ways'
kill -9 "${ROUTER_JOB[west]}"
ok "the daemon killed: guards stay" guarded_in 200
rm "$RUN/kw-west/net.conf"
launch_keyway west
ok "the next one, without the connection, takes them away" until_true 10 eval '! guarded_in 200'
