#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: run.sh BUILD...   from the top of the repository
# Runs every cmocka program under BUILD/tests, as many at once as there are processors; shows one
# line for each and all of a failing one, and ends with the totals of test cases. A program that
# dies counts the cases it did not reach.
set -u

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:${ASAN_OPTIONS-}
export UBSAN_OPTIONS=print_stacktrace=1:${UBSAN_OPTIONS-}

# run PROGRAM RESULT: prints its line, and leaves its totals in the file RESULT
run() {
	local out status plan p f s note='' start=$SECONDS
	out=$(CMOCKA_MESSAGE_OUTPUT=TAP timeout --kill-after=5 "${UNIT_TIMEOUT:-300}" "$1" 2>&1 </dev/null)
	status=$?
	plan=$(awk -F'[.][.]' '/^1[.][.][0-9]+$/ { n += $2 } END { print n + 0 }' <<<"$out")
	p=$(grep -acE '^ok [0-9]' <<<"$out")
	s=$(grep -acE '^not ok [0-9]+ # SKIP' <<<"$out")
	f=$(grep -aE '^not ok [0-9]' <<<"$out" | grep -avc '# SKIP')
	if [ "$plan" -eq 0 ] || [ "$((p + s + f))" -lt "$plan" ]; then
		note=", ended early with status $status"
		f=$((plan > p + s ? plan - p - s : 1))
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		note=", ended with status $status"
		f=1
	fi
	[ "$f" -eq 0 ] || printf '%s\n' "$out"
	printf '%-44s %4d passed, %d failed, %d skipped%s (%d s)\n' "${1#"$PWD/"}" "$p" "$f" "$s" "$note" \
		$((SECONDS - start))
	echo "$p $f $s" >"$2"
}

results=$(mktemp -d) || exit 1
trap 'rm -rf "$results"' EXIT
n=0
for build; do
	while read -r program; do
		while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
			wait -n
		done
		# Printed in one piece when it is done: two programs do not mix.
		{ said=$(run "$program" "$results/$n"); printf '%s\n' "$said"; } &
		n=$((n + 1))
	done < <(find "$build/tests" -type f -executable -name 'test_*' | sort)
done
wait
# A result that is missing is a failure.
for ((i = 0; i < n; i++)); do
	cat "$results/$i" 2>/dev/null || echo "0 1 0"
done | awk '{ p += $1; f += $2; s += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", p, f, s; exit f > 0 || p == 0 }'
