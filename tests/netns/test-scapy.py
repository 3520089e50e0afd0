#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""A third opinion: packets that scapy's IPsec layer makes, keyway opens, and answers, for scapy to open; and
odd packets no stack would send: traffic flow padding, dummies, wrong padding, wrong ICV, fragments.

   a: scapy with a raw socket, no address of its own
   b: 10.0.2.1, fd02::1 on kw0, answers echo requests
"""

import contextlib
import os
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Tap, namespace, settle, sh, tear_down, wire
from scapy.layers.inet import ICMP, IP, fragment
from scapy.layers.inet6 import ICMPv6EchoReply, ICMPv6EchoRequest, IPv6
from scapy.layers.ipsec import ESP, SecurityAssociation, _ESPPlain
from scapy.packet import Raw, raw

ETH = 14
OUTER = {4: ('192.0.2.1', '192.0.2.2', IP), 6: ('2001:db8::1', '2001:db8::2', IPv6)}
# name: keyway's numbers, bits, salt; scapy's names; ICV; what the text is a multiple of
ALGORITHMS = {
    'aes-gcm-16-128': ({'encr': 20}, 128, 4, 'AES-GCM', None, 16, 4),
    'aes-gcm-16-256': ({'encr': 20}, 256, 4, 'AES-GCM', None, 16, 4),
    'chacha20-poly1305': ({'encr': 28}, 256, 4, 'CHACHA20-POLY1305', None, 16, 4),
    'aes-ccm-8-192': ({'encr': 14}, 192, 3, 'AES-CCM', None, 8, 4),
    'aes-ccm-16-128': ({'encr': 16}, 128, 3, 'AES-CCM', None, 16, 4),
    'aes-cbc-256+hmac-sha2-256-128': ({'encr': 12, 'integ': 12}, 256, 0, 'AES-CBC', ('SHA2-256-128', 32), 16, 16),
    'aes-cbc-128+aes-cmac-96': ({'encr': 12, 'integ': 8}, 128, 0, 'AES-CBC', ('AES-CMAC-96', 16), 12, 16),
    'aes-ctr-192+hmac-sha2-384-192': ({'encr': 13, 'integ': 13}, 192, 4, 'AES-CTR', ('SHA2-384-192', 48), 24, 4),
    '3des+hmac-sha1-96': ({'encr': 3, 'integ': 2}, 192, 0, '3DES', ('HMAC-SHA1-96', 20), 12, 8),
    'null+hmac-sha2-512-256': ({'encr': 11, 'integ': 14}, 0, 0, 'NULL', ('SHA2-512-256', 64), 32, 4),
}
ODD = ('aes-gcm-16-256', 'aes-cbc-256+hmac-sha2-256-128', 'null+hmac-sha2-512-256')


class Side:
    """One direction's SA, for both of them."""

    def __init__(self, name, spi, family, outward, esn):
        numbers, bits, salt, crypt, auth, self.icv, self.align = ALGORITHMS[name]
        key, auth_key = os.urandom(bits // 8 + salt), os.urandom(auth[1]) if auth else b''
        near, far, header = OUTER[family]
        self.keyway = {'spi': spi, **numbers, 'flags': ['esn'] if esn else []}
        if bits:
            self.keyway |= {'encr-bits': bits, 'encr-key': key}
        if auth:
            self.keyway['integ-key'] = auth_key
        src, dst = (near, far) if outward else (far, near)
        self.scapy = SecurityAssociation(
            ESP, spi=spi, crypt_algo=crypt, crypt_key=key or None, crypt_icv_size=None if auth else self.icv,
            auth_algo=auth and auth[0], auth_key=auth_key, tunnel_header=header(src=src, dst=dst),
            esn_en=esn, esn=0)
        self.header = header(src=src, dst=dst)

    def forge(self, data, nh, seq, padding=None, padlen=None):
        """A packet with any text; padding of right length unless given."""
        sa = self.scapy
        esp = _ESPPlain(spi=sa.spi, seq=seq, iv=sa.crypt_algo.generate_iv())
        if padding is None:
            padding = bytes(range(1, -(len(data) + 2) % self.align + 1))
        esp.data, esp.nh, esp.padding = data, nh, padding
        esp.padlen = len(padding) if padlen is None else padlen
        esp = sa.crypt_algo.encrypt(sa, esp, sa.crypt_key, sa.crypt_icv_size, esn_en=sa.esn_en, esn=sa.esn)
        sa.auth_algo.sign(esp, sa.auth_key)
        header = self.header.copy()
        if header.version == 4:
            header.proto = socket.IPPROTO_ESP
        else:
            header.nh = socket.IPPROTO_ESP
        return header.__class__(raw(header / esp))

    def padding(self, data, least):
        """At least that many octets of good padding."""
        n = -(len(data) + 2) % self.align
        while n < least:
            n += self.align
        return bytes(range(1, n + 1))

    def open(self, packet):
        """The text of one of keyway's: data, octets of padding, next header."""
        sa = self.scapy
        sa.check_spi(packet[ESP])
        sa.auth_algo.verify(packet[ESP], sa.auth_key)
        plain = sa.crypt_algo.decrypt(sa, packet[ESP], sa.crypt_key, self.icv, esn_en=sa.esn_en, esn=sa.esn)
        return raw(plain.data), plain.padlen, plain.nh


class Peer:
    """a's end of the wire."""

    def __init__(self):
        with namespace('a'):
            self.raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.raw.bind(('va', 0))
        macs = [sh(f'ip netns exec {n} cat /sys/class/net/v{n}/address').strip() for n in 'ba']
        self.ethernet = b''.join(bytes.fromhex(m.replace(':', '')) for m in macs)
        for address in (OUTER[4][0], OUTER[6][0]):
            sh(f'ip -n b neigh replace {address} lladdr {macs[1]} dev vb nud permanent')

    def send(self, packet):
        kind = b'\x08\x00' if packet.version == 4 else b'\x86\xdd'
        self.raw.send(self.ethernet + kind + raw(packet))

    def drain(self):
        self.raw.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            while True:
                self.raw.recv(65536)

    def esp(self, seconds=3):
        """The next ESP packet that comes in, or None."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.raw.settimeout(left)
            try:
                frame, address = self.raw.recvfrom(65536)
            except TimeoutError:
                return None
            if address[2] == socket.PACKET_OUTGOING:
                continue
            v4 = frame[12:14] == b'\x08\x00'
            if frame[ETH + (9 if v4 else 6)] == socket.IPPROTO_ESP:
                return (IP if v4 else IPv6)(frame[ETH:])
        return None


def echo(size, family=4, seq=1, **fields):
    data = bytes(i & 0xff for i in range(size))
    if family == 4:
        fields = {'src': '10.0.1.1', 'dst': '10.0.2.1', **fields}
        return IP(**fields) / ICMP(seq=seq) / Raw(data)
    return IPv6(src='fd01::1', dst='fd02::1', **fields) / ICMPv6EchoRequest(seq=seq, data=data)


def reply_data(packet):
    """What an echo reply carries; None for anything else."""
    if packet.haslayer(ICMP) and packet[ICMP].type == 0:
        return raw(packet[ICMP].payload)
    if packet.haslayer(ICMPv6EchoReply):
        return packet[ICMPv6EchoReply].data
    return None


class Bed:
    def __init__(self, tap):
        self.tap = tap
        wire()
        self.peer = Peer()
        for address in ('192.0.2.1/24', '2001:db8::1/64'):
            sh(f'ip -n a addr del {address} dev va')
        sh('ip -n b link add kw0 type keyway; ip -n b link set kw0 up; ip -n b addr add 10.0.2.1/24 dev kw0;'
           'ip -n b addr add fd02::1/64 dev kw0 nodad; ip -n b route add 10.0.1.0/24 dev kw0;'
           'ip -n b route add fd01::/64 dev kw0')
        with namespace('b'):
            self.kw = kwctl.Client()
            self.index = socket.if_nametoindex('kw0')
        self.spi = 0x1000

    def key(self, name, family=4, esn=False):
        """New SAs of that algorithm; self.there is a's to b."""
        near, far, _ = OUTER[family]
        self.spi += 2
        self.there = Side(name, self.spi, family, True, esn)
        self.back = Side(name, self.spi + 1, family, False, esn)
        nets = {'ts-local': ('10.0.2', 'fd02'), 'ts-remote': ('10.0.1', 'fd01')}
        self.kw.request('policy-flush')
        self.kw.request('child-new', {
            'policy': {'ifindex': self.index, 'local': far, 'remote': near, **{
                side: [{'start': f'{v4}.0', 'end': f'{v4}.255'}, {'start': f'{v6}::', 'end': f'{v6}::ffff'}]
                for side, (v4, v6) in nets.items()}},
            'sa': [{'dir': 'in', **self.there.keyway}, {'dir': 'out', **self.back.keyway}]})
        self.peer.drain()

    def answer(self, request):
        """Nothing if the next reply fits the request, else what is wrong."""
        packet = self.peer.esp()
        if packet is None:
            return f'no answer; {self.counters()}'
        data, padlen, nh = self.back.open(packet)
        inner = (IP if nh == socket.IPPROTO_IPIP else IPv6)(data)
        wanted = raw(request[ICMP].payload) if request.haslayer(ICMP) else request[ICMPv6EchoRequest].data
        if reply_data(inner) != wanted:
            return f'another answer: {inner.summary()}'
        # RFC 4303 section 2.4: no more padding than alignment asks for
        if padlen >= self.back.align:
            return f'{padlen} octets of padding'
        return ''

    def counters(self):
        """What was dropped, by reason."""
        stats = self.kw.request('stats-get')[0]['stats']
        return {k: v for k, v in stats.items() if v and k.startswith(('in-', 'out-'))}

    def dropped(self, what, packets, **wanted):
        """The packets add so much to these counters, to no others, and nothing comes back."""
        wanted = {k.replace('_', '-'): v for k, v in wanted.items()}
        before = self.counters()
        self.peer.drain()
        for p in packets:
            self.peer.send(p)

        def added():
            return {k: v - before.get(k, 0) for k, v in self.counters().items() if v != before.get(k, 0)}
        self.tap.equal(what, settle(added, wanted), wanted)
        self.tap.ok(self.peer.esp(0.05) is None, f'{what}: and no answer')

    def passes(self, what, packets, request):
        before = self.counters()
        self.peer.drain()
        for p in packets:
            self.peer.send(p)
        wrong = self.answer(request)
        if not wrong and self.counters() != before:
            wrong = f'counted: {self.counters()}, before {before}'
        self.tap.ok(not wrong, what, wrong)


def opinion(bed, name):
    """Both open what the other sealed, over IPv4 and IPv6, ESN where scapy knows how."""
    wrong = []
    for family in (4, 6):
        for esn in (False, True) if not ALGORITHMS[name][4] else (False,):
            bed.key(name, family, esn)
            for n, (size, inner) in enumerate(((0, 4), (1, 6), (2, 4), (3, 6), (61, 4), (1000, 6), (1333, 4)), 1):
                request = echo(size, inner, n)
                bed.peer.send(bed.there.scapy.encrypt(request, seq_num=n))
                bad = bed.answer(request)
                if bad:
                    wrong.append(f'IPv{inner} in IPv{family}, ESN {esn}, {size} octets: {bad}')
    bed.tap.ok(not wrong, f'{name}: scapy and keyway agree', '\n'.join(wrong))


def odd_packets(bed, name):
    bed.key(name)
    side, align = bed.there, bed.there.align
    ping = echo(100)
    inner = raw(ping)
    v6 = raw(echo(100, 6))
    numbers = iter(range(1, 1000))

    def forge(data=inner, nh=4, **more):
        return side.forge(data, nh, next(numbers), **more)

    def with_(field, value):
        p = ping.copy()
        setattr(p, field, value)
        return raw(p)
    bed.passes(f'{name}: an ordinary packet', [forge()], ping)
    for n in (1, align, 1000):
        bed.passes(f'{name}: {n} octets of TFC padding', [forge(inner + os.urandom(n))], ping)
    bed.passes(f'{name}: TFC padding behind IPv6', [forge(v6 + bytes(77), 41)], echo(100, 6))
    bed.passes(f'{name}: more padding than needed', [forge(padding=side.padding(inner, 255 - align))], ping)
    bed.dropped(f'{name}: dummies of any size', [forge(os.urandom(n), 59) for n in (0, 1, 40, 1200)], in_dummy=4)
    good = side.padding(inner, 5)
    bed.dropped(f'{name}: padding that does not count 1, 2, 3',
                [forge(padding=bytes(len(good))), forge(padding=good[:-1] + b'\xff'),
                 forge(padding=b'\0' + good[1:])], in_padding=3)
    bed.dropped(f'{name}: more padding than text', [forge(padlen=255)], in_padding=1)
    whole = forge()
    text = raw(whole)
    bed.dropped(f'{name}: a wrong ICV, a wrong text, a wrong sequence number',
                [IP(text[:-1] + bytes([text[-1] ^ 1])), IP(text[:40] + bytes([text[40] ^ 0x80]) + text[41:]),
                 IP(text[:26] + bytes([text[26] ^ 1]) + text[27:])], in_icv=3)
    bed.passes(f'{name}: the same unharmed', [whole], ping)
    bed.dropped(f'{name}: and again', [whole, whole], in_replay=2)
    bed.dropped(f'{name}: sequence number 0', [side.forge(inner, 4, 0)], in_replay=1)
    shorter = IP(src=whole.src, dst=whole.dst, proto=50) / Raw(raw(forge())[20:-16])
    bed.dropped(f'{name}: 16 octets short', [IP(raw(shorter))], in_icv=1)
    stumps = [IP(src=whole.src, dst=whole.dst, proto=50) / Raw(text[20:20 + n]) for n in (8, 12, 20)]
    bed.dropped(f'{name}: no room for a trailer', [IP(raw(s)) for s in stumps], in_truncated=3)
    bed.dropped(f'{name}: a transport protocol in tunnel mode', [forge(nh=6), forge(nh=17)], in_next_header=2)
    bed.dropped(f'{name}: IPv6 inside that says IPv4, and the other way', [forge(v6, 4), forge(inner, 41)],
                in_malformed=2)
    bed.dropped(f'{name}: inner packets cut short', [forge(inner[:n]) for n in (1, 19, len(inner) - 1)],
                in_malformed=3)
    bed.dropped(f'{name}: an inner header of 16 octets', [forge(with_('ihl', 4))], in_malformed=1)
    bed.dropped(f'{name}: inner addresses that are not the SA\'s',
                [forge(raw(echo(100, src='10.0.3.1'))), forge(raw(echo(100, dst='10.0.3.1'))),
                 forge(raw(echo(100, src='10.0.2.1', dst='10.0.1.1')))], in_selector=3)
    large = echo(1300)
    bed.passes(f'{name}: ESP in two fragments', fragment(forge(raw(large)), 800)[::-1], large)
    bed.passes(f'{name}: fragments in ESP', [forge(raw(f)) for f in fragment(large, 800)], large)


def main():
    tap = Tap()
    try:
        bed = Bed(tap)
        for name in ALGORITHMS:
            opinion(bed, name)
        for name in ODD:
            odd_packets(bed, name)
    finally:
        tear_down()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
