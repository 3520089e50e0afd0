#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Turns the console of a KUnit kernel into `ok` / `not ok` lines and totals.

usage: report.py STATUS CONSOLE [--partial] SUITE...

STATUS is how the kernel ended. Each SUITE has to appear with all the results it planned, unless
--partial says that only some were asked for. A kernel warning anywhere in CONSOLE is a failure.
"""

import re
import sys

RESULT = re.compile(r'^( *)(not ok|ok) \d+ ?(?:- )?(.*?)(?: # SKIP ?(.*))?$')
PLAN = re.compile(r'^( *)1\.\.(\d+)$')
SPLAT = re.compile(
    r'\bBUG\b|WARNING: |\bWARNING\b.* at |KASAN: |UBSAN: |ODEBUG: |kmemleak: \d+ new suspected|'
    r'kmemleak: (?:Kernel memory leak detector disabled|Memory pool empty)|'
    r'INFO: |possible recursive locking|circular locking|refcount_t: |Kernel panic|Oops|'
    r'unregister_netdevice: waiting|ref_tracker: .* (?:leaked|has)|DEBUG_LOCKS_WARN_ON|'
    r'Segfault|general protection|stack-protector|list_(?:add|del) corruption')


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, verdict, name, remark=''):
        if verdict == 'skip':
            self.skipped += 1
            print(f'ok - {name} # SKIP {remark}')
        elif verdict == 'ok':
            self.passed += 1
            print(f'ok - {name}')
        else:
            self.failed += 1
            print(f'not ok - {name}' + (f': {remark}' if remark else ''))


class Level:
    """One depth of nested results: what was planned, what came, under which name."""

    def __init__(self, planned):
        self.planned = planned
        self.results = []       # (verdict, name, remark) or a closed Level under a name


def read_results(lines):
    """The tree of results: suite -> case -> parameter, as nested lists of
    (verdict, name, remark, children, planned)."""
    open_levels = {}
    for line in lines:
        plan = PLAN.match(line)
        if plan:
            depth = len(plan[1]) // 4
            open_levels[depth] = Level(int(plan[2]))
            continue
        result = RESULT.match(line)
        if not result:
            continue
        depth = len(result[1]) // 4
        level = open_levels.setdefault(depth, Level(None))
        below = open_levels.pop(depth + 1, Level(None))
        verdict = 'skip' if result[4] is not None else result[2]
        level.results.append((verdict, result[3], result[4] or '', below.results, below.planned))
    return open_levels.get(0, Level(None)).results


def count(tally, path, node):
    verdict, name, remark, children, planned = node
    path = f'{path}: {name}' if path else name
    for child in children:
        count(tally, path, child)
    if planned is not None and planned != len(children):
        tally.add('not ok', path, f'{len(children)} results, {planned} planned')
    elif not children or (verdict == 'not ok' and all(c[0] != 'not ok' for c in children)):
        tally.add(verdict, path, remark)


def failures(lines):
    """What KUnit says under a failed expectation, and each kernel warning with what follows."""
    for number, line in enumerate(lines):
        if re.search(r'(EXPECTATION|ASSERTION) FAILED', line):
            print('\n'.join('# ' + l.strip() for l in lines[number:number + 8]))


def main():
    status, console = int(sys.argv[1]), sys.argv[2]
    partial = '--partial' in sys.argv[3:]
    suites = [a for a in sys.argv[3:] if not a.startswith('--')]
    with open(console, errors='replace') as f:
        lines = f.read().replace('\r', '').split('\n')

    tally = Tally()
    results = read_results(lines)
    for node in results:
        count(tally, '', node)
    failures(lines)

    ran = {node[1] for node in results if node[3] or node[0] == 'skip'}
    for suite in suites:
        if suite not in ran and not partial:
            tally.add('not ok', suite, 'did not run')
    if not results:
        tally.add('not ok', 'kunit', 'no results at all')
        print('\n'.join('# ' + l for l in lines[-40:]))
    if status != 0:
        tally.add('not ok', 'the kernel ends by itself', f'status {status}')
        print('\n'.join('# ' + l for l in lines[-40:]))

    splats = [n for n, l in enumerate(lines) if SPLAT.search(l)]
    for number in splats[:3]:
        print('\n'.join('# ' + l for l in lines[number:number + 30]))
    if splats:
        tally.add('not ok', 'the kernel gives no warning', lines[splats[0]].strip())
    else:
        tally.add('ok', 'the kernel gives no warning')

    print(f'{tally.passed} passed, {tally.failed} failed, {tally.skipped} skipped')
    return 1 if tally.failed else 0


sys.exit(main())
