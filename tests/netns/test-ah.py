#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""AH, alone and around ESP, in tunnel and transport mode: keyway in a, the kernel's ah4, ah6 and esp in b.

   a: 192.0.2.1, 2001:db8::1 on va ------------------- 192.0.2.2, 2001:db8::2 on vb: b
      10.0.1.1, fd01::1 on kw0  === AH: keyway = XFRM ===  10.0.2.1, fd02::1 on lo      (tunnel)
      198.51.100.1, fd09::1   ====== AH: keyway = XFRM =====  198.51.100.2, fd09::2     (transport)

Each integrity algorithm in both modes, with and without ESN, over both families, both sides asking; datagrams under
IPv4 options of any length and IPv6 extension headers; AES-GMAC, which XFRM does not have, between two keyways; ESP
within AH; packets that come twice or changed.

An algorithm meets two of the eight combinations; with KEYWAY_MATRIX_FULL=1 it meets all.
"""

import os
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Pinger, Tap, TcpPair, acquaint, family_of, namespace, settle, sh, tear_down, wire
from xfrm import Xfrm

AH, ESP = socket.IPPROTO_AH, socket.IPPROTO_ESP
OUTER = {('tunnel', 4): ('192.0.2.1', '192.0.2.2'), ('tunnel', 6): ('2001:db8::1', '2001:db8::2'),
         ('transport', 4): ('198.51.100.1', '198.51.100.2'), ('transport', 6): ('fd09::1', 'fd09::2')}
INNER = (('10.0.1.1', '10.0.2.1'), ('fd01::1', 'fd02::1'))
# number, XFRM's name, octets of key, bits of ICV
INTEG = {'HMAC-SHA1-96': (2, 'hmac(sha1)', 20, 96), 'AES-XCBC-96': (5, 'xcbc(aes)', 16, 96),
         'AES-CMAC-96': (8, 'cmac(aes)', 16, 96), 'HMAC-SHA2-256-128': (12, 'hmac(sha256)', 32, 128),
         'HMAC-SHA2-384-192': (13, 'hmac(sha384)', 48, 192),
         'HMAC-SHA2-512-256': (14, 'hmac(sha512)', 64, 256)}
GMAC = {'AES-128-GMAC': (9, 20), 'AES-192-GMAC': (10, 28), 'AES-256-GMAC': (11, 36)}
KEY = bytes(range(1, 65))
ETH, IP = 14, 20
SIZES = (1, 56, 1000, 1372, 1500, 4000)
FULL = bool(os.environ.get('KEYWAY_MATRIX_FULL'))

IP_OPTIONS, IPV6_HOPOPTS, IPV6_RTHDRDSTOPTS, IPV6_DSTOPTS = 4, 54, 55, 59
NOP, RECORD_ROUTE, TIMESTAMP, SECURITY, ROUTER_ALERT = 1, 7, 68, 130, 148


def extension(*options):
    """Hop-by-hop or destination options; the stack writes the next header."""
    data = b''.join(bytes([kind, len(value)]) + value for kind, value in options)
    fill = -(len(data) + 2) % 8
    data += b'\0' if fill == 1 else bytes([1, fill - 2]) + bytes(fill - 2) if fill else b''
    return bytes([0, (len(data) + 2) // 8 - 1]) + data


# Nobody knows these two: the first may not change on the way, the second may, and is not covered.
STAYS, CHANGES = (0x1e, b'stay'), (0x3e, b'changes')
HEADERS = {
    4: {'a router alert': [(0, IP_OPTIONS, bytes([ROUTER_ALERT, 4, 0, 0]))],
        'a recorded route': [(0, IP_OPTIONS, bytes([RECORD_ROUTE, 15, 4]) + bytes(12) + b'\0')],
        'a timestamp': [(0, IP_OPTIONS, bytes([TIMESTAMP, 20, 5, 0]) + bytes(16))],
        'security, one nobody knows, and a recorded route': [
            (0, IP_OPTIONS, bytes([SECURITY, 11]) + bytes(9) + bytes([0x1e, 4, 1, 2, RECORD_ROUTE, 7, 4]) + bytes(6))]}
    | {f'{n} octets of options': [(0, IP_OPTIONS, bytes([NOP] * (n - 4) + [ROUTER_ALERT, 4, 0, 0]))]
       for n in range(8, 41, 4)},
    6: {'hop-by-hop options': [(41, IPV6_HOPOPTS, extension(STAYS, CHANGES))],
        'destination options': [(41, IPV6_DSTOPTS, extension(CHANGES, STAYS))],
        'hop-by-hop and destination options': [(41, IPV6_HOPOPTS, extension(CHANGES)),
                                               (41, IPV6_DSTOPTS, extension(STAYS))],
        '200 octets of options': [(41, IPV6_HOPOPTS, extension((0x1e, bytes(90)), (0x3e, b'x' * 101)))]}}


def inner_ts(n):
    return [{'start': f'10.0.{n}.0', 'end': f'10.0.{n}.255'},
            {'start': f'fd0{n}::', 'end': f'fd0{n}::ffff'}]


def policy(mode, me, family, index):
    """That of side 1 or 2."""
    near, far = OUTER[mode, family][::1 if me == 1 else -1]
    if mode == 'transport':
        return {'mode': mode, 'local': near, 'remote': far, 'ts-local': [{'start': near, 'end': near}],
                'ts-remote': [{'start': far, 'end': far}]}
    return {'ifindex': index, 'ts-local': inner_ts(me), 'ts-remote': inner_ts(3 - me), 'local': near, 'remote': far}


def ah_sa(direction, spi, integ, key_len, esn=False, **more):
    return {'proto': AH, 'dir': direction, 'spi': spi, 'integ': integ, 'integ-key': KEY[:key_len],
            'flags': ['esn'] if esn else [], **more}


def esp_sa(direction, spi, ah_spi):
    return {'dir': direction, 'spi': spi, 'encr': 20, 'encr-bits': 128, 'encr-key': KEY[:20],
            'ah-spi': ah_spi}


def side(ns, n, m):
    """kw0 with this side's inner addresses."""
    sh(f'ip -n {ns} link add kw0 type keyway; ip -n {ns} link set kw0 up;'
       f'ip -n {ns} addr add 10.0.{n}.1 dev kw0; ip -n {ns} addr add fd0{n}::1 dev kw0 nodad;'
       f'ip -n {ns} route add 10.0.{m}.0/24 dev kw0 src 10.0.{n}.1;'
       f'ip -n {ns} route add fd0{m}::/64 dev kw0 src fd0{n}::1')
    with namespace(ns):
        return kwctl.Client(), socket.if_nametoindex('kw0')


def xfrm_policies(mode, family, reqid, protos):
    """b's, for both inner families in tunnel mode.  Of two protocols the first is the inner one."""
    here, there = OUTER[mode, family][::-1]
    pairs = [('10.0.2.0/24', '10.0.1.0/24'), ('fd02::/64', 'fd01::/64')] if mode == 'tunnel' else [(here, there)]
    for ours, theirs in pairs:
        for way, pair, nets in (('out', (here, there), (ours, theirs)), ('in', (there, here), (theirs, ours))):
            sh(f'ip -n b xfrm policy update dir {way} src {nets[0]} dst {nets[1]} ' + ' '.join(
                f'tmpl src {pair[0]} dst {pair[1]} proto {proto} reqid {reqid} mode {"transport" if n else mode}'
                for n, proto in enumerate(protos)))


def datagrams(near, far, options, sizes):
    """To the other side and back; sizes of those that did not arrive as they were sent."""
    socks = []
    for ns, address in (('a', near), ('b', far)):
        with namespace(ns):
            socks.append(socket.socket(family_of(address), socket.SOCK_DGRAM))
        socks[-1].bind((address, 0))
        socks[-1].settimeout(3)
        for option in options:
            socks[-1].setsockopt(*option)
    wrong = []
    for source, sink in (socks, socks[::-1]):
        for size in sizes:
            data = os.urandom(size)
            try:
                source.sendto(data, sink.getsockname()[:2])
                if sink.recv(1 << 16) != data:
                    wrong.append(size)
            except OSError as e:
                wrong.append(f'{size}: {e}')
    for s in socks:
        s.close()
    return wrong


def routed(ns, near, far):
    """A datagram under a routing header that has been to all of its addresses, in a packet made here."""
    port = 9
    with namespace(ns):
        raw = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_RAW)
    ends = b''.join(socket.inet_pton(socket.AF_INET6, a) for a in (near, far))
    udp = struct.pack('>HHH', port, port, 12)
    words = struct.unpack('>24H', ends + struct.pack('>II', 12, socket.IPPROTO_UDP) + udp[:6] + b'ro')
    total = sum(words) + int.from_bytes(b'ut', 'big')
    total = (total & 0xffff) + (total >> 16)
    total = ~((total & 0xffff) + (total >> 16)) & 0xffff
    udp += struct.pack('>H', total) + b'rout'
    route = bytes([socket.IPPROTO_UDP, 2, 0, 0]) + bytes(4) + socket.inet_pton(socket.AF_INET6, 'fd09::7')
    raw.sendto(struct.pack('>IHBB', 6 << 28, len(route) + len(udp), 43, 64) + ends + route + udp, (far, 0))


class Test:
    def __init__(self):
        self.tap = Tap()
        self.spi = 0x1000
        self.policies = None
        wire()
        self.a, self.index = side('a', 1, 2)
        sh('modprobe -a ah4 ah6 esp4 esp6;'
           'ip -n b addr add 10.0.2.1 dev lo; ip -n b addr add fd02::1 dev lo nodad;'
           'ip -n b route add 10.0.1.0/24 via 192.0.2.1 src 10.0.2.1;'
           'ip -n b route add fd01::/64 via 2001:db8::1 src fd02::1')
        for ns, n in (('a', 1), ('b', 2)):
            sh(f'ip -n {ns} addr add 198.51.100.{n}/24 dev v{ns}; ip -n {ns} addr add fd09::{n}/64 dev v{ns} nodad')
        acquaint(*OUTER['transport', 6])
        with namespace('b'):
            self.xfrm = Xfrm()
        self.pings, self.tcp = {}, {}
        for near, far in INNER + (OUTER['transport', 4], OUTER['transport', 6]):
            self.pings[near] = [Pinger('a', far, near), Pinger('b', near, far)]
            self.tcp[near] = TcpPair('b', far, 'a', near)

    def stats(self):
        return self.a.request('stats-get')[0]['stats']

    def drops(self):
        return {k: v for k, v in self.stats().items() if k.startswith('in-') and v}

    @staticmethod
    def xfrm_errors():
        with namespace('b'), open('/proc/net/xfrm_stat', encoding='ascii') as f:
            return {k: int(v) for k, v in map(str.split, f) if int(v)}

    @staticmethod
    def ask(pings, sizes):
        for p in pings:
            p.send(sizes)
        return [x for p in pings for x in p.lost(5)]

    @staticmethod
    def pairs(mode, family):
        return INNER if mode == 'tunnel' else (OUTER[mode, family],)

    def judge(self, name, run):
        """run() gives what went wrong; and nobody drops anything."""
        before = self.drops(), self.xfrm_errors()
        wrong = run()
        now = self.drops(), self.xfrm_errors()
        if now != before:
            wrong = f'{wrong}; dropped: {now}, before {before}'
        self.tap.ok(not wrong, name, wrong)

    def traffic(self, name, pairs, tcp=False):
        def run():
            pings = [p for near, _ in pairs for p in self.pings[near]]
            # A packet that is the first to be too large for a longer AH is lost for that.
            lost = self.ask(pings, SIZES) and self.ask(pings, SIZES)
            return lost or [e for e in (self.tcp[near].exchange(8000, 20) for near, _ in pairs) if tcp and e]
        self.judge(name, run)

    def under_headers(self, mode, family):
        """Datagrams under each kind of header, in the SAs that are there; the last is cut in two."""
        for near, far in self.pairs(mode, family):
            inner = 6 if ':' in near else 4
            datagrams(near, far, [], (1400, 1400, 3000))
            for what, options in HEADERS[inner].items():
                self.judge(f'{mode} mode, IPv{inner} in IPv{family}: {what}',
                           lambda n=near, f=far, o=options: datagrams(n, f, o, (3, 1000, 3000)))

    def routing_header(self):
        near, far = OUTER['transport', 6]
        for ns, source, to, other in (('a', near, far, 'b'), ('b', far, near, 'a')):
            with namespace(other):
                sink = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            sink.bind((to, 9))
            sink.settimeout(3)

            def run(ns=ns, source=source, to=to, sink=sink):
                routed(ns, source, to)
                try:
                    return sink.recv(100) != b'rout'
                except OSError as e:
                    return e
            self.judge(f'transport mode, from {ns}: a routing header at its end', run)
            sink.close()

    def use(self, *policies):
        """XFRM's policies are these.  In tunnel mode those over IPv4 and over IPv6 are for the same packets."""
        if self.policies != policies:
            xfrm_policies(*policies)
        self.policies = policies

    def key(self, name, mode, family, esn):
        """AH on both sides; the policy's id."""
        self.use(mode, family, family, ['ah'])
        number, kernel_name, key_len, icv = INTEG[name]
        pair = OUTER[mode, family]
        self.spi += 2
        self.xfrm.flush()
        for (src, dst), spi in ((pair, self.spi), (pair[::-1], self.spi + 1)):
            self.xfrm.add(src, dst, spi, family, mode, AH, esn=esn, integ=(kernel_name, KEY[:key_len], icv))
        reply = self.a.request('child-new', {
            'policy': policy(mode, 1, family, self.index),
            'sa': [ah_sa('in', self.spi + 1, number, key_len, esn),
                   ah_sa('out', self.spi, number, key_len, esn)]})
        return reply[0]['policy']['id']

    def with_xfrm(self):
        combinations = [(family, esn) for family in (4, 6) for esn in (False, True)]
        for mode in ('tunnel', 'transport'):
            for n, name in enumerate(INTEG):
                n += n // 4 + (mode == 'tunnel')
                for m, (family, esn) in enumerate(combinations):
                    if not FULL and m != n % 4:
                        continue
                    number = self.key(name, mode, family, esn)
                    self.traffic(f'{name}{" with ESN" if esn else ""}, {mode} mode over IPv{family}',
                                 self.pairs(mode, family), n % 3 == 0)
                    self.a.request('policy-del', {'policy': {'id': number}})
            for family, name in ((4, 'HMAC-SHA2-256-128'), (6, 'HMAC-SHA2-512-256')):
                number = self.key(name, mode, family, True)
                self.under_headers(mode, family)
                if mode == 'transport' and family == 6:
                    self.routing_header()
                self.a.request('policy-del', {'policy': {'id': number}})

    def bundle(self, mode, family):
        self.spi += 2
        self.use(mode, family, family + 10, ['esp', 'ah'])
        self.xfrm.flush()
        for pair, spi in ((OUTER[mode, family], self.spi), (OUTER[mode, family][::-1], self.spi + 1)):
            self.xfrm.add(*pair, spi, family + 10, mode, aead=('rfc4106(gcm(aes))', KEY[:20], 128))
            self.xfrm.add(*pair, spi, family + 10, 'transport', AH,
                          integ=('hmac(sha256)', KEY[:32], 128))
        reply = self.a.request('child-new', {
            'policy': policy(mode, 1, family, self.index),
            'sa': [esp_sa('in', self.spi + 1, self.spi + 1), esp_sa('out', self.spi, self.spi),
                   ah_sa('in', self.spi + 1, 12, 32), ah_sa('out', self.spi, 12, 32)]})
        # XFRM's SA of a transport mode, as AH's is here, has a selector of one family.
        pairs = [p for p in self.pairs(mode, family) if (':' in p[0]) == (family == 6)]
        self.traffic(f'ESP within AH, {mode} mode over IPv{family}', pairs, True)
        return reply[0]['policy']['id']

    def half_a_bundle(self):
        """What the peer sends as ESP alone has not all the protection that was agreed on."""
        self.use('tunnel', 6, 16, ['esp'])
        before = self.drops().get('in-bundle', 0)
        self.pings['fd01::1'][1].send([10])
        self.tap.equal('ESP alone, where ESP within AH was agreed on, is dropped',
                       settle(lambda: self.drops().get('in-bundle', 0), before + 1), before + 1)

    def refusals(self):
        def refused(name, text, *sas):
            try:
                self.a.request('child-new', {'policy': policy('tunnel', 1, 4, self.index), 'sa': list(sas)})
                got = 'nothing'
            except kwctl.Refused as e:
                got = e.text
            self.tap.equal(f'refused: {name}', got, text)

        udp = {'udp-local': 4500, 'udp-remote': 4500}
        no_udp = 'AH does not run in UDP: it covers the addresses that a NAT changes.'
        refused('AH in UDP', no_udp, ah_sa('in', 4096, 12, 32, **udp))
        refused('ESP within AH in UDP', no_udp, ah_sa('in', 4096, 12, 32),
                esp_sa('in', 4096, 4096) | udp)
        refused('AH that encrypts', 'AH does not encrypt.',
                ah_sa('in', 4096, 12, 32, encr=20))
        refused('ESP within AH that is not there',
                'The message lacks the AH SA of this direction that ESP is to be wrapped in.',
                ah_sa('out', 4096, 12, 32), esp_sa('in', 4096, 4096))
        refused('AH within AH', 'Only ESP is wrapped in AH.',
                ah_sa('in', 4096, 12, 32), ah_sa('in', 4097, 12, 32, **{'ah-spi': 4096}))
        self.tap.equal('nothing of these was installed', self.a.request('sa-get', dump=True), [])

    def changed_on_the_way(self):
        """Frames of b's are recorded before a has the SA, and come changed, whole, and twice."""
        self.xfrm.flush()
        self.spi += 2
        pair = OUTER['tunnel', 4]
        self.xfrm.add(*pair[::-1], self.spi, 4, proto=AH, integ=('hmac(sha256)', KEY[:32], 128))
        with namespace('b'):
            raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            raw.bind(('vb', 0))
        raw.settimeout(5)
        self.use('tunnel', 4, 4, ['ah'])
        self.pings['10.0.1.1'][1].send([100])
        frame = b''
        while frame[ETH + 9:ETH + 10] != bytes([AH]):
            frame = raw.recv(4096)
        self.a.request('child-new', {'policy': policy('tunnel', 1, 4, self.index),
                                     'sa': [ah_sa('in', self.spi, 12, 32)]})

        def effect(changes):
            changed = bytearray(frame)
            for at, mask in changes:
                changed[ETH + at] ^= mask
            changed[ETH + 10:ETH + 12] = b'\0\0'
            total = sum(int.from_bytes(changed[i:i + 2], 'big') for i in range(ETH, ETH + IP, 2))
            total = (total & 0xffff) + (total >> 16)
            total = ~((total & 0xffff) + (total >> 16)) & 0xffff
            changed[ETH + 10:ETH + 12] = total.to_bytes(2, 'big')
            before, passed = self.drops(), self.stats()['rx-packets']
            raw.send(bytes(changed))
            settle(lambda: self.drops() != before or self.stats()['rx-packets'] != passed, True)
            now = self.drops()
            return [k for k in now if now[k] != before.get(k)] or \
                ['in'] * (self.stats()['rx-packets'] - passed)

        for at in (4, 5, 20, 22, 32, 47, 48, 60, 150):
            self.tap.equal(f'a bit flipped in octet {at} of the packet', effect([(at, 4)]),
                           ['in-icv'])
        self.tap.equal('another sequence number', effect([(28, 1)]), ['in-icv'])
        self.tap.equal('another length of AH', effect([(21, 1)]), ['in-truncated'])
        self.tap.equal('another DSCP, TTL and DF', effect([(1, 0xb8), (6, 0x40), (8, 3)]), ['in'])
        self.tap.equal('the same again', effect([]), ['in-replay'])
        self.a.request('policy-flush')

    def gmac(self):
        sh('ip -n b xfrm policy flush; ip -n b xfrm state flush;'
           'ip -n b addr del 10.0.2.1 dev lo; ip -n b addr del fd02::1/128 dev lo;'
           'ip -n b route flush 10.0.1.0/24; ip -n b -6 route flush fd01::/64')
        b, index = side('b', 2, 1)
        for n, (name, (number, key_len)) in enumerate(GMAC.items()):
            mode, family, esn, spi = 'transport' if n == 2 else 'tunnel', 4 + n % 2 * 2, n != 1, 0x8000 + 2 * n
            for client, me, i in ((self.a, 1, self.index), (b, 2, index)):
                spis = (spi, spi + 1)[::1 if client is self.a else -1]
                client.request('policy-flush')
                client.request('child-new', {'policy': policy(mode, me, family, i), 'sa': [
                    ah_sa('in', spis[0], number, key_len, esn),
                    ah_sa('out', spis[1], number, key_len, esn)]})
            self.traffic(f'{name}, {mode} mode over IPv{family}, keyway on both sides', self.pairs(mode, family))

    def run(self):
        self.refusals()
        self.with_xfrm()
        self.changed_on_the_way()
        for mode in ('transport', 'tunnel'):
            for family in (4, 6):
                number = self.bundle(mode, family)
                if (mode, family) == ('tunnel', 6):
                    self.half_a_bundle()
                self.a.request('policy-del', {'policy': {'id': number}})
        self.gmac()
        return self.tap.finish()


if __name__ == '__main__':
    try:
        bad = Test().run()
    finally:
        tear_down()
    sys.exit(bad)
