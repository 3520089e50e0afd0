#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Every algorithm in tunnel and transport mode, over IPv4 and IPv6, with and without ESN, a few also in UDP: keyway
in a, the kernel's XFRM in b.  One line for each algorithm; a failure names the combination.

In each combination both sides send echo requests of eight sizes up to 9000 octets, which differ from combination to
combination, and TCP carries 8000 octets each way.  In tunnel mode half of that is IPv4 inside and half IPv6.

An algorithm meets two of the eight combinations, one of each mode, and the algorithms between them all pairs of these;
with KEYWAY_MATRIX_FULL=1 it meets all, with seventeen more sizes.

usage: test-matrix-xfrm.py [PATTERN...]    only algorithms whose name has one of them

n is a number for each road, that is mode, family, in UDP or not:

   a: 172.16.n.1 or 2001:db8:n::1 on va ----------- 172.16.n.2 or 2001:db8:n::2 on vb: b
      10.n.1.1, fd00:n:1::1 on kw0  === keyway = XFRM ===  10.n.2.1, fd00:n:2::1 on lo   (tunnel)
"""

import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Pinger, Tap, TcpPair, acquaint, family_of, let_udp_pass, namespace, sh, tear_down, wire
from xfrm import Xfrm

AES = (128, 192, 256)
ENCR = {'3des': 3, 'null': 11, 'aes-cbc': 12, 'aes-ctr': 13, 'aes-ccm-8': 14, 'aes-ccm-12': 15, 'aes-ccm-16': 16,
        'aes-gcm-8': 18, 'aes-gcm-12': 19, 'aes-gcm-16': 20, 'aes-gmac': 21, 'camellia-cbc': 23,
        'chacha20-poly1305': 28}
# number, XFRM's name, octets of key, bits of ICV
INTEG = {'hmac-sha1-96': (2, 'hmac(sha1)', 20, 96), 'aes-xcbc-96': (5, 'xcbc(aes)', 16, 96),
         'aes-cmac-96': (8, 'cmac(aes)', 16, 96), 'hmac-sha2-256-128': (12, 'hmac(sha256)', 32, 128),
         'hmac-sha2-384-192': (13, 'hmac(sha384)', 48, 192),
         'hmac-sha2-512-256': (14, 'hmac(sha512)', 64, 256)}
IN_UDP = ('aes-gcm-16-128', 'chacha20-poly1305', 'aes-cbc-128+hmac-sha2-256-128')
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
MODES = ('tunnel', 'transport')
FULL = bool(os.environ.get('KEYWAY_MATRIX_FULL'))
ALL_SIZES = (2, 3, 15, 16, 17, 63, 64, 255, 1000, 1400, 1444, 2921, 3001, 5555, 8191, 8999, 9000)


def sizes(rng):
    """The ends, the edge of a wire of 1500 octets, and others that are different each time."""
    few = (1, 1472, 1473, rng.randint(2, 64), rng.randint(65, 1299), rng.randint(1300, 1430),
           rng.randint(1380, 1471), rng.randint(1474, 9000))
    return few + ALL_SIZES if FULL else few


class Algorithm:
    """What both sides have to be told."""

    def __init__(self, encr, bits=0, xfrm=None, salt=0, icv=0, integ=None, proto=socket.IPPROTO_ESP):
        self.encr, self.bits, self.xfrm, self.salt, self.icv = encr, bits, xfrm, salt, icv
        self.integ, self.proto = integ, proto
        self.name = '+'.join(n for n in ('ah' if proto == socket.IPPROTO_AH else '',
                                         encr and (f'{encr}-{bits}' if encr.startswith(('aes', 'camellia'))
                                                   else encr), integ) if n)

    def keys(self, rng):
        return (rng.randbytes(self.bits // 8 + self.salt) if self.encr else b'',
                rng.randbytes(INTEG[self.integ][2]) if self.integ else b'')

    def keyway(self, keys, esn):
        sa = {'proto': self.proto, 'flags': ['esn'] if esn else []}
        if self.encr:
            sa['encr'] = ENCR[self.encr]
            if self.bits:
                sa['encr-bits'] = self.bits
            if keys[0]:
                sa['encr-key'] = keys[0]
        if self.integ:
            sa |= {'integ': INTEG[self.integ][0], 'integ-key': keys[1]}
        return sa

    def xfrm_args(self, keys, esn):
        args = {'esn': esn, 'proto': self.proto}
        if self.icv:
            return args | {'aead': (self.xfrm, keys[0], self.icv * 8)}
        if self.xfrm:
            args['encr'] = (self.xfrm, keys[0])
        _, name, _, icv = INTEG[self.integ]
        return args | {'integ': (name, keys[1], icv)}


def algorithms():
    for n in (16, 12, 8):
        for bits in AES:
            yield Algorithm(f'aes-gcm-{n}', bits, 'rfc4106(gcm(aes))', 4, n)
            yield Algorithm(f'aes-ccm-{n}', bits, 'rfc4309(ccm(aes))', 3, n)
    yield Algorithm('chacha20-poly1305', 256, 'rfc7539esp(chacha20,poly1305)', 4, 16)
    for bits in AES:
        yield Algorithm('aes-gmac', bits, 'rfc4543(gcm(aes))', 4, 16)
        yield Algorithm('aes-cbc', bits, 'cbc(aes)', integ='hmac-sha2-256-128')
        yield Algorithm('aes-ctr', bits, 'rfc3686(ctr(aes))', 4, integ='hmac-sha2-384-192')
        yield Algorithm('camellia-cbc', bits, 'cbc(camellia)', integ='hmac-sha2-512-256')
    yield Algorithm('3des', 192, 'cbc(des3_ede)', integ='hmac-sha1-96')
    for integ in INTEG:
        yield Algorithm('null', 0, 'ecb(cipher_null)', integ=integ)
        yield Algorithm('aes-cbc', 128, 'cbc(aes)', integ=integ)


class Road:
    """One mode and outer family, in UDP or not: a policy on each side, sockets to send through it."""

    def __init__(self, kw, mode, family, udp=False):
        self.mode, self.family, self.udp = mode, family, udp
        self.reqid = n = family + (10 if mode == 'transport' else 0) + (20 if udp else 0)
        self.outer = (f'172.16.{n}.1', f'172.16.{n}.2') if family == 4 else (f'2001:db8:{n}::1', f'2001:db8:{n}::2')
        self.inner = [self.outer]
        if mode == 'tunnel':
            self.inner = [(f'10.{n}.1.1', f'10.{n}.2.1'), (f'fd00:{n}:1::1', f'fd00:{n}:2::1')]
        self.addresses()
        self.xfrm_policies()
        if udp:
            self.udp_sockets(kw)
        self.policy = kw.request('policy-new', {'policy': self.keyway_policy()})[0]['policy']['id']
        self.pings = [Pinger(ns, to, source) for a, b in self.inner
                      for ns, source, to in (('a', a, b), ('b', b, a))]
        self.tcp = [TcpPair('b', b, 'a', a) for a, b in self.inner]
        self.spi = 0x1000 * n
        self.name = f'{mode}{" in UDP" if udp else ""}, IPv{family}'

    def addresses(self):
        bits = 64 if self.family == 6 else 24
        sh(f'ip -n a addr add {self.outer[0]}/{bits} dev va; ip -n b addr add {self.outer[1]}/{bits} dev vb')
        if self.mode == 'transport':
            acquaint(*self.outer)
            return
        for a, b in self.inner:
            via = f'inet{"" if self.family == 4 else "6"} {self.outer[0]}'
            if (':' in a) != (self.family == 6):
                via = 'inet6 2001:db8::1' if ':' in a else 'inet 192.0.2.1'
            sh(f'ip -n a addr add {a} dev kw0; ip -n a route add {b} dev kw0 src {a};'
               f'ip -n b addr add {b} dev lo; ip -n b route add {a} via {via} src {b}')

    def xfrm_policies(self):
        out, back = (self.outer[1], self.outer[0]), self.outer
        for a, b in self.inner:
            for direction, (src, dst), (near, far) in (('out', (b, a), out), ('in', (a, b), back)):
                sh(f'ip -n b xfrm policy add dir {direction} src {src} dst {dst} priority 2 tmpl src {near} dst {far} '
                   f'proto esp reqid {self.reqid} mode {self.mode}')

    def udp_sockets(self, kw):
        self.sockets = []
        if self.mode == 'transport':
            # ESP in UDP is itself between the hosts whose packets it protects.
            a, b = self.outer
            sh(f'ip -n b xfrm policy add dir in src {a} dst {b} proto udp dport 4500 priority 1')
        for ns, address in zip('ab', self.outer):
            with namespace(ns):
                sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
            sock.bind((address, 4500))
            self.sockets.append(sock)
        kw.request('socket-set', {'socket-fd': self.sockets[0].fileno()})
        self.sockets[1].setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)

    def keyway_policy(self):
        with namespace('a'):
            device = {'ifindex': socket.if_nametoindex('kw0')} if self.mode == 'tunnel' else {}
        return {**device, 'mode': self.mode, 'priority': 1, 'local': self.outer[0], 'remote': self.outer[1],
                'ts-local': [{'start': a, 'end': a} for a, _ in self.inner],
                'ts-remote': [{'start': b, 'end': b} for _, b in self.inner]}

    def key(self, kw, xfrm, algorithm, rng, esn):
        """New SAs on both sides instead of the old."""
        self.spi += 2
        there, back = algorithm.keys(rng), algorithm.keys(rng)
        kw.request('sa-flush', {'sa': {'policy-id': self.policy}})
        ports = {'udp-local': 4500, 'udp-remote': 4500} if self.udp else {}
        kw.request('child-new', {'policy': {'id': self.policy}, 'sa': [
            {'dir': 'in', 'spi': self.spi + 1, **algorithm.keyway(back, esn), **ports},
            {'dir': 'out', 'spi': self.spi, **algorithm.keyway(there, esn), **ports}]})
        a, b = self.outer
        udp = (4500, 4500) if self.udp else None
        xfrm.add(a, b, self.spi, self.reqid, self.mode, udp=udp, **algorithm.xfrm_args(there, esn))
        xfrm.add(b, a, self.spi + 1, self.reqid, self.mode, udp=udp, **algorithm.xfrm_args(back, esn))

    def traffic(self, kw, rng):
        """None, or what went wrong."""
        before = too_big(kw)
        for p in self.pings:
            p.send(sizes(rng))
        for p in self.pings:
            lost = p.lost(0.3 if too_big(kw) > before else 2)
            if lost and too_big(kw) > before:
                # Another algorithm leaves another size.  Once told so, Linux sends smaller packets.
                p.send(lost)
                lost = p.lost()
            if lost:
                return f'pings lost, of sizes {lost}'
        return next(filter(None, (t.exchange(8000) for t in self.tcp)), None)


def too_big(kw):
    return kw.request('stats-get')[0]['stats']['out-too-big']


def drops(kw):
    """What keyway dropped on behalf of a policy, but for what it answers as too big.  (The device also sees
    multicast, which is for none of them.)"""
    found = [p['policy'].get('drops', {}) for p in kw.request('policy-get', dump=True)]
    return [d for d in found if set(d) - {'out-too-big'}]


def xfrm_errors():
    """What XFRM refused.  Not what came or went while it had no states: the last words of a TCP
    connection may do so between two algorithms.  (A ping without states would be lost.)"""
    with namespace('b'), open('/proc/net/xfrm_stat', encoding='ascii') as f:
        return {k: int(v) for k, v in map(str.split, f)
                if int(v) and k not in ('XfrmInNoStates', 'XfrmOutNoStates')}


def combinations(roads, algorithm, number):
    """Which an algorithm meets: (road, esn)."""
    for mode in MODES:
        plain = [(r, esn) for r in roads for esn in (True, False) if r.mode == mode and not r.udp]
        if not FULL:
            # The second mode moves on by one whenever the first has been through all of its own.
            step = number if mode == MODES[0] else number + number // len(plain)
            plain = [plain[step % len(plain)]]
        yield from plain
    if algorithm.name in IN_UDP:
        yield from ((r, bool((n + number) % 2)) for n, r in enumerate(roads) if r.udp)


def one(kw, xfrm, roads, algorithm, number):
    """The combinations of one algorithm; what went wrong."""
    wrong = []
    for road, esn in combinations(roads, algorithm, number):
        rng = random.Random(f'{number} {road.reqid} {esn}')
        xfrm.flush()
        try:
            road.key(kw, xfrm, algorithm, rng, esn)
            bad = road.traffic(kw, rng)
        except (kwctl.Refused, OSError) as e:
            bad = e
        if bad:
            wrong.append(f'{road.name}, {"ESN" if esn else "no ESN"}: {bad}; '
                         f'keyway {drops(kw)}, XFRM {xfrm_errors()}')
    return wrong


def run(tap, patterns):
    wire()
    sh('modprobe -a esp4 esp6 ah4 ah6; ip -n a link add kw0 type keyway; ip -n a link set kw0 up')
    with namespace('a'):
        kw = kwctl.Client()
    with namespace('b'):
        xfrm = Xfrm()
    let_udp_pass(kw)
    roads = [Road(kw, mode, family, udp) for udp in (False, True) for mode in MODES for family in (4, 6)]
    for number, algorithm in enumerate(algorithms()):
        if patterns and not any(p in algorithm.name for p in patterns):
            continue
        began = time.monotonic()
        wrong = one(kw, xfrm, roads, algorithm, number)
        tap.ok(not wrong, algorithm.name, '\n'.join(wrong))
        print(f'# {time.monotonic() - began:.1f} s', flush=True)
    tap.equal('keyway dropped nothing', drops(kw), [])
    tap.equal('nor did XFRM', xfrm_errors(), {})


def main(argv):
    tap = Tap()
    try:
        run(tap, argv[1:])
    finally:
        tear_down()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main(sys.argv))
