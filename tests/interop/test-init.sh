#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The README's five commands: two routers that never met, connected by pasting one line each way.
. "$(dirname "$0")/lib.sh"
. "$INTEROP/keyway.sh"

topology
for router in west east; do
	mkdir -p "$RUN/kw-$router"
	rm -f "$RUN/kw-$router"/*
	launch_keyway $router
done
line_west=$(kw west init -c "$RUN/kw-west" | grep -o 'ed25519:.*' | tail -n 1)
line_east=$(kw east init -c "$RUN/kw-east" | grep -o 'ed25519:.*' | tail -n 1)
note "west: $line_west"
note "east: $line_east"
