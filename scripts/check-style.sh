#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: check-style.sh [CHECK...]    spdx layers fence netlink module checkpatch shell userspace
#
# Holds the tree to its style, one `ok` or `not ok` line per file or kernel, then the totals. About
# a minute on two processors.
#   spdx        every source file says its licence in its first lines
#   layers      the include rule between directories (check-layers.sh)
#   fence       without IKEv1 keywayd builds and passes IKEv2's tests (check-fence.sh)
#   netlink     specification, header and tables of the netlink family agree (check-netlink.py)
#   coverage    Documentation/rfc-coverage.md names what exists (check-coverage.py)
#   module      the module builds without a word under W=1 and sparse, for each Debian header set
#   checkpatch  kernel code passes checkpatch --strict; exceptions are listed below
#   shell       shellcheck is content with every shell script
#   userspace   cppcheck finds nothing in userspace
set -u

cd "$(dirname "$0")/.." || exit
work=$PWD/build/style
cache=${XDG_CACHE_HOME:-$HOME/.cache}/keyway
passed=0 failed=0 skipped=0
mkdir -p "$work"

# What checkpatch --strict says that keyway does otherwise, and why:
checkpatch_exceptions=(
	FILE_PATH_CHANGES	# there is no MAINTAINERS file
	LINUX_VERSION_CODE	# kmod/compat.h exists to test it
	SPDX_LICENSE_TAG	# spdx checks it; checkpatch wants uapi's two licences the other way
	CONST_STRUCT		# a list of the running kernel's types, not known without a tree
	PREFER_ALIGNED_ADDR_FUNCTIONS
	MACRO_ARG_REUSE		# tracepoint and table macros, always used with plain names
	MACRO_ARG_PRECEDENCE
	MACRO_ARG_UNUSED	# a table is expanded by users who need different columns of it
	COMPLEX_MACRO		# tables expanded by #define name(X) are its usual finding
)

# What cppcheck says wrongly, and why:
cppcheck_exceptions=(
	missingIncludeSystem	# system headers are not read
	unknownMacro		# cmocka's
	nullPointerRedundantCheck	# cmocka's assertions, which do not return
	internalAstError	# cppcheck 2.10 fails on (struct x){ 0 } before a colon
	memleak:userspace/ike/connect.c	# given away by the address of a member
)

# verdict STATUS NAME [TEXT]: one result; TEXT goes below a failure
verdict() {
	if [ "$1" -eq 0 ]; then
		passed=$((passed + 1))
		echo "ok - $2"
	else
		failed=$((failed + 1))
		echo "not ok - $2"
		[ -z "${3-}" ] || echo "#   ${3//$'\n'/$'\n'#   }"
	fi
}

# The files of the tree, without vectors: tracked, or new and not ignored, and still there.
sources() {
	git ls-files --cached --others --exclude-standard -- "$@" | grep -v '^tests/vectors/' |
		sort -u | while read -r file; do [ ! -f "$file" ] || echo "$file"; done
}

scripts_in() {
	sources | while read -r file; do
		if head -n 1 "$file" | grep -qE "^#!.*\b($1)\b"; then echo "$file"; fi
	done
}

check_spdx() {
	local bad
	bad=$({ sources '*.c' '*.h' '*.py' '*.sh' '*.yaml' '*Makefile' '*Kbuild' '*Kconfig' '*.service'
		scripts_in '[a-z0-9]+'; } | sort -u | while read -r file; do
		head -n 3 "$file" | grep -q 'SPDX-License-Identifier: ' || echo "$file"
	done)
	verdict "$(grep -c . <<<"$bad")" 'spdx: every source file names its licence' "$bad"
}

check_fence() {
	local said
	said=$(scripts/check-fence.sh 2>&1)
	verdict $? 'fence: keywayd lives without IKEv1' "$said"
}

check_layers() {
	local said
	said=$(scripts/check-layers.sh 2>&1)
	verdict $? 'layers: every include obeys the table' "$said"
}

check_coverage() {
	local said
	said=$(scripts/check-coverage.py 2>&1)
	verdict $? 'coverage: every function and test that rfc-coverage.md names exists' "$said"
}

check_netlink() {
	local said
	said=$(scripts/check-netlink.py 2>&1)
	verdict $? 'netlink: specification, header and tables agree' "$said"
}

# A copy, because kbuild leaves objects beside the sources of an external module. Everything is
# compiled again: a warning is only said once.
check_module() {
	local kdir release copy said status
	for kdir in /usr/src/linux-headers-*-amd64; do
		release=${kdir#*headers-}
		copy=$work/$release
		rm -rf "$copy"
		mkdir -p "$copy"
		cp -a Kbuild kmod uapi "$copy/" 2>/dev/null
		said=$(make -C "$kdir" M="$copy" W=1 C=2 CF='-Wno-unknown-attribute' -j"$(nproc)" \
			modules 2>&1)
		status=$?
		echo "$said" >"$copy.log"
		said=$(grep -E 'warning:|error:|Error [0-9]|undefined!' "$copy.log" |
			sed "s|$copy/||" | sort -u)
		[ -z "$said" ] || status=1
		verdict "$status" "module: no warning of gcc W=1 or sparse on $release" "$said"
	done
}

# checkpatch is part of the kernel source package only: three files of it are kept.
unpack_checkpatch() {
	[ ! -f "$1/.complete" ] || return 0
	mkdir -p "$1"
	tar -C "$1" --strip-components=2 --wildcards -xf /usr/src/linux-source-6.12.tar.xz \
		'*/scripts/checkpatch.pl' '*/scripts/const_structs.checkpatch' '*/scripts/spelling.txt' &&
		touch "$1/.complete"
}

# Many files at a time: to start takes as long as to read one. What it says of none is its own failure.
check_checkpatch() {
	local file files said dir=$cache/checkpatch-6.12
	unpack_checkpatch "$dir"
	files=$(sources 'kmod/*.[ch]' 'uapi/*.h' 'tests/kunit/*.[ch]')
	said=$(xargs -P "$(nproc)" -n 16 perl "$dir/checkpatch.pl" --no-tree --no-summary --strict \
		--terse --show-types --max-line-length=100 \
		--ignore "$(IFS=,; echo "${checkpatch_exceptions[*]}")" -f <<<"$files" 2>&1)
	for file in $files; do
		verdict "$(grep -cF "$file:" <<<"$said")" "checkpatch: $file" "$(grep -F "$file:" <<<"$said")"
	done
	said=$(grep -vE '^(kmod|uapi|tests)/[^:]+:[0-9]+:' <<<"$said" | grep .)
	verdict "$(grep -c . <<<"$said")" 'checkpatch: it runs' "$said"
}

check_shell() {
	local file said
	while read -r file; do
		said=$(shellcheck -x -P SCRIPTDIR -S warning -f gcc "$file" 2>&1)
		verdict $? "shell: $file" "$said"
	done < <(scripts_in 'sh|bash')
}

check_userspace() {
	local said
	said=$(cppcheck --quiet --std=c11 --language=c --enable=warning,portability,performance \
		--inline-suppr "${cppcheck_exceptions[@]/#/--suppress=}" -j"$(nproc)" \
		-Iuserspace -Iuapi --error-exitcode=1 userspace 2>&1)
	verdict $? 'userspace: cppcheck' "$said"
}

[ $# -gt 0 ] || set -- spdx layers fence netlink coverage module checkpatch shell userspace
for check; do
	"check_$check"
done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ]
