#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: totals.sh run SECONDS PART COMMAND [ARG...]   run one part of the tests
#        totals.sh sum PART...                         add the parts up
#
# A part prints `N passed, N failed, N skipped` as the last such line of its output. `run` shows
# the output as it comes and keeps it in build/results/PART.log, the totals in build/results/PART.
# A part that prints no totals, or ends badly though nothing failed, counts as one failure more. What
# was skipped was not shown: `sum` then ends with 1, too.
set -u
results=$(dirname "$0")/../build/results
line='^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$'

run() {
	local limit=$1 part=$2 status totals p f s
	shift 2
	mkdir -p "$results" && rm -f "$results/$part"
	echo "=== $part"
	timeout --kill-after=30 "$limit" "$@" </dev/null 2>&1 | tee "$results/$part.log"
	status=${PIPESTATUS[0]}
	totals=$(grep -E "$line" "$results/$part.log" | tail -n 1)
	read -r p _ f _ s _ <<<"${totals:-0 passed, 0 failed, 0 skipped}"
	if [ -z "$totals" ]; then
		f=1
		echo "$part: ended with status $status and no totals"
	elif [ "$status" -ne 0 ] && [ "$f" -eq 0 ]; then
		f=1
		echo "$part: ended with status $status after its totals"
	fi
	echo "$p passed, $f failed, $s skipped" >"$results/$part"
	echo "=== $part: $(<"$results/$part") (${SECONDS} s)"
	[ "$f" -eq 0 ]
}

sum() {
	local part p f s P=0 F=0 S=0
	mkdir -p "$results"
	echo "=== all parts"
	for part; do
		if read -r p _ f _ s _ 2>/dev/null <"$results/$part"; then
			printf '%-10s %5d passed, %d failed, %d skipped\n' "$part" "$p" "$f" "$s"
		else
			p=0 f=1 s=0
			printf '%-10s did not run: 1 failed\n' "$part"
		fi
		P=$((P + p)) F=$((F + f)) S=$((S + s))
	done
	echo "$P passed, $F failed, $S skipped" | tee "$results/total"
	[ $((F + S)) -eq 0 ]
}

case ${1-} in
run | sum) "$@" ;;
*) sed -n '3,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
