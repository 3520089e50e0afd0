#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ESP in UDP on the daemon's own socket: IKE still reaches it, keepalives do not, and a peer that
# moves is reported after it authenticated.
#
#   a: 10.0.1.1 -- kw0 == UDP 4500 == kw0 -- b: 10.0.2.1, behind a NAT that may change its port
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"

# raw NS PORT HEX: a datagram to b's port 4500.
raw() {
	in_ns a python3 -c "
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(('192.0.2.1', $1))
s.sendto(bytes.fromhex('$2'), ('192.0.2.2', 4500))"
}

topology
kw_device a
kw_device b
bg in_ns b "$here/kwctl.py" --socket 192.0.2.2 4500 >"$tmp/b.socket"
bg in_ns b "$here/kwctl.py" --events 1000 >"$tmp/events"
bg in_ns a "$here/kwctl.py" --socket 192.0.2.1 4500 >"$tmp/a.socket"
wait_for 30 grep -q adopted "$tmp/b.socket"
wait_for 30 grep -q adopted "$tmp/a.socket"
child a 4 1 '"udp-local": 4500, "udp-remote": 4500' >/dev/null
child b 4 1 '"udp-local": 4500, "udp-remote": 4500' >/dev/null
check "pings pass" pings a 10.0.2.1
is "none of it reached the daemon" "$(wc -l <"$tmp/b.socket")" 1
raw 4600 00000000deadbeef
check "a zero SPI is the daemon's, marker included" wait_for 10 grep -qx 00000000deadbeef "$tmp/b.socket"
raw 4600 ff
raw 4600 00000000cafe00
check "what is too short for ESP is the daemon's" wait_for 10 grep -qx 00000000cafe00 "$tmp/b.socket"
check_not "a keepalive is eaten" grep -qx ff "$tmp/b.socket"
raw 4600 1234567800000001aabbccdd
check "an unknown SPI is dropped and counted" wait_for 10 test "$(stat b in-no-sa)" = 1
is "and no mapping is believed from it" "$(grep -c mapping "$tmp/events")" 0

# The NAT gives a another port.
kwctl a sa-update '{"sa": {"dir": "out", "spi": 8193, "policy-id": 1, "udp-local": 4700, "udp-remote": 4500}}'
in_ns a ping -c 2 -i 0.1 -W 1 10.0.2.1 >/dev/null
check "a moved: b is told" wait_for 10 grep -q \
	'mapping.*"spi": 8193.*"remote": "192.0.2.1", "udp-remote": 4700.*"old-udp-remote": 4500' "$tmp/events"
is "once" "$(grep -c mapping "$tmp/events")" 1
kwctl b sa-update '{"sa": {"dir": "in", "spi": 8193, "udp-remote": 4700}}'
in_ns a ping -c 2 -i 0.1 -W 1 10.0.2.1 >/dev/null
is "after sa-update it is no news" "$(grep -c mapping "$tmp/events")" 1
finish
