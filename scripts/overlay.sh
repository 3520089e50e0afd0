#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: overlay.sh KSRC DIR
#
# Makes DIR a kernel source tree that contains this checkout as keyway/, and leaves KSRC as it is:
# every entry of DIR is a symlink into KSRC, but for Kconfig and Kbuild, which get one line more.
# Run again it repairs DIR and points keyway/ at this checkout; files that need no change keep
# their times, so a build in progress goes on.
set -eu

[ $# -eq 2 ] || { sed -n '3p' "$0" >&2; exit 2; }
ksrc=$(cd "$1" && pwd -P)
mkdir -p "$2"
dir=$(cd "$2" && pwd -P)
checkout=$(cd "$(dirname "$0")/.." && pwd -P)

# put FILE: standard input becomes FILE, unless FILE has these bytes already
put() {
	cat >"$1.new"
	if [ ! -L "$1" ] && cmp -s "$1.new" "$1"; then
		rm "$1.new"
	else
		mv -f "$1.new" "$1"
	fi
}

for entry in "$ksrc"/* "$ksrc"/.[a-z]*; do
	name=${entry##*/}
	case $name in
	Kconfig | Kbuild) continue ;;
	esac
	[ "$(readlink "$dir/$name" || true)" = "$entry" ] || ln -sfn "$entry" "$dir/$name"
done
{ cat "$ksrc/Kconfig"; echo 'source "keyway/kmod/Kconfig"'; } | put "$dir/Kconfig"
{ cat "$ksrc/Kbuild"; echo 'obj-y += keyway/'; } | put "$dir/Kbuild"
[ "$(readlink "$dir/keyway" || true)" = "$checkout" ] || ln -sfn "$checkout" "$dir/keyway"
