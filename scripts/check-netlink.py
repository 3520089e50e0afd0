#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Hold the netlink spec, the header and the kernel's tables together.

usage: scripts/check-netlink.py

Compares Documentation/netlink/specs/keyway.yaml with uapi/linux/keyway.h (every constant, its
name and value), with kmod/netlink*.c (every attribute a request may carry has a row of the
spec's type in its table, every other none; every command has its operation, with
GENL_ADMIN_PERM) and with kmod/mib.h (every counter has its reason and name).
"""

import glob
import os
import re
import sys

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.realpath(__file__)))
TYPES = {'u8': 'NLA_U8', 'u16': 'NLA_U16', 'u32': 'NLA_U32', 'u64': 'NLA_U64', 's32': 'NLA_S32',
         'binary': 'NLA_BINARY', 'nest': 'NLA_NESTED', 'pad': 'NLA_REJECT'}
# Sets that come in requests, and the C table that checks each.
TABLES = {'keyway': 'keyway_policy', 'policy': 'keyway_policy_policy', 'ts': 'keyway_ts_policy',
          'sa': 'keyway_sa_policy', 'trace': 'keyway_trace_policy',
          'stream': 'keyway_stream_policy'}
# Attributes of 'keyway' that only replies and events carry.
OUTWARD = {'stats', 'packet', 'expire-kind', 'expire-limit', 'old-remote', 'old-udp-remote'}
complaints = []


def complain(text):
    complaints.append(text)


def read(path):
    with open(os.path.join(TOP, path), encoding='utf-8') as f:
        return re.sub(r'/\*.*?\*/', '', f.read(), flags=re.S)


def macro(*parts):
    return '_'.join(p.upper().replace('-', '_') for p in parts)


def header_constants(text):
    """Every enumerator and numeric #define, by name."""
    values = {}
    for name, value in re.findall(r'#define\s+(KEYWAY_\w+)\s+(\d+)\s*$', text, re.M):
        values[name] = int(value)
    for body in re.findall(r'enum\s*\w*\s*\{(.*?)\}', text, re.S):
        value = 0
        for item in filter(None, (i.strip() for i in body.split(','))):
            name, _, given = (p.strip() for p in item.partition('='))
            if '__' in given:
                continue
            value = int(given, 0) if given else value
            values[name] = value
            value += 1
    return values


def compare_constants(spec, values):
    wanted = {}
    for d in spec['definitions']:
        if d['type'] == 'const':
            wanted[macro('keyway', d['name'])] = d['value']
            continue
        prefix = {'policy-flags': 'policy-f', 'sa-flags': 'sa-f', 'expire-kind': 'expire',
                  'expire-limit': 'limit'}.get(d['name'], d['name'])
        value = 0
        for e in d['entries']:
            e = e if isinstance(e, dict) else {'name': e}
            value = e.get('value', value)
            wanted[macro('keyway', prefix, e['name'])] = 1 << value if d['type'] == 'flags' else value
            value += 1
    for s in spec['attribute-sets']:
        for number, a in enumerate(s['attributes'], 1):
            wanted[macro(s['name-prefix'].rstrip('-'), a['name'])] = number
    for number, o in enumerate(spec['operations']['list'], 1):
        wanted[macro('keyway-cmd', o['name'])] = number
    wanted['KEYWAY_FAMILY_VERSION'] = spec.get('version', 1)
    for name in sorted(wanted.keys() | values.keys()):
        if name.startswith('__') or name.endswith('_MAX') and name not in wanted:
            continue
        if wanted.get(name) != values.get(name):
            complain(f'{name}: {wanted.get(name)} in the spec, {values.get(name)} in the header')


def compare_tables(spec, source):
    for s in spec['attribute-sets']:
        if s['name'] not in TABLES:
            continue
        table = re.search(TABLES[s['name']] + r'\[\w+ \+ 1\] = \{(.*?)\n\};', source, re.S)
        if not table:
            complain(f'kmod/netlink*.c have no table {TABLES[s["name"]]}')
            continue
        rows = dict(re.findall(r'\[(\w+)\]\s*= \{ \.type = (\w+)', table[1]))
        for a in s['attributes']:
            name = macro(s['name-prefix'].rstrip('-'), a['name'])
            outward = a.get('doc', '').lstrip().startswith('Read only') or \
                (s['name'] == 'keyway' and a['name'] in OUTWARD)
            wanted = None if outward else TYPES[a['type']]
            if rows.pop(name, None) != wanted:
                complain(f'{name}: should be {wanted or "absent"} in {TABLES[s["name"]]}')
        for name in rows:
            complain(f'{name}: in {TABLES[s["name"]]} but not in the spec')


def compare_operations(spec, source):
    ops = re.search(r'keyway_ops\[\] = \{(.*?)\n\};', source, re.S)[1]
    found = {}
    for body in re.findall(r'\{([^{}]*)\}', ops):
        found[re.search(r'\.cmd = (\w+)', body)[1]] = body
    for o in spec['operations']['list']:
        name = macro('keyway-cmd', o['name'])
        body = found.pop(name, '')
        for key, field in (('do', '.doit'), ('dump', '.dumpit')):
            if (key in o) != (field in body):
                complain(f'{name}: the spec and keyway_ops disagree about "{key}"')
        if body and ('GENL_ADMIN_PERM' in body) != ('admin-perm' in o.get('flags', [])):
            complain(f'{name}: the spec and keyway_ops disagree about admin-perm')
        if body and 'GENL_ADMIN_PERM' not in body:
            complain(f'{name}: needs no privilege')
    for name in found:
        complain(f'{name}: in keyway_ops but not in the spec')


def compare_reasons(spec, source):
    names = [a['name'] for s in spec['attribute-sets'] if s['name'] == 'stats'
             for a in s['attributes'] if a['name'].startswith(('in-', 'out-'))]
    rows = re.findall(r'X\((\w+), "([\w-]+)"\)', source)
    if [r[1] for r in rows] != names:
        complain('mib.h: KW_REASONS and the spec\'s set "stats" differ')
    for constant, name in rows:
        if constant != macro(name):
            complain(f'mib.h: {constant} is called {name}')


def check_docs(spec):
    for s in spec['attribute-sets']:
        for a in s['attributes']:
            if 'doc' not in a and a['type'] != 'pad':
                complain(f'{s["name"]}/{a["name"]}: the spec says nothing about it')
    for o in spec['operations']['list']:
        if 'doc' not in o:
            complain(f'{o["name"]}: the spec says nothing about it')


def main():
    with open(os.path.join(TOP, 'Documentation/netlink/specs/keyway.yaml'), encoding='utf-8') as f:
        spec = yaml.safe_load(f)
    compare_constants(spec, header_constants(read('uapi/linux/keyway.h')))
    source = ''.join(read(os.path.relpath(p, TOP)) for p in sorted(glob.glob(f'{TOP}/kmod/netlink*.c')))
    compare_tables(spec, source)
    compare_operations(spec, source)
    compare_reasons(spec, read('kmod/mib.h'))
    check_docs(spec)
    for c in complaints:
        print(f'check-netlink: {c}')
    return bool(complaints)


if __name__ == '__main__':
    sys.exit(main())
