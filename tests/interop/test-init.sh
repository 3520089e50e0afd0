#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The README's way: two routers that never met are connected by pasting one line each way.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

topology
for router in west east; do
	rm -rf "$RUN/kw-$router"
	mkdir "$RUN/kw-$router"
	launch_keyway $router
	ok "$router: the daemon runs without a configuration" kw $router status
done
line_west=$(kw west init --net 10.1.0.0/24)
line_east=$(kw east init --host $EAST --net 10.2.0.0/24)
note "$line_west"
note "$line_east"
ok "init prints one line, with this host's name, address, key and net" eval '
	[[ $line_west == "keyway add west --remote $WEST --remote-key ed25519:"*" --remote-net 10.1.0.0/24" ]]'
ok "init again prints the same" eval '
	[ -n "$line_west" ] && [ "$(kw west init --net 10.1.0.0/24)" = "$line_west" ]'
# shellcheck disable=SC2086 # pasted: the line is words
ok "pasted on the peer" kw east ${line_west#keyway } --local-net 10.2.0.0/24
# shellcheck disable=SC2086
ok "and the other way" kw west ${line_east#keyway } --local-net 10.1.0.0/24
ok "the tunnel comes up" until_true 40 eval 'kw west | grep -E "^east +up" && kw east | grep -E "^west +up"'
ok "ping both ways" both_ways
ok "only ESP crossed" only_protected
ok "an unknown key is refused with the nearest spelling" eval '
	kw west add other --remote 192.0.2.9 --psk x --remote-nett 10.9.0.0/24 --local-net 10.1.0.0/24 2>&1 |
		grep "did you mean.*remote-net" && [ ! -e "$RUN/kw-west/other.conf" ]'
