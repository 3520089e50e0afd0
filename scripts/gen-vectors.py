#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Makes a C header from the JSON test vectors, for suites that cannot read files.

usage: gen-vectors.py TESTS_VECTORS > vectors_gen.h

The kernel build runs this (tests/kunit/Makefile); the result is never committed. Tables hold what
the JSON says, in its order; the types are in tests/kunit/vectors.h.
"""

import json
import pathlib
import sys

# ESP over an AEAD: table name, key in the file of esp-aead/
ESP_AEAD = {
    'vec_aes_gcm': 'aes_gcm_rfc4106',
    'vec_chacha20_poly1305': 'rfc7539esp',
}


def octets(text):
    """A struct vec_bytes initialiser from hexadecimal."""
    data = bytes.fromhex(text)
    body = ''.join(f'\\x{b:02x}' for b in data)
    return f'{{ (const u8 *)"{body}", {len(data)} }}'


def row(fields):
    lines = ''.join(f'\t\t.{name} = {value},\n' for name, value in fields.items())
    return f'\t{{\n{lines}\t}},\n'


def table(kind, name, rows):
    return f'static const struct {kind} {name}[] = {{\n{"".join(rows)}}};\n\n'


def text(value):
    return json.dumps(value)


def payload_len(plaintext):
    """RFC 4303 section 2.4, said without the kernel's code: bytes before the padding, or -1 where
    the text does not end as ESP's does."""
    data = bytes.fromhex(plaintext)
    pad = data[-2]
    payload = len(data) - 2 - pad
    if payload < 0 or data[payload:-2] != bytes(range(1, pad + 1)) or len(data) % 4:
        return -1
    return payload


def esp_aead(vectors):
    """The ESP parts as the AEAD sees them: RFC 4106 section 3 to 5, RFC 7634 section 2."""
    with open(vectors / 'esp-aead/esp-aead-rfc4106-4543-4309-7634.json') as f:
        groups = json.load(f)
    for name, group in ESP_AEAD.items():
        rows = []
        for number, vector in enumerate(groups[group], 1):
            rows.append(row({
                'desc': text(f'{group} {number}: {vector["section"]}'),
                'key': octets(vector['key']),
                'salt': octets(vector['salt']),
                'iv': octets(vector['iv']),
                'aad': octets(vector['esp_aad']),
                'plaintext': octets(vector['plaintext']),
                'sealed': octets(vector['ciphertext_icv']),
                'payload': payload_len(vector['plaintext']),
            }))
        yield table('vec_esp_aead', name, rows)


def rfc7634_packet(vectors):
    """RFC 7634 appendix A: a whole ESP packet with its outer header and the packet inside."""
    with open(vectors / 'rfc/rfc7634-chacha20-poly1305.json') as f:
        esp = json.load(f)['esp']
    yield table('vec_esp_packet', 'vec_rfc7634_packet', [row({
        'desc': text('RFC 7634 appendix A'),
        'keymat': octets(esp['keymat']),
        'inner': octets(esp['source_packet']),
        'packet': octets(esp['packet']),
    })])


def ah(vectors):
    """Packets with AH made by scapy."""
    with open(vectors / 'ah/ah-scapy.json') as f:
        rows = [row({
            'desc': text(v['desc']),
            'integ': v['integ'],
            'key': octets(v['key']),
            'seq': v['seq'],
            'esn': 'true' if v['esn'] else 'false',
            'head': v['head'],
            'packet': octets(v['packet']),
        }) for v in json.load(f)]
    yield table('vec_ah', 'vec_ah', rows)


def wycheproof(vectors, name, file, aad_lengths=range(1 << 16)):
    """The cases of Project Wycheproof with a 96-bit nonce and a 128-bit tag, valid or not, whose
    AAD has one of the lengths: rfc4106() takes no others than ESP's."""
    with open(vectors / 'wycheproof' / file) as f:
        groups = json.load(f)['testGroups']
    rows = []
    for group in groups:
        if group['ivSize'] != 96 or group['tagSize'] != 128:
            continue
        for test in group['tests']:
            if len(test['aad']) // 2 not in aad_lengths:
                continue
            rows.append(row({
                'desc': text(f'{name[4:]} {test["tcId"]}: {test["comment"]}'),
                'key': octets(test['key']),
                'nonce': octets(test['iv']),
                'aad': octets(test['aad']),
                'plaintext': octets(test['msg']),
                'sealed': octets(test['ct'] + test['tag']),
                'valid': 'true' if test['result'] == 'valid' else 'false',
            }))
    yield table('vec_aead', name, rows)


def main():
    vectors = pathlib.Path(sys.argv[1])
    print('/* SPDX-License-Identifier: GPL-2.0 */')
    print('/* Made by scripts/gen-vectors.py from tests/vectors: do not edit. */\n')
    print('#include "vectors.h"\n')
    for made in (*esp_aead(vectors), *rfc7634_packet(vectors), *ah(vectors),
                 *wycheproof(vectors, 'vec_wycheproof_gcm', 'aes_gcm_test.json', (8, 12)),
                 *wycheproof(vectors, 'vec_wycheproof_chacha', 'chacha20_poly1305_test.json')):
        print(made, end='')


main()
