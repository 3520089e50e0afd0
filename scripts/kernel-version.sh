#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: kernel-version.sh 6.1|6.12|debug-6.1|debug-6.12
# Prints the newest stock Debian kernel of a series whose headers and image are here (installed, or
# unpacked by install-deps.sh under ~/.cache/keyway/kernels), or the kernel that debug-kernel.sh
# made of its source; status 1 when there is none.
series=${1:?usage: kernel-version.sh 6.1|6.12|debug-6.1|debug-6.12}
case $series in debug-*) exec "$(dirname "$0")/debug-kernel.sh" --release "${series#debug-}" ;; esac
kernels=${XDG_CACHE_HOME:-$HOME/.cache}/keyway/kernels
found=
for v in $(ls -d /lib/modules/"$series".* 2>/dev/null | sed 's,.*/,,' | sort -V); do
	case $v in *-cloud-* | *-rt-*) continue ;; *-amd64) ;; *) continue ;; esac
	[ -e "/lib/modules/$v/build/Makefile" ] || continue
	if [ -e "/boot/vmlinuz-$v" ] && [ -e "/lib/modules/$v/modules.dep" ]; then
		found=$v
	elif [ -e "$kernels/$v/boot/vmlinuz-$v" ]; then
		found=$v
	fi
done
[ -n "$found" ] && echo "$found"
