#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# usage: run.sh [SECONDS]
# Builds every fuzz target into build/fuzz and runs each for SECONDS (60). A crash, a leak or an input that
# takes too long is a failure; prints executions and ends with "N passed, N failed, N skipped".
exec make -s -C "$(dirname "$0")/../../userspace" fuzz-smoke FUZZ_SECONDS="${1:-60}"
