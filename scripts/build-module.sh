#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Build keyway.ko out of tree for one kernel, into build/KVER/keyway.ko.
# usage: scripts/build-module.sh KVER [make arguments, e.g. W=1 C=1 KCFLAGS=-Werror]
set -eu

kver=${1:?usage: $0 KVER [make arguments]}
shift
top=$(cd "$(dirname "$0")/.." && pwd)
kdir=/lib/modules/$kver/build
[ -d "$kdir" ] || kdir=${XDG_CACHE_HOME:-$HOME/.cache}/keyway/kernels/$kver$kdir # debug-kernel.sh's
out=$top/build/$kver

[ -d "$kdir" ] || { echo "$0: no headers for $kver (package linux-headers-$kver)" >&2; exit 1; }

# A copy for each kernel: the sources stay clean and two builds do not meet.
src=$out/src
mkdir -p "$src"
rsync -a --delete --exclude='*.o' --exclude='*.ko' --exclude='*.mod*' --exclude='.*.cmd' \
	--exclude='Module.symvers' --exclude='modules.order' --exclude='.tmp_versions' \
	"$top/Kbuild" "$top/kmod" "$top/uapi" "$src/"
make --no-print-directory -C "$kdir" M="$src" "$@" modules
cp "$src/kmod/keyway.ko" "$out/keyway.ko"
