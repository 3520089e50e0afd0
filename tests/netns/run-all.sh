#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Run every test-* here against a module, on the running kernel, as root (in a virtual machine).
# usage: tests/netns/run-all.sh keyway.ko [test-NAME...]
# Without names all but those that only repeat, in another way or for longer, what others prove.
# Prints TAP and "N passed, N failed, 0 skipped"; exits with 1 if anything failed.
set -u

ko=$(readlink -f "${1:?usage: $0 keyway.ko [test...]}")
shift
cd "$(dirname "$0")" || exit 1
tests=("$@")
shopt -s extglob
[ ${#tests[@]} -gt 0 ] || tests=(test-!(beet|campaign|nat|policy|scapy|zerocopy).*)

work=$(mktemp -d)
export KEYWAY_SPEC=$work/spec.json KEYWAY_KO=$ko
python3 -c 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)' \
	<../../Documentation/netlink/specs/keyway.yaml >"$KEYWAY_SPEC" || exit 1

passed=0
failed=0

say() {
	if [ "$1" = 0 ]; then
		passed=$((passed + 1)); echo "ok - $2"
	else
		failed=$((failed + 1)); echo "not ok - $2"
	fi
}

# What the kernel may not say.
complaints() {
	dmesg | grep -E 'BUG:|WARNING:|Oops|general protection|refcount_t|unregister_netdevice: waiting|INFO: (task|rcu)|suspicious|lockdep|kmemleak|UBSAN|KASAN|Call Trace'
}

# Of a kernel that keeps account of its memory (make check-debug); it shall not look by itself.
account=/sys/kernel/debug/kmemleak
[ ! -w $account ] || echo scan=off >$account
dmesg -C
for t in "${tests[@]}"; do
	name=$(basename "$t")
	echo "# $name on $(uname -r)"
	insmod "$ko"
	say $? "$name: the module loads"
	start=$SECONDS
	"./$name" 2>&1 | tee "$work/out"
	status=${PIPESTATUS[0]}
	passed=$((passed + $(grep -c '^ok ' "$work/out")))
	bad=$(grep -c '^not ok ' "$work/out")
	failed=$((failed + bad))
	[ "$status" = 0 ] || [ "$bad" -gt 0 ] || say 1 "$name: exit status $status"
	grep -q '^1\.\.' "$work/out" || say 1 "$name: ran to its end"
	rmmod keyway
	say $? "$name: the module unloads"
	complaints >"$work/dmesg"
	[ ! -s "$work/dmesg" ]
	say $? "$name: the kernel has nothing to complain about ($((SECONDS - start)) s)"
	[ -s "$work/dmesg" ] && dmesg | tail -60 | sed 's/^/# /'
	dmesg -C
done
# Twice: an object counts only when it has not changed since the last time, and never in its first
# seconds.
if [ -w $account ]; then
	sleep 6
	echo scan >$account && echo scan >$account && cat $account >"$work/leaks"
	[ $? = 0 ] && [ ! -s "$work/leaks" ]
	say $? "nothing is lost after all of them ($SECONDS s)"
	head -200 "$work/leaks" | sed 's/^/# /'
fi
rm -rf "$work"
echo "$passed passed, $failed failed, 0 skipped"
[ $failed = 0 ]
