#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ike-scan (on east) looks at keyway (west): what a stranger gets from IKEv1, and what he does not.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

# ike-scan's words: cipher/key bits, hash, authentication (1 = pre-shared key, 3 = RSA), group
FITS=7/128,4,1,14
NETS=(local-net=10.1.0.0/24 remote-net=10.2.0.0/24)
SECRET=swordfish

v1_conf() { kw_conf west psk:$SECRET version=ike1 ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 "${NETS[@]}" "$@"; }

# scan ARG...: one try; what it says stays in $RUN/scan
scan() { in_ns east timeout 60 ike-scan --retry=1 --timeout=3000 --sport=0 "$@" "$WEST" >"$RUN/scan" 2>&1; }
said() { grep -qE -- "$1" "$RUN/scan" || { cat "$RUN/scan"; return 1; }; }
# gets HANDSHAKES NOTIFIES ARG...
gets() {
	local want="$1 returned handshake; $2 returned notify"
	shift 2
	scan "$@"
	said "$want"
}

# octets FILTER: of all UDP payloads on the wire so far that match
octets() { tcpdump -qnr "$RUN/wire.pcap" "$@" 2>/dev/null | sed -n 's/.*UDP, length //p' | awk '{ n += $1 } END { print n + 0 }'; }
# no_amplification: of what a stranger can cause, answers are no longer than questions
no_amplification() {
	local in out
	sleep 0.3
	in=$(octets "udp and src host $EAST") out=$(octets "udp and src host $WEST")
	echo "asked with $in octets, answered with $out"
	[ "$in" -gt 0 ] && [ "$out" -gt 0 ] && [ "$out" -le "$in" ]
}

half_open() { kw west stats --json | jq -r '.. | .half_open? // empty' | head -n 1; }
none_half_open() { [ "$(half_open)" = 0 ]; }

# crack WORD...: what psk-crack finds with these words in the hash that was got from aggressive mode
crack() {
	printf '%s\n' "$@" >"$RUN/words"
	psk-crack -d "$RUN/words" "$RUN/hash"
}

topology
start_keyway west < <(v1_conf)
ok "main mode: a handshake" gets 1 0 --trans=$FITS
ok "it names what was agreed" eval 'said "Enc=AES.*Hash=SHA2-256" && said "Group=14|modp2048" && said "Auth=PSK" && said "KeyLength=128"'
ok "vendors: nothing but what was asked for" eval '! grep -q VID= "$RUN/scan"'
ok "another policy: a notify, no handshake" gets 0 1 --trans=5,2,1,2
ok "which is NO-PROPOSAL-CHOSEN" said 'NO-PROPOSAL-CHOSEN'
ok "and our log says why" says_why west 'policy 10: offered encryption 3DES-CBC, configured' proposal
ok "answers come once, never by themselves again" eval 'scan --trans=$FITS --showbackoff=10; [ "$(grep -c "^$WEST.*[0-9]\.[0-9]*$" "$RUN/scan")" = 1 ] || { cat "$RUN/scan"; false; }'
ok "port 4500, with the non-ESP marker: a handshake" gets 1 0 --trans=$FITS --nat-t --dport=4500
ok "aggressive mode is off: no proof to take home" gets 0 1 --trans=$FITS --aggressive --dhgroup=14 --id=east.example.org
ok "authentication alone: a notify" gets 0 1 --trans=$FITS --exchange=3
ok "which is UNSUPPORTED-EXCHANGE-TYPE" said 'UNSUPPORTED-EXCHANGE-TYPE'
ok "answers are shorter than questions" no_amplification
ok "half-open ones are forgotten" until_true 60 none_half_open

v1_conf aggressive=with-psk ike=aes-cbc-128+hmac-sha1-96+modp-2048 | kw_change west
ok "aggressive mode with a pre-shared key: a handshake" gets 1 0 --trans=7/128,2,1,14 --aggressive \
	--dhgroup=14 --id=east.example.org --idtype=2 --pskcrack="$RUN/hash"
ok "with the proof in it" said 'Hash\('
ok "the warning was right: the secret can be guessed offline" eval 'crack tuna herring $SECRET cod | grep -q "key \"$SECRET\" matches"'
ok "and is not guessed when it is not in the list" eval 'crack tuna herring cod | grep -qi "no match"'
ok "another identity gets a notify" gets 0 1 --trans=7/128,2,1,14 --aggressive --dhgroup=14 \
	--id=mallory.example.org --idtype=2

kw_conf west rsa version=ike1 aggressive=yes ike=aes-cbc-128+hmac-sha2-256-128+modp-2048 "${NETS[@]}" | kw_change west
ok "aggressive mode with certificates: a handshake" gets 1 0 --trans=7/128,4,3,14 --aggressive \
	--dhgroup=14 --id=east.example.org --idtype=2
ok "without anything to guess" eval 'said Sig && ! grep -q "Hash(" "$RUN/scan"'

v1_conf version=ike2 ike= | kw_change west
ok "nobody asks for IKEv1: silence" gets 0 0 --trans=$FITS
ok "in aggressive mode too" gets 0 0 --trans=$FITS --aggressive --dhgroup=14 --id=east.example.org
