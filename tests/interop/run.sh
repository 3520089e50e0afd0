#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: run.sh [TEST...]
# Inside the test machine: runs test scripts one after the other and counts their checks. Without
# TEST: on each kernel those that depend on it, and one half of the others.
# Ends with `N passed, N failed, N skipped`. Logs and captures land in $KEYWAY_OUT.
set -u
here=$(cd "$(dirname "$0")" && pwd)
passed=0 failed=0 skipped=0
export KEYWAY_OUT=${KEYWAY_OUT:-/tmp/keyway-test} TEST_NAME
mkdir -p "$KEYWAY_OUT"

if [ $# -eq 0 ]; then
	set -- keyway swan-psk swan-nat swan-rekey
	case $(uname -r) in
	6.1.*) set -- bed "$@" swan-x509 why ;;
	*) set -- init readme "$@" swan-life swan-exchange ;;
	esac
fi

modprobe -qa aesni_intel ghash_clmulni_intel sha256_ssse3 chacha_x86_64 poly1305_x86_64 esp4 esp6 \
	xfrm_user authenc echainiv seqiv nf_nat nft_masq nft_nat sch_netem veth bridge
# An emulated processor may stand still for seconds; what then waits at a veth is not to be lost there.
sysctl -qw net.core.netdev_max_backlog=20000
for module in ${KEYWAY_KO-}; do
	modprobe -a udp_tunnel ip6_udp_tunnel libchacha20poly1305 libchacha libpoly1305 gro_cells 2>/dev/null
	insmod "$module" || { echo "not ok - insmod $module"; failed=1; }
done

for TEST_NAME; do
	start=$SECONDS
	echo "# $TEST_NAME"
	timeout --kill-after=20 "${KEYWAY_TEST_LIMIT:-600}" "$here/test-$TEST_NAME.sh" 2>&1 |
		tee "$KEYWAY_OUT/$TEST_NAME.out"
	status=${PIPESTATUS[0]}
	p=$(grep -c '^ok - ' "$KEYWAY_OUT/$TEST_NAME.out")
	f=$(grep -c '^not ok - ' "$KEYWAY_OUT/$TEST_NAME.out")
	s=$(grep -c '^skip - ' "$KEYWAY_OUT/$TEST_NAME.out")
	if [ "$status" -eq 124 ] || [ "$status" -eq 137 ]; then
		echo "not ok - $TEST_NAME: out of time"
		f=$((f + 1))
	elif [ $((p + f + s)) -eq 0 ]; then
		echo "not ok - $TEST_NAME: ended with status $status and no check"
		f=1
	fi
	echo "# $TEST_NAME: $p ok, $f not ok, $((SECONDS - start)) s"
	passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
done
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ]
