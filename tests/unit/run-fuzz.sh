#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: run-fuzz.sh DIR SECONDS   from the top of the repository
# Runs every fuzz target of DIR for SECONDS, those of parts of a message for a third of it, one on each
# processor, starting from tests/fuzz/corpus/NAME. What it finds interesting stays in DIR/corpus/NAME; an input that breaks
# it is left in DIR and printed.
set -u
dir=$1 seconds=$2

# fuzz TARGET: leaves its verdict, one line, in DIR/NAME.verdict
fuzz() {
	local target=$1 name=${1##*/fuzz_} dicts=() seeds=() runs seconds=$seconds
	case $name in
	eap | proposal | stream | transaction | ts) seconds=$((seconds / 3 + 1)) ;;
	esac
	mkdir -p "$dir/corpus/$name"
	[ ! -f "tests/fuzz/dict/$name.dict" ] || dicts=("-dict=tests/fuzz/dict/$name.dict")
	[ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
	if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$dir/$name-" "${dicts[@]}" "$dir/corpus/$name" "${seeds[@]}" \
		>"$dir/$name.log" 2>&1 </dev/null; then
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log")
		echo "fuzz $name: ok, ${runs:-?} executions in $seconds s" >"$dir/$name.verdict"
	else
		tail -n 60 "$dir/$name.log"
		echo "fuzz $name: FAILED (log $dir/$name.log)" >"$dir/$name.verdict"
	fi
	cat "$dir/$name.verdict"
}

rm -f "$dir"/*.verdict
targets=()
for target in "$dir"/fuzz_*; do
	if [ ! -f "$target" ] || [ ! -x "$target" ]; then
		continue
	fi
	targets+=("$target")
	while [ "$(jobs -rp | wc -l)" -ge "$(nproc)" ]; do
		wait -n
	done
	fuzz "$target" &
done
wait
passed=$(cat "$dir"/*.verdict | grep -c ': ok,')
failed=$((${#targets[@]} - passed))
echo "$passed passed, $failed failed, 0 skipped"
[ $failed -eq 0 ] && [ "$passed" -gt 0 ]
