#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: debug-kernel.sh [--release] [6.12|6.1]
#
# Builds Debian's linux-source with tests/debug/kernel.config for the virtual machine, so that
# tests/vm/run --kernel debug-6.12 finds it, and prints its release. With --release it builds nothing
# and fails when there is none.
#
# The kernel is kept in ${XDG_CACHE_HOME:-~/.cache}/keyway, image and modules as a package would
# have them in kernels/RELEASE, and named by what it is made from, as kunit.sh's. It takes half an hour
# on two idle processors; a build that was interrupted goes on where it stopped. JOBS=n changes how
# many compilers run.
set -eu

me=debug-kernel
checkout=$(cd "$(dirname "$0")/.." && pwd -P)
fragment=$checkout/tests/debug/kernel.config
out=$checkout/build/debug-kernel
only_release=
if [ "${1-}" = --release ]; then
	only_release=yes
	shift
fi
series=${1:-6.12}
# shellcheck source=scripts/kernel-build.sh
. "$checkout/scripts/kernel-build.sh"

kernel_make() {
	nice -n 5 make -C "$source" ARCH=x86_64 O="$build" LOCALVERSION="-debug-$made_hash" "$@"
}

# Into place at once: whoever sees the directory sees all of it.
install_kernel() {
	local part=$kernel/root release
	release=$(cat "$build/include/config/kernel.release")
	rm -rf "$part"
	mkdir -p "$part/boot"
	cp "$build/arch/x86/boot/bzImage" "$part/boot/vmlinuz-$release"
	kernel_make INSTALL_MOD_PATH="$part" modules_install >>"$out/build.log" 2>&1
	mkdir -p "$cache/kernels"
	rm -rf "$cache/kernels/$release"
	mv "$part" "$cache/kernels/$release"
	echo "$release" >"$kernel/release"
}

if [ -n "$only_release" ]; then
	[ -f "/usr/src/linux-source-$series.tar.xz" ] || exit 1
	kernel_cache debug
	cat "$kernel/release" 2>/dev/null
	exit
fi
mkdir -p "$cache"
kernel_cache debug
if [ ! -s "$kernel/release" ]; then
	unpack_source
	lock_kernel
	build_kernel "bzImage modules" kernel_make >&2
	install_kernel
fi
cat "$kernel/release"
