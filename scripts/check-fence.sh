#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: check-fence.sh
# IKEv1 stands behind a fence: a copy of the tree without userspace/ikev1 and without its line in
# userspace/daemon/versions.h builds a daemon that still passes IKEv2's tests. Does exactly that.
set -eu
top=$(cd "$(dirname "$0")/.." && pwd)
copy=$top/build/fence
tests="test_init test_auth"
rm -rf "$copy/tree"
mkdir -p "$copy/tree"
cd "$top"
{ git ls-files --cached --others --exclude-standard -- userspace uapi 'tests/*.h' \
	tests/exchange tests/unit; } |
	sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done |
	tar -cf - -T - | tar -xf - -C "$copy/tree"
cd "$copy/tree"
rm -r userspace/ikev1
rm -f tests/exchange/test_v1_*
[ "$(grep -c ikev1 userspace/daemon/versions.h)" = 1 ]
sed -i /ikev1/d userspace/daemon/versions.h
if grep -rn 'ikev1/' userspace --include='*.[ch]'; then
	echo "somebody outside of userspace/ikev1 includes it"
	exit 1
fi
ln -s "$top/tests/vectors" tests/vectors
make -s -C userspace O="$copy/build" CFLAGS=-O0 -j2 all >"$copy/log" 2>&1 || { cat "$copy/log"; exit 1; }
for t in $tests; do
	make -s -f userspace/Makefile O="$copy/build" CFLAGS=-O0 -j2 "$copy/build/tests/exchange/$t" \
		>"$copy/log" 2>&1 || { cat "$copy/log"; exit 1; }
	"$copy/build/tests/exchange/$t" >"$copy/log" 2>&1 || { cat "$copy/log"; exit 1; }
done
