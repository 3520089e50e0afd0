#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# usage: run-fuzz.sh DIR SECONDS   from the top of the repository
# Runs every fuzz target of DIR for SECONDS, starting from tests/fuzz/corpus/NAME. What it finds
# interesting stays in DIR/corpus/NAME; an input that breaks it is left in DIR and printed.
set -u
dir=$1 seconds=$2
P=0 F=0

for target in "$dir"/fuzz_*; do
	[ -x "$target" ] && [ -f "$target" ] || continue
	name=${target##*/fuzz_}
	mkdir -p "$dir/corpus/$name"
	dicts=()
	[ ! -f "tests/fuzz/dict/$name.dict" ] || dicts=("-dict=tests/fuzz/dict/$name.dict")
	seeds=()
	[ ! -d "tests/fuzz/corpus/$name" ] || seeds=("tests/fuzz/corpus/$name")
	if "$target" -max_total_time="$seconds" -timeout=5 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="$dir/$name-" "${dicts[@]}" "$dir/corpus/$name" "${seeds[@]}" \
		>"$dir/$name.log" 2>&1 </dev/null; then
		P=$((P + 1))
		runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$dir/$name.log")
		echo "fuzz $name: ok, ${runs:-?} executions in $seconds s"
	else
		F=$((F + 1))
		tail -n 60 "$dir/$name.log"
		echo "fuzz $name: FAILED (log $dir/$name.log)"
	fi
done
echo "$P passed, $F failed, 0 skipped"
[ "$F" -eq 0 ] && [ "$P" -gt 0 ]
