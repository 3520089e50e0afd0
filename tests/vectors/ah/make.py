#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Makes ah-scapy.json, beside this file: AH packets as scapy's IPsec layer protects them.

usage: make.py > ah-scapy.json

Scapy (python3-scapy) lays out AH, zeroes the mutable fields and truncates; pyca/cryptography
computes HMAC, CMAC and, where scapy has no such algorithm, GMAC and the AES blocks of XCBC, which
are put behind scapy's own AuthAlgo.  Nothing is random: running it again makes the same file.
"""

import json

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop, IPv6ExtHdrRouting,
                                HBHOptUnknown, Pad1, PadN, RouterAlert)
from scapy.layers.ipsec import AH, AUTH_ALGOS, AuthAlgo, SecurityAssociation
from scapy.packet import Raw, raw

SPI = 0xc0ffee01
KEY = bytes(range(1, 65))


class Xcbc:
    """AES-XCBC-MAC (RFC 3566) with the interface AuthAlgo wants of HMAC."""

    def __init__(self, key, _digestmod, _backend):
        self.data = b''
        self.subkeys = [self.block(key, bytes([n]) * 16) for n in (1, 2, 3)]

    @staticmethod
    def block(key, data):
        e = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
        return e.update(data) + e.finalize()

    def update(self, data):
        self.data += data

    def finalize(self):
        blocks = [self.data[i:i + 16] for i in range(0, len(self.data), 16)] or [b'']
        last, whole = blocks.pop(), b'\0' * 16
        for b in blocks:
            whole = self.block(self.subkeys[0], xor(whole, b))
        if len(last) == 16:
            mask = self.subkeys[1]
        else:
            mask, last = self.subkeys[2], (last + b'\x80').ljust(16, b'\0')
        return self.block(self.subkeys[0], xor(xor(whole, last), mask))


class Gmac:
    """RFC 4543 section 4: the ICV is the IV and GCM's tag over what the ICV covers; the nonce is
    the salt, which ends the key, and the IV.  keyway's IV is the sequence number."""

    iv = None

    def __init__(self, key, _digestmod, _backend):
        self.key, self.salt, self.data = key[:-4], key[-4:], b''

    def update(self, data):
        self.data += data

    def finalize(self):
        return Gmac.iv + AESGCM(self.key).encrypt(self.salt + Gmac.iv, b'', self.data)


def xor(a, b):
    return bytes(x ^ y for x, y in zip(a, b))


def no_digest():
    return None


# Name: IANA number, scapy's algorithm, bytes of key.
INTEG = {
    'HMAC-SHA1-96': (2, AUTH_ALGOS['HMAC-SHA1-96'], 20),
    'AES-XCBC-96': (5, AuthAlgo('AES-XCBC-96', Xcbc, no_digest, 12), 16),
    'AES-CMAC-96': (8, AUTH_ALGOS['AES-CMAC-96'], 16),
    'AES-128-GMAC': (9, AuthAlgo('AES-128-GMAC', Gmac, no_digest, 24), 20),
    'AES-192-GMAC': (10, AuthAlgo('AES-192-GMAC', Gmac, no_digest, 24), 28),
    'AES-256-GMAC': (11, AuthAlgo('AES-256-GMAC', Gmac, no_digest, 24), 36),
    'HMAC-SHA2-256-128': (12, AUTH_ALGOS['SHA2-256-128'], 32),
    'HMAC-SHA2-384-192': (13, AUTH_ALGOS['SHA2-384-192'], 48),
    'HMAC-SHA2-512-256': (14, AUTH_ALGOS['SHA2-512-256'], 64),
}

vectors = []


def protect(desc, packet, integ='HMAC-SHA2-256-128', seq=7, esn=False, tunnel=None):
    number, algo, key_len = INTEG[integ]
    Gmac.iv = seq.to_bytes(8, 'big')
    sa = SecurityAssociation(AH, spi=SPI, auth_algo='NULL', tunnel_header=tunnel)
    sa.auth_algo, sa.auth_key = algo, KEY[:key_len]
    done = sa.encrypt(packet, seq_num=seq & 0xffffffff, esn_en=esn, esn=seq >> 32)
    head = len(done) - len(done[AH])
    vectors.append({'desc': desc, 'integ': number, 'key': KEY[:key_len].hex(), 'spi': SPI,
                    'seq': seq, 'esn': esn, 'head': head, 'packet': raw(done).hex()})


def ipv4(options=b''):
    """With the header's options given as bytes, padded with end-of-list."""
    header = IP(src='10.0.0.1', dst='10.0.0.2', id=0x1234, tos=0xb9, ttl=61, flags='DF',
                ihl=5 + (len(options) + 3) // 4, options=[])
    options = options.ljust((len(options) + 3) // 4 * 4, b'\0')
    udp = raw(UDP(sport=1, dport=2, chksum=0x5678) / Raw(b'covered in full'))
    header.proto, header.len = 17, 20 + len(options) + len(udp)
    return IP(raw(header)[:20] + options + udp)


def ipv6(*extensions):
    packet = IPv6(src='fd00::1', dst='fd00::2', tc=0xb9, fl=0x12345, hlim=61)
    for e in extensions:
        packet /= e
    packet /= UDP(sport=1, dport=2, chksum=0x5678) / Raw(b'covered in full')
    return IPv6(raw(packet))


def main():
    for name in INTEG:
        for esn in (False, True):
            seq = 0x500000000 + len(vectors) + 1 if esn else len(vectors) + 1
            what = name + (' with ESN' if esn else '')
            protect(f'{what}, IPv4 transport', ipv4(), name, seq, esn)
            protect(f'{what}, IPv6 transport', ipv6(), name, seq, esn)
            protect(f'{what}, IPv6 in IPv4', ipv6(), name, seq, esn,
                    IP(src='192.0.2.1', dst='192.0.2.2', id=99, ttl=64))
            protect(f'{what}, IPv4 in IPv6', ipv4(), name, seq, esn,
                    IPv6(src='2001:db8::1', dst='2001:db8::2'))
    # Zeroed ones of each length: a record route holds whole addresses, an unknown option anything.
    for length in range(3, 41):
        number, what = (7, 'record route') if length % 4 == 3 else (222, 'unknown option')
        option = bytes([number, length, 4]) + bytes(range(100, 100 + length - 3))
        protect(f'{what} of {length} bytes', ipv4(option))
    for length in range(0, 41):
        protect(f'{length} times no operation', ipv4(b'\1' * length))
    protect('timestamp, flags 1', ipv4(bytes([68, 36, 9, 1]) + bytes(range(32))))
    protect('router alert, then timestamp', ipv4(bytes([148, 4, 0, 0, 68, 8, 5, 0, 1, 2, 3, 4])))
    protect('security, then record route', ipv4(bytes([130, 11, *range(9), 7, 7, 4, 1, 2, 3, 4])))
    protect('CIPSO', ipv4(bytes([134, 10, 0, 0, 0, 5, 2, 4, 0, 1])))
    protect('an unknown option, then one that stays', ipv4(
        bytes([222, 4, 1, 2, 148, 4, 0, 0])))

    stays = HBHOptUnknown(otype=0x1e, optlen=4, optdata=b'stay')
    changes = HBHOptUnknown(otype=0x3e, optlen=4, optdata=b'vary')
    hop = IPv6ExtHdrHopByHop
    dest = IPv6ExtHdrDestOpt
    protect('hop-by-hop: router alert', ipv6(hop(options=[RouterAlert()])))
    protect('hop-by-hop: one stays', ipv6(hop(options=[stays])))
    protect('hop-by-hop: one may change', ipv6(hop(options=[changes])))
    protect('hop-by-hop: both kinds and padding', ipv6(
        hop(options=[changes, Pad1(), stays, PadN(optlen=3, optdata=b'\0\0\0'), changes])))
    protect('destination options: both kinds', ipv6(dest(options=[stays, changes])))
    protect('hop-by-hop and destination options', ipv6(
        hop(options=[stays, changes]), dest(options=[changes, stays])))
    protect('a route at its end', ipv6(
        IPv6ExtHdrRouting(type=0, segleft=0, addresses=[])))
    protect('hop-by-hop, route at its end, destination options after AH', ipv6(
        hop(options=[changes]), IPv6ExtHdrRouting(type=0, segleft=0, addresses=[]),
        dest(options=[changes, stays])))
    print(json.dumps(vectors, indent=1))


main()
