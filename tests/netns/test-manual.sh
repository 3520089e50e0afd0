#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# keyway policy, keyway sa: a tunnel keyed by hand, without a daemon; what the lists say; the kernel's
# sentences when it refuses.
# shellcheck source=lib.sh
. "$(dirname "$0")/lib.sh"
keyway=$here/../../build/keyway
[ -x "$keyway" ] || { echo "Bail out! $keyway is not built: make daemon"; exit 1; }

kw() {
	local ns=$1
	shift
	in_ns "$ns" "$keyway" "$@" 2>&1
}

# says NAME TEXT COMMAND...: it fails, and its words have the text.
says() {
	local name=$1 text=$2
	shift 2
	if "$@" >"$tmp/out" 2>&1; then
		fail "$name: it succeeds"
	elif grep -qF "$text" "$tmp/out"; then
		pass "$name"
	else
		fail "$name"
	fi
}

json() { python3 -c "import json, sys; d = json.load(sys.stdin); print($1)"; }

topology
kw_device a
kw_device b
k_ab=0x000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20212223
k_ba=0x202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f40414243
echo $k_ba >"$tmp/key"

pa=$(kw a policy add dev kw0 local-net 10.0.1.0/24 remote-net 10.0.2.0/24 local 192.0.2.1 remote 192.0.2.2)
pb=$(kw b policy add dev kw0 local-net 10.0.2.0/24 remote-net 10.0.1.0/24 local 192.0.2.2 remote 192.0.2.1)
at_least "a policy's number is printed" "$pa" 1
check "a sends" kw a sa add out spi 0x2001 policy "$pa" encr aes-gcm-16-256 key $k_ab esn
check "a receives, the key in a file" kw a sa add in spi 0x1001 policy "$pa" encr aes-gcm-16-256 \
	key "@$tmp/key" esn window 64 hard-packets 1000
check "b sends" kw b sa add out spi 0x1001 policy "$pb" encr aes-gcm-16-256 key $k_ba esn
check "b receives" kw b sa add in spi 0x2001 policy "$pb" encr aes-gcm-16-256 key $k_ab esn
check "the tunnel works" pings a 10.0.2.1 5

check "sa list: in add's words" sh -c "ip netns exec a $keyway sa list |
	grep -q '^sa spi 0x00001001 proto esp in policy $pa mode tunnel esn local 192.0.2.1 remote 192.0.2.2 encr aes-gcm-16-256 window 64'"
is "sa list: a pinged 5 times" "$(kw a --json sa list policy "$pa" |
	json "[s['packets'] for s in d['sas'] if s['dir'] == 'out'][0]")" 5
is "sa list: no key in it" "$(kw a --json sa list | grep -c -e 0001020304 -e key)" 0
is "policy list: selectors, traffic, the SA that sends" "$(kw a --json policy list |
	json "' '.join([d['policies'][0][k] if k == 'out-spi' else str(d['policies'][0][k])
	      for k in ('ts-local', 'ts-remote', 'tx-packets', 'out-spi')])")" \
	"['10.0.1.0/24'] ['10.0.2.0/24'] 5 0x00002001"

says "a reserved SPI" "SPIs below 256 are reserved" \
	kw a sa add in spi 5 policy "$pa" encr aes-gcm-16-256 key $k_ab
says "a key too short" "not as long as the algorithm" \
	kw a sa add in spi 0x1002 policy "$pa" encr aes-gcm-16-256 key 0011
says "no such policy" "There is no policy of this id" \
	kw a sa add in spi 0x1002 policy 4242 encr aes-gcm-16-256 key $k_ab
says "an SPI twice" "exists" kw a sa add in spi 0x1001 policy "$pa" encr aes-gcm-16-256 key $k_ab
says "an unknown word" "keyz: unknown word" kw a sa add in spi 0x1001 keyz 1
says "no keyway device" "No keyway device" \
	kw a policy add dev lo local-net 10.0.1.0/24 remote-net 10.0.2.0/24
is "a refusal in JSON" "$(kw a --json policy del 4242 | sed '/^keyway/d' | json "d['ok'], d['code']")" \
	"False refused"

check "sa del" kw b sa del in spi 0x2001
check_not "and nothing comes through" pings a 10.0.2.1 1
says "it is gone" "There is no such SA" kw b sa del in spi 0x2001
check "sa flush policy" kw a sa flush policy "$pa"
is "no SA is left" "$(kw a --json sa list | json "len(d['sas'])")" 0
check "policy del" kw a policy del "$pa"
check "policy flush" kw b policy flush dev kw0
is "no policy is left" "$(kw b --json policy | json "len(d['policies'])")" 0
finish
