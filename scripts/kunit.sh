#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: kunit.sh [GLOB]     all KUnit suites, or those that match (keyway_replay, keyway_esp.*pad*)
#
# Builds Debian's linux-source-6.12 as a user-mode kernel with this checkout grafted in
# (overlay.sh), boots it, and prints one `ok` or `not ok` line per case and the totals.
# Besides the cases these are failures: a suite that did not run or not to its end, a report of
# KASAN, UBSAN, lockdep, kmemleak or any other kernel warning, a boot that does not end by itself.
#
# The kernel is kept in ${XDG_CACHE_HOME:-~/.cache}/keyway, in a directory named by what it is
# made from; the first build takes about twelve minutes on two processors, later ones seconds. A build
# that was interrupted goes on where it stopped. JOBS=n and KUNIT_MEM=512M change the defaults.
set -eu

version=6.12
tarball=/usr/src/linux-source-$version.tar.xz
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
fragment=$checkout/tests/kunit/.kunitconfig
cache=${XDG_CACHE_HOME:-$HOME/.cache}/keyway
out=$checkout/build/kunit
glob=${1-}
jobs=${JOBS:-$(nproc)}

die() {
	echo "kunit: $*" >&2
	exit 1
}

# The pristine source, shared by all kernels of this version: unpacked beside, then renamed.
unpack() {
	[ ! -d "$source" ] || return 0
	exec 8>"$cache/unpack.lock"
	flock 8
	if [ ! -d "$source" ]; then
		echo "kunit: unpacking $tarball"
		rm -rf "$source.part"
		mkdir -p "$source.part"
		tar -C "$source.part" --strip-components=1 -xf "$tarball"
		mv "$source.part" "$source"
	fi
	exec 8>&-
}

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

configure() {
	if [ ! -f "$build/.config" ] || [ ! -f "$build/.configured" ]; then
		kernel_make KCONFIG_ALLCONFIG="$fragment" allnoconfig
		touch "$build/.configured"
	fi
	kernel_make olddefconfig
}

# An option that kconfig dropped for want of another would silently take a checker away.
check_config() {
	local lost
	lost=$(grep -v '^#' "$fragment" | grep '=[^n]' | grep -vxFf "$build/.config" || true)
	[ -z "$lost" ] || die "the kernel cannot have: ${lost//$'\n'/ }"
}

# Without the lock, and only as long as the script that started it lives.
progress() {
	while sleep 30 && kill -0 $$ 2>/dev/null; do
		echo "kunit: $(find "$build" -name '*.o' | wc -l) objects after $SECONDS s"
	done
}

build() {
	local status=0 ticker
	mkdir -p "$build"
	configure >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log"; die "no configuration"; }
	check_config
	progress 9>&- &
	ticker=$!
	kernel_make -j"$jobs" linux >>"$out/build.log" 2>&1 || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if [ "$status" -ne 0 ]; then
		grep -E -A3 'error|Error|undefined' "$out/build.log" | tail -n 60
		die "the kernel does not build, see $out/build.log"
	fi
	echo "kunit: kernel ready after $SECONDS s"
}

run() {
	timeout --kill-after=10 300 "$build/linux" mem="${KUNIT_MEM:-512M}" console=tty \
		kunit.enable=1 kunit_shutdown=halt slab_debug=- \
		kmemleak=on kmemleak.verbose=1 \
		${glob:+"kunit.filter_glob=$glob"} </dev/null >"$out/console.log" 2>&1
}

suites() {
	sed -n 's/^\t\.name = "\(keyway_[a-z0-9_]*\)",$/\1/p' "$checkout"/tests/kunit/keyway_*_kunit.c
}

mkdir -p "$cache" "$out"
[ -f "$tarball" ] || die "no $tarball: apt-get install linux-source-$version"
package=$(dpkg-query -W -f '${Version}' "linux-source-$version")
source=$cache/linux-source-$package
made_from=$(echo "linux-source-$version $package"; gcc --version | head -n 1; cat "$fragment")
kernel=$cache/kunit-$(sha256sum <<<"$made_from" | cut -c1-12)
tree=$kernel/tree
build=$kernel/build

unpack
mkdir -p "$kernel"
exec 9>"$kernel/lock"
if ! flock -n 9; then
	echo "kunit: waiting for another run"
	flock -w 1500 9 || die "another run still holds $kernel/lock"
fi
echo "$made_from" >"$kernel/made-from"
graft
build
status=0
run || status=$?
echo "kunit: ran for $((SECONDS)) s in all, console in $out/console.log"
mapfile -t suites < <(suites)
"$checkout/tests/kunit/report.py" "$status" "$out/console.log" ${glob:+--partial} "${suites[@]}"
