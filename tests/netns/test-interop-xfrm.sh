#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# TCP between keyway in namespace a and the kernel's own IPsec in namespace b, both ways and with
# both inner families in one tunnel: ESP, then ESP in UDP. test-matrix-xfrm.py has every algorithm.
#
#   a: 10.0.1.1 fd01::1 -- keyway kw0 == ESP == XFRM -- b: 10.0.2.1 fd02::1 on lo
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

topology
kw_device a
modprobe esp4 && modprobe esp6
n=1
esn=esn
cipher gcm128
child a 4 $n >/dev/null
xfrm_side 4 $n
at_least "TCP to XFRM" "$(tcp a b 10.0.2.1)" 700000
at_least "TCP from XFRM" "$(tcp b a 10.0.1.1)" 700000
at_least "TCP over IPv6 inside to XFRM" "$(tcp a b fd02::1)" 700000
kwctl a policy-flush
is "nothing failed to authenticate" "$(stat a in-icv)" 0

cipher gcm256
for fam in 4 6; do
	n=$((n + 1))
	read -r local remote <<<"$(outer a $fam)"
	bg in_ns a "$here/kwctl.py" --socket "$local" 4500 >"$tmp/socket$fam"
	bg in_ns b python3 -c "
import socket, time
s = socket.socket(socket.AF_INET${fam/4/}, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_UDP, 100, 2)
s.bind(('$remote', 4500))
time.sleep(1000)"
	wait_for 20 grep -q adopted "$tmp/socket$fam"
	wait_for 20 sh -c "ip netns exec b ss -lun | grep -q :4500"
	child a $fam $n '"udp-local": 4500, "udp-remote": 4500' >/dev/null
	xfrm_side $fam $n "encap espinudp 4500 4500 0.0.0.0"
	check "ESP in UDP over IPv$fam: 10.0.2.1 answers" pings a 10.0.2.1
	check "ESP in UDP over IPv$fam: fd01::1 answers" pings b fd01::1
	at_least "ESP in UDP over IPv$fam: TCP to XFRM" "$(tcp a b 10.0.2.1)" 700000
	at_least "ESP in UDP over IPv$fam: TCP from XFRM" "$(tcp b a 10.0.1.1)" 700000
	kwctl a policy-flush
done
finish
