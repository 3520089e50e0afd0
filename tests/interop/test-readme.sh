#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# README.md's "Connect to strongSwan" as it stands there: its two files, on keyway (west) and
# strongSwan (east), to the letter.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"
. "$INTEROP/strongswan.sh"

# block REGEX: the contents of README's code block that has such a line
block() {
	awk -v regex="$1" '
		/^```/ { if (open && found) { printf "%s", text; exit } open = !open; found = 0; text = ""; next }
		open { text = text $0 "\n"; if ($0 ~ regex) found = 1 }' "$TOP/README.md"
}

mkdir -p /etc/netns/west
block '^remote  *=' >"$RUN/readme.keyway"
block '^connections' >"$RUN/readme.swanctl"
ok "README has both files" test -s "$RUN/readme.keyway" -a -s "$RUN/readme.swanctl"

topology
echo "$EAST vpn.example.org" >/etc/netns/west/hosts
start_strongswan east <"$RUN/readme.swanctl"
start_keyway west <"$RUN/readme.keyway"
ok "keyway reads it without complaint" kw west check
ok "it comes up by itself" until_true 40 kw_is west up
ok "ping both ways" both_ways
ok "only ESP crossed" only_protected
