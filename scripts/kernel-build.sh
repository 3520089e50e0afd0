# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# shellcheck disable=SC2154 # set by who sources this
# What building a kernel of our own from Debian's source takes; sourced by kunit.sh and
# debug-kernel.sh. Before: $me, $series (6.1, 6.12), $fragment, $out (for build.log). kernel_cache
# sets $source, $kernel (a directory of the cache that is named by what the kernel is made from) and
# $build in it.

cache=${XDG_CACHE_HOME:-$HOME/.cache}/keyway
jobs=${JOBS:-$(nproc)}

die() {
	echo "$me: $*" >&2
	exit 1
}

# kernel_cache KIND
kernel_cache() {
	local package made_from tarball=/usr/src/linux-source-$series.tar.xz
	[ -f "$tarball" ] || die "no $tarball: apt-get install linux-source-$series"
	package=$(dpkg-query -W -f '${Version}' "linux-source-$series")
	source=$cache/linux-source-$package
	made_from=$(echo "linux-source-$series $package"; gcc --version | head -n 1; cat "$fragment")
	made_hash=$(sha256sum <<<"$made_from" | cut -c1-12)
	kernel=$cache/$1-$made_hash
	build=$kernel/build
	mkdir -p "$kernel"
	echo "$made_from" >"$kernel/made-from"
}

# The pristine source, shared by all kernels of this version: unpacked beside, then renamed.
unpack_source() {
	local tarball=/usr/src/linux-source-$series.tar.xz
	[ ! -d "$source" ] || return 0
	exec 8>"$cache/unpack.lock"
	flock 8
	if [ ! -d "$source" ]; then
		echo "$me: unpacking $tarball"
		rm -rf "$source.part"
		mkdir -p "$source.part"
		tar -C "$source.part" --strip-components=1 -xf "$tarball"
		mv "$source.part" "$source"
	fi
	exec 8>&-
}

# Held until the script ends.
lock_kernel() {
	exec 9>"$kernel/lock"
	if ! flock -n 9; then
		echo "$me: waiting for another run"
		flock -w 3000 9 || die "another run still holds $kernel/lock"
	fi
}

# An option that kconfig dropped for want of another would silently take a checker away.
check_config() {
	local lost
	lost=$(grep -v '^#' "$fragment" | grep '=[^n]' | grep -vxFf "$build/.config" || true)
	[ -z "$lost" ] || die "the kernel cannot have: ${lost//$'\n'/ }"
}

# configure MAKE...: the make command that knows source, architecture and output
configure() {
	if [ ! -f "$build/.config" ] || [ ! -f "$build/.configured" ]; then
		"$@" KCONFIG_ALLCONFIG="$fragment" allnoconfig
		touch "$build/.configured"
	fi
	"$@" olddefconfig
}

# Without the lock, and only as long as the script that started it lives.
progress() {
	while sleep 30 && kill -0 $$ 2>/dev/null; do
		echo "$me: $(find "$build" -name '*.o' | wc -l) objects after $SECONDS s"
	done
}

# build_kernel "TARGETS" MAKE...
build_kernel() {
	local status=0 ticker targets=$1
	shift
	mkdir -p "$build" "$out"
	configure "$@" >"$out/build.log" 2>&1 || { tail -n 20 "$out/build.log"; die "no configuration"; }
	check_config
	progress 9>&- &
	ticker=$!
	# shellcheck disable=SC2086 # a list of words
	"$@" -j"$jobs" $targets >>"$out/build.log" 2>&1 || status=$?
	kill "$ticker" 2>/dev/null || true
	wait "$ticker" 2>/dev/null || true
	if [ "$status" -ne 0 ]; then
		grep -E -A3 'error|Error|undefined' "$out/build.log" | tail -n 60
		die "the kernel does not build, see $out/build.log"
	fi
	echo "$me: kernel ready after $SECONDS s"
}
