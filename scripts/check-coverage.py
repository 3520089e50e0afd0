#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold Documentation/rfc-coverage.md against the tree: every function, file and test it names exists.

usage: scripts/check-coverage.py

`file.c: name` is a word of kmod/file.c, or of the path as it stands if that has a directory; `suite: case` a case of
tests/kunit/keyway_suite_kunit.c; `netns/name` a script tests/netns/test-name.*; `tests/...` a path.
"""

import glob
import os
import re
import sys

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
DOC = 'Documentation/rfc-coverage.md'


def has_word(path, word):
    try:
        with open(os.path.join(TOP, path), encoding='utf-8') as f:
            return re.search(rf'\b{re.escape(word)}\b', f.read()) is not None
    except OSError:
        return False


def missing(name):
    """What is wrong with a name, or None."""
    path, colon, word = name.partition(': ')
    if colon:
        if path.endswith(('.c', '.h', '.py', '.sh')):
            path = path if '/' in path else f'kmod/{path}'
        else:
            path = f'tests/kunit/keyway_{path}_kunit.c'
        return None if has_word(path, word) else f'{path} has no {word}'
    if name.startswith('netns/'):
        return None if glob.glob(f'{TOP}/tests/netns/test-{name[6:]}.*') else f'no such test: {name}'
    if re.fullmatch(r'\w+\.[ch]', name):
        return None if os.path.exists(f'{TOP}/kmod/{name}') else f'no such file: kmod/{name}'
    if re.match(r'(tests|kmod|userspace|scripts)/\S+\.\w+$', name):
        return None if os.path.exists(f'{TOP}/{name}') else f'no such file: {name}'
    return None


def main():
    bad = 0
    with open(os.path.join(TOP, DOC), encoding='utf-8') as f:
        for number, line in enumerate(f, 1):
            if not line.startswith('|'):
                continue
            for name in re.findall(r'`([^`]+)`', line):
                wrong = missing(name)
                if wrong:
                    bad += 1
                    print(f'{DOC}:{number}: {wrong}')
    return bad > 0


if __name__ == '__main__':
    sys.exit(main())
