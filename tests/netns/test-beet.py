#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""BEET mode, in every mix of families and in UDP: keyway in a, the kernel's XFRM in b.  Echo requests of many sizes up
to 9000 octets both ways, with IPv4 options too, and TCP; what routers do to the outer header is seen inside.

   a: 192.0.2.1, 2001:db8::1 on va ------------- 192.0.2.2, 2001:db8::2 on vb: b
      10.n.1.1 or fd00:n:1::1 on lo == keyway = XFRM == 10.n.2.1 or fd00:n:2::1 on lo
"""

import os
import random
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Pinger, Tap, TcpPair, let_udp_pass, namespace, settle, sh, tear_down, wire
from xfrm import Xfrm

OUTER = {4: ('192.0.2.1', '192.0.2.2'), 6: ('2001:db8::1', '2001:db8::2')}
SIZES = (1, 2, 63, 64, 255, 1000, 1400, 1430, 1444, 1465, 1472, 1473, 3001, 9000)
IP_OPTIONS, IP_RECVTTL, IP_RECVTOS = 4, 12, 13
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
NOP = b'\1'


class Algorithm:
    def __init__(self, name, encr, integ=None):
        self.name, self.encr, self.integ = name, encr, integ

    def keyway(self, seed):
        rng = random.Random(seed)
        sa = {'encr': self.encr, 'encr-bits': 128, 'encr-key': rng.randbytes(16 if self.integ else 20)}
        return sa | ({'integ': self.integ, 'integ-key': rng.randbytes(32)} if self.integ else {})

    def xfrm(self, seed):
        sa = self.keyway(seed)
        if self.integ:
            return {'encr': ('cbc(aes)', sa['encr-key']), 'integ': ('hmac(sha256)', sa['integ-key'], 128)}
        return {'aead': ('rfc4106(gcm(aes))', sa['encr-key'], 128)}


GCM = Algorithm('AES-GCM', 20)
CBC = Algorithm('AES-CBC with HMAC', 12, 12)


class Road:
    """Two inner addresses, of one family, and the policies for them."""

    def __init__(self, kw, n, inner, outer, udp=False, device=False):
        self.n, self.inner, self.outer, self.udp, self.device = n, inner, outer, udp, device
        self.ends = (f'10.{n}.1.1', f'10.{n}.2.1') if inner == 4 else (f'fd00:{n}:1::1', f'fd00:{n}:2::1')
        self.name = f'IPv{inner} in IPv{outer}{" in UDP" if udp else ""}{" by a device" if device else ""}'
        self.spi = 0x1000 * n
        near, far = self.ends
        via = '' if device else f'via {OUTER[inner][1]}'
        sh(f'ip -n a addr add {near} dev {"kw0" if device else "lo"};'
           f'ip -n a route add {far} {via} dev {"kw0" if device else "va"} src {near};'
           f'ip -n b addr add {far} dev lo;'
           f'ip -n b route add {near} via {OUTER[inner][0]} dev vb src {far}')
        a, b = OUTER[outer]
        for direction, src, dst, out, back in (('out', far, near, b, a), ('in', near, far, a, b)):
            sh(f'ip -n b xfrm policy add dir {direction} src {src} dst {dst} priority 2 '
               f'tmpl src {out} dst {back} proto esp reqid {n} mode beet')
        self.policy = kw.request('policy-new', {'policy': {
            **({'ifindex': self.index()} if device else {}), 'mode': 'beet', 'local': a, 'remote': b,
            'ts-local': [{'start': near, 'end': near}], 'ts-remote': [{'start': far, 'end': far}]}})[0]['policy']['id']

    def index(self):
        with namespace('a'):
            return socket.if_nametoindex('kw0')

    def key(self, kw, xfrm, algorithm, esn):
        """New SAs on both sides instead of the old."""
        self.spi += 2
        kw.request('sa-flush', {'sa': {'policy-id': self.policy}})
        xfrm.flush()
        ports = {'udp-local': 4500, 'udp-remote': 4500} if self.udp else {}
        flags = {'flags': ['esn'] if esn else []}
        kw.request('child-new', {'policy': {'id': self.policy}, 'sa': [
            {'dir': 'in', 'spi': self.spi + 1, **algorithm.keyway(self.spi + 1), **ports, **flags},
            {'dir': 'out', 'spi': self.spi, **algorithm.keyway(self.spi), **ports, **flags}]})
        a, b = OUTER[self.outer]
        near, far = self.ends
        for src, dst, spi, ends in ((a, b, self.spi, (near, far)), (b, a, self.spi + 1, (far, near))):
            xfrm.add(src, dst, spi, self.n, 'beet', esn=esn, udp=(4500, 4500) if self.udp else None, ends=ends,
                     **algorithm.xfrm(spi))

    def pings(self, sizes, options=()):
        near, far = self.ends
        both = [Pinger('a', far, near, options), Pinger('b', near, far, options)]
        wrong = []
        for p in both:
            p.send(sizes)
        for p, side in zip(both, 'ab'):
            lost = p.lost(1)
            if lost:
                # Those that were told how much fits.
                p.send(lost)
                lost = p.lost()
            if lost:
                wrong.append(f'pings from {side} lost, of sizes {lost}')
            p.close()
        return wrong

    def tcp(self):
        bad = TcpPair('b', self.ends[1], 'a', self.ends[0]).exchange()
        return [bad] if bad else []


def drops(kw):
    found = kw.request('stats-get')[0]['stats']
    return {k: v for k, v in found.items() if v and k.startswith(('in-', 'out-')) and k != 'out-too-big'}


def xfrm_errors():
    with namespace('b'), open('/proc/net/xfrm_stat', encoding='ascii') as f:
        return {k: int(v) for k, v in map(str.split, f)
                if int(v) and k not in ('XfrmInNoStates', 'XfrmOutNoStates')}


def outside_is_inside(tap, road):
    """TTL and DSCP of the sender arrive, less what a router between would have taken off."""
    near, far = road.ends
    for there, back, source, target in (('a', 'b', near, far), ('b', 'a', far, near)):
        with namespace(back):
            sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind((target, 9000))
        sink.settimeout(3)
        sink.setsockopt(socket.IPPROTO_IP, IP_RECVTTL, 1)
        sink.setsockopt(socket.IPPROTO_IP, IP_RECVTOS, 1)
        with namespace(there):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((source, 0))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 77)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0xb8 | 2)
        sock.sendto(b'x', (target, 9000))
        try:
            _, extra, _, sender = sink.recvmsg(100, 100)
            got = {kind: value[0] for _, kind, value in extra}
            seen = (sender[0], got.get(socket.IP_TTL), got.get(socket.IP_TOS))
        except OSError as e:
            seen = e
        tap.equal(f'{road.name}: address, TTL, DSCP and ECN of {there} arrive', seen, (source, 77, 0xba))
        sink.close()
        sock.close()


def adopt(kw):
    """Port 4500 on both sides."""
    socks = []
    for ns, address in zip('ab', OUTER[4]):
        with namespace(ns):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind((address, 4500))
        socks.append(sock)
    kw.request('socket-set', {'socket-fd': socks[0].fileno()})
    socks[1].setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    return socks


def run(tap):
    wire()
    sh('modprobe -a esp4 esp6; ip -n a link add kw0 type keyway; ip -n a link set kw0 up')
    with namespace('a'):
        kw = kwctl.Client()
    with namespace('b'):
        xfrm = Xfrm()
    let_udp_pass(kw)
    socks = adopt(kw)
    roads = [Road(kw, 1, 4, 4), Road(kw, 2, 6, 4), Road(kw, 3, 4, 6), Road(kw, 4, 6, 6), Road(kw, 5, 4, 4, udp=True),
             Road(kw, 6, 6, 4, udp=True), Road(kw, 7, 4, 4, device=True)]
    for road in roads:
        for algorithm, esn in ((GCM, True), (CBC, False)):
            road.key(kw, xfrm, algorithm, esn)
            # To a device the stack gives fragments, which have no place in BEET mode.
            wrong = road.pings([s for s in SIZES if s < 1400 or not road.device]) + road.tcp()
            tap.ok(not wrong, f'{road.name}, {algorithm.name}',
                   '\n'.join(wrong) + f'\nkeyway {drops(kw)}, XFRM {xfrm_errors()}')
        if road.inner == 4 and not road.udp:
            wrong = []
            for n in (4, 8, 12, 40):
                wrong += road.pings((1, 100, 1300), [(socket.IPPROTO_IP, IP_OPTIONS, NOP * n)])
            tap.ok(not wrong, f'{road.name}, with IPv4 options', '\n'.join(wrong) + f'\nkeyway {drops(kw)}, '
                   f'XFRM {xfrm_errors()}')
        if road.inner == 4:
            outside_is_inside(tap, road)
    tap.equal('keyway dropped nothing', settle(lambda: drops(kw), {}, 0), {})
    tap.equal('nor did XFRM', xfrm_errors(), {})
    for sock in socks:
        sock.close()


def main():
    tap = Tap()
    try:
        run(tap)
    finally:
        tear_down()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
