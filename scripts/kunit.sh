#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: kunit.sh [GLOB]     all KUnit suites, or those that match (keyway_replay, keyway_esp.*pad*)
#        kunit.sh --build    only makes the kernel
#
# Builds Debian's linux-source-6.12 as a user-mode kernel with this checkout grafted in
# (overlay.sh), boots it, and prints one `ok` or `not ok` line per case and the totals.
# Besides the cases these are failures: a suite that did not run or not to its end, a report of
# KASAN, UBSAN, lockdep, kmemleak or any other kernel warning, a boot that does not end by itself.
#
# The kernel is kept in ${XDG_CACHE_HOME:-~/.cache}/keyway, in a directory named by what it is
# made from; the first build takes about twelve minutes on two processors, later ones seconds. A build
# that was interrupted goes on where it stopped. JOBS=n and KUNIT_MEM=512M change the defaults;
# KUNIT_ARGS="keyway_campaign.seed=7" are further parameters of the kernel, and KUNIT_SECONDS=300
# is how long it may run.
set -eu

me=kunit
series=6.12
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
fragment=$checkout/tests/kunit/.kunitconfig
out=$checkout/build/kunit
glob=${1-}
# shellcheck source=scripts/kernel-build.sh
. "$checkout/scripts/kernel-build.sh"

# Objects of another checkout may be newer than the sources of this one: start these afresh.
graft() {
	if [ "$(readlink "$tree/keyway" || true)" != "$checkout" ]; then
		rm -rf "$build/keyway"
	fi
	"$checkout/scripts/overlay.sh" "$source" "$tree"
}

kernel_make() {
	nice -n 5 make -C "$tree" ARCH=um O="$build" "$@"
}

run() {
	# shellcheck disable=SC2086 # a list of words
	timeout --kill-after=10 "${KUNIT_SECONDS:-300}" "$build/linux" mem="${KUNIT_MEM:-512M}" console=tty \
		kunit.enable=1 kunit_shutdown=halt slab_debug=- \
		kmemleak=on kmemleak.verbose=1 ${KUNIT_ARGS-} \
		${glob:+"kunit.filter_glob=$glob"} </dev/null >"$out/console.log" 2>&1
}

suites() {
	sed -n 's/^\t\.name = "\(keyway_[a-z0-9_]*\)",$/\1/p' "$checkout"/tests/kunit/keyway_*_kunit.c
}

mkdir -p "$cache" "$out"
kernel_cache kunit
tree=$kernel/tree
unpack_source
lock_kernel
graft
build_kernel linux kernel_make
[ "$glob" != --build ] || exit 0
status=0
run || status=$?
echo "kunit: ran for $((SECONDS)) s in all, console in $out/console.log"
mapfile -t suites < <(suites)
"$checkout/tests/kunit/report.py" "$status" "$out/console.log" ${glob:+--partial} "${suites[@]}"
