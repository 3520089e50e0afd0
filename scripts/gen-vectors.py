#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Makes a C header from the JSON test vectors, for suites that cannot read files.

usage: gen-vectors.py TESTS_VECTORS > vectors_gen.h

The kernel build runs this (tests/kunit/Makefile); the result is never committed. Tables hold what
the JSON says, in its order; the types are in tests/kunit/vectors.h.
"""

import gzip
import json
import pathlib
import struct
import sys

# ESP over an AEAD: table name, key in the file of esp-aead/
ESP_AEAD = {
    'vec_aes_gcm': 'aes_gcm_rfc4106',
    'vec_aes_gmac': 'aes_gcm_rfc4543',
    'vec_aes_ccm': 'aes_ccm_rfc4309',
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
                'forged': 'true' if vector['must_fail'] else 'false',
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


def plain_ciphers(vectors):
    """AES-CBC of RFC 3602 section 4, its ESP packets as the cipher sees them included, and AES-CTR
    of RFC 3686 section 6."""
    rows = []
    for file, encr in (('rfc3602-aes-cbc-esp', 'CBC'), ('rfc3686-aes-ctr', 'CTR')):
        with open(vectors / f'rfc/{file}.json') as f:
            for case in json.load(f)['cases']:
                rows.append(row({
                    'desc': text(f'{file} {case["case"]}'),
                    'encr': f'KEYWAY_ENCR_AES_{encr}',
                    'key': octets(case['key'] + case.get('nonce', '')),
                    'iv': octets(case['iv']),
                    'plaintext': octets(case['plaintext']),
                    'ciphertext': octets(case['ciphertext']),
                }))
    yield table('vec_cipher', 'vec_plain_ciphers', rows)


def mac_row(desc, integ, key, message, mac, iv=''):
    return row({
        'desc': text(desc), 'integ': f'KEYWAY_INTEG_{integ}', 'key': octets(key),
        'iv': octets(iv), 'message': octets(message), 'mac': octets(mac),
    })


def rfc_macs(vectors):
    """RFC 3566 section 4.6, and RFC 4868 section 2.7.2."""
    with open(vectors / 'rfc/aes-xcbc-cmac.json') as f:
        for case in json.load(f)['rfc3566']:
            yield mac_row(f'RFC 3566 case {case["case"]}', 'AES_XCBC_96', case['key'],
                          case['message'], case['mac'][:24])
    names = {'HMAC-SHA-256-128': 'HMAC_SHA2_256_128', 'HMAC-SHA-384-192': 'HMAC_SHA2_384_192',
             'HMAC-SHA-512-256': 'HMAC_SHA2_512_256'}
    with open(vectors / 'rfc/rfc4868-hmac-sha2.json') as f:
        for case in json.load(f)['cases']:
            for name in names.keys() & case.keys():
                yield mac_row(f'RFC 4868 {case["case"]}', names[name], case['key'],
                              case['data'], case[name])


def wycheproof_macs(vectors):
    """The valid cases of Project Wycheproof whose keys ESP and AH can have, with ESP's and AH's
    truncation; one in four, which is plenty."""
    integs = {('hmac_sha1', 160): ('HMAC_SHA1_96', 12), ('hmac_sha256', 256): ('HMAC_SHA2_256_128', 16),
              ('hmac_sha384', 384): ('HMAC_SHA2_384_192', 24),
              ('hmac_sha512', 512): ('HMAC_SHA2_512_256', 32), ('aes_cmac', 128): ('AES_CMAC_96', 12),
              ('aes_gmac', 128): ('AES_128_GMAC', 16), ('aes_gmac', 192): ('AES_192_GMAC', 16),
              ('aes_gmac', 256): ('AES_256_GMAC', 16)}
    for file in dict.fromkeys(name for name, _ in integs):
        with open(vectors / f'wycheproof/{file}_test.json') as f:
            groups = json.load(f)['testGroups']
        for group in groups:
            integ, length = integs.get((file, group['keySize']), (None, 0))
            if not integ or group['tagSize'] < 8 * length or group.get('ivSize', 96) != 96:
                continue
            for test in [t for t in group['tests'] if t['result'] == 'valid'][::4]:
                iv = test.get('iv', '')
                yield mac_row(f'{file} {test["tcId"]}: {test["comment"]}', integ,
                              test['key'] + iv[:8], test['msg'], test['tag'][:2 * length], iv[8:])


def pcap_frames(data):
    """The Ethernet frames of a pcap or pcapng file in little-endian order."""
    if data[:4] == bytes.fromhex('d4c3b2a1'):
        at = 24
        while at < len(data):
            length = struct.unpack_from('<I', data, at + 8)[0]
            yield data[at + 16:at + 16 + length]
            at += 16 + length
        return
    at = 0
    while at < len(data):
        kind, total = struct.unpack_from('<II', data, at)
        if kind == 6:
            length = struct.unpack_from('<I', data, at + 20)[0]
            yield data[at + 28:at + 28 + length]
        at += total


# Captures: file; for each SPI the algorithm and its key, and that of HMAC-SHA1-96, if known.
CAPTURES = {
    'wireshark/esp-bug-12671.pcapng.gz': {
        '070883c2': ('AES_CBC', '5de1a4c2c72662c9fda7a7c78cd25623',
                     '51c9213c18232f8f26c70c4dee6e0e6d56e31e8a'),
        'c254fe64': ('AES_CBC', '88e1dad7140af03b8d4f3d734d21be4b',
                     '3e00d517c1220d4b7d2950fcc02edd4b6023d278'),
    },
    'tcpdump/02-sunrise-sunset-esp.pcap': {
        '12345678': ('3DES', '4043434545464649494a4a4c4c4f4f515152525454575758', ''),
    },
    'tcpdump/08-sunrise-sunset-aes.pcap': {
        'd1234567': ('AES_CBC', 'aaaabbbbccccdddd4043434545464649494a4a4c4c4f4f515152525454575758',
                     ''),
    },
}


def captures(vectors):
    """ESP packets that somebody else's implementation sent, from the SPI on."""
    rows = []
    for file, keys in CAPTURES.items():
        data = (vectors / file).read_bytes()
        if file.endswith('.gz'):
            data = gzip.decompress(data)
        for number, frame in enumerate(pcap_frames(data), 1):
            total = struct.unpack_from('>H', frame, 16)[0]
            esp = frame[14 + 20:14 + total]
            if frame[14] != 0x45 or frame[23] != 50 or esp[:4].hex() not in keys:
                continue
            encr, key, integ = keys[esp[:4].hex()]
            rows.append(row({
                'desc': text(f'{file} {number}'), 'encr': f'KEYWAY_ENCR_{encr}',
                'key': octets(key), 'integ_key': octets(integ), 'packet': octets(esp.hex()),
            }))
    yield table('vec_capture', 'vec_captures', rows)


def main():
    vectors = pathlib.Path(sys.argv[1])
    print('/* SPDX-License-Identifier: GPL-2.0 */')
    print('/* Made by scripts/gen-vectors.py from tests/vectors: do not edit. */\n')
    print('#include "vectors.h"\n')
    macs = [*rfc_macs(vectors), *wycheproof_macs(vectors)]
    for made in (*esp_aead(vectors), *rfc7634_packet(vectors), *ah(vectors),
                 *plain_ciphers(vectors), table('vec_mac', 'vec_macs', macs), *captures(vectors),
                 *wycheproof(vectors, 'vec_wycheproof_gcm', 'aes_gcm_test.json', (8, 12)),
                 *wycheproof(vectors, 'vec_wycheproof_chacha', 'chacha20_poly1305_test.json')):
        print(made, end='')


main()
