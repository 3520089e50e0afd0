#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Packets that are almost right, many of them, to a stock kernel with its own drivers for ciphers: sealed by a, recorded
on the wire, changed, and sent to b. What b takes out of them is what a put in, each packet at most once, and those that
nobody changed pass afterwards.

   KEYWAY_PACKETS=N   in all; 20000 unless given
   KEYWAY_SEED=N      repeats a run

   a: 10.0.1.1, fd01::1 on kw0      b: 10.0.2.1, fd02::1 on kw0
"""

import contextlib
import os
import random
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Tap, namespace, settle, sh, tear_down, wire

PACKETS = int(os.environ.get('KEYWAY_PACKETS', 20000))
SEED = int(os.environ.get('KEYWAY_SEED', 0)) or int.from_bytes(os.urandom(4), 'big')
ETH = 14
# Of each kind so many are recorded to be changed, and as many to stay as they are.
POOL = 64
EDGES = (0, 1, 2, 3, 4, 20, 40, 50, 51, 59, 127, 128, 255, 256, 1500, 4500, 0x7fff, 0x8000, 0xfffe, 0xffff)
KEY = bytes(range(20))
MAC_KEY = bytes(range(32))
UDP = {'udp-local': 4500, 'udp-remote': 4500}
GCM = {'encr': 20, 'encr-bits': 128, 'encr-key': KEY}
CBC = {'encr': 12, 'encr-bits': 128, 'encr-key': KEY[:16], 'integ': 12, 'integ-key': MAC_KEY}
# name: outer family, inner family, what its SAs have
KINDS = {
    'ESP by AES-GCM': (4, 4, GCM),
    'ESP by AES-CBC and HMAC-SHA2-256, IPv6 in IPv6': (6, 6, CBC),
    'ESP in UDP by ChaCha20-Poly1305': (4, 4, {'encr': 28, 'encr-key': bytes(range(36)), **UDP}),
    'ESP by AES-GCM with ESN, IPv4 in IPv6': (6, 4, {**GCM, 'flags': ['esn']}),
    'AH by HMAC-SHA2-256': (4, 4, {'proto': socket.IPPROTO_AH, 'integ': 12, 'integ-key': MAC_KEY}),
}


def inner(n, family):
    return f'10.0.{n}.1' if family == 4 else f'fd0{n}::1'


def outer(n, family):
    return f'192.0.2.{n}' if family == 4 else f'2001:db8::{n}'


def child(me, spi_in, spi_out, kind):
    family, family_in, keys = KINDS[kind]
    peer = 3 - me

    def ts(n):
        return [{'start': inner(n, family_in), 'end': inner(n, family_in)}]
    return {'policy': {'ifindex': socket.if_nametoindex('kw0'), 'ts-local': ts(me), 'ts-remote': ts(peer),
                       'local': outer(me, family), 'remote': outer(peer, family)},
            'sa': [{'dir': 'in', 'spi': spi_in, 'replay-window': 4096, **keys},
                   {'dir': 'out', 'spi': spi_out, **keys}]}


def checksum(head):
    total = sum(struct.unpack(f'>{len(head) // 2}H', head))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def fix(frame, family):
    """Lengths and checksum of the outer header as they would be."""
    if family == 6:
        if len(frame) >= ETH + 40:
            struct.pack_into('>H', frame, ETH + 4, len(frame) - ETH - 40 & 0xffff)
        return
    if len(frame) < ETH + 20:
        return
    struct.pack_into('>H', frame, ETH + 2, len(frame) - ETH & 0xffff)
    if frame[ETH + 9] == socket.IPPROTO_UDP and len(frame) >= ETH + 28:
        struct.pack_into('>H', frame, ETH + 24, len(frame) - ETH - 20 & 0xffff)
    struct.pack_into('>H', frame, ETH + 10, 0)
    struct.pack_into('>H', frame, ETH + 10, checksum(bytes(frame[ETH:ETH + 20])))


def changed(rng, frames, family):
    """One of frames, and not quite."""
    frame = bytearray(rng.choice(frames))
    way = rng.randrange(8)
    if way < 4:
        for _ in range(rng.randint(1, 8)):
            frame[rng.randrange(ETH, len(frame))] ^= 1 << rng.randrange(8)
    elif way == 4:
        del frame[rng.randrange(ETH + 1, len(frame)):]
    elif way == 5:
        frame += rng.randbytes(rng.randint(1, 64))
    elif way == 6:
        other = rng.choice(frames)
        at = rng.randrange(ETH, len(frame))
        n = rng.randint(1, len(frame) - at)
        frame[at:at + n] = other[at:at + n]
    else:
        struct.pack_into('>H', frame, rng.randrange(ETH, len(frame) - 1), rng.choice(EDGES))
    if rng.random() < 0.5:
        fix(frame, family)
    return bytes(frame)


def bare(packet):
    """Without what may change on the way: ECN and the checksum over it."""
    if packet[0] >> 4 == 4:
        return packet[:1] + bytes([packet[1] & 0xfc]) + packet[2:10] + b'\0\0' + packet[12:]
    return packet[:1] + bytes([packet[1] & 0xcf]) + packet[2:]


def next_header(packet):
    """What is in it; neighbour discovery and the like are not ours."""
    return packet[9] if packet[0] >> 4 == 4 else packet[6]


class Listener:
    """All that passes a device."""

    def __init__(self, ns, device):
        with namespace(ns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
            self.sock.bind((device, 0))
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)  # SO_RCVBUFFORCE
        self.sock.settimeout(0.3)

    def drain(self, outgoing):
        packets = []
        with contextlib.suppress(TimeoutError):
            while True:
                packet, address = self.sock.recvfrom(4096)
                if (address[2] == socket.PACKET_OUTGOING) == outgoing:
                    packets.append(packet)
        return packets


class Bed:
    def __init__(self):
        wire()
        for ns, me, peer in (('a', 1, 2), ('b', 2, 1)):
            sh(f'ip -n {ns} link add kw0 type keyway; ip -n {ns} link set kw0 up;'
               f'ip -n {ns} addr add 10.0.{me}.1/24 dev kw0; ip -n {ns} addr add fd0{me}::1/64 dev kw0 nodad;'
               f'ip -n {ns} route add 10.0.{peer}.0/24 dev kw0; ip -n {ns} route add fd0{peer}::/64 dev kw0')
        # What is recorded on kw0 has its whole checksum, as what comes out on the other side.
        sh('ip netns exec a ethtool -K kw0 tx off')
        # Nobody asks for an address while frames are recorded or counted.
        macs = {ns: sh(f'ip netns exec {ns} cat /sys/class/net/v{ns}/address').strip() for ns in 'ab'}
        for family in (4, 6):
            sh(f'ip -n a neigh replace {outer(2, family)} lladdr {macs["b"]} dev va nud permanent;'
               f'ip -n b neigh replace {outer(1, family)} lladdr {macs["a"]} dev vb nud permanent')
        self.kw = {}
        for ns in 'ab':
            with namespace(ns):
                self.kw[ns] = kwctl.Client()
        self.wire = Listener('a', 'va')
        self.before = Listener('a', 'kw0')
        self.after = Listener('b', 'kw0')
        with namespace('b'):
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind(('0.0.0.0', 4500))
            self.udp.setblocking(False)
            self.kw['b'].request('socket-set', {'socket-fd': self.udp.fileno()})
        with namespace('a'):
            self.udp_a = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp_a.bind(('0.0.0.0', 4500))
            self.kw['a'].request('socket-set', {'socket-fd': self.udp_a.fileno()})

    def install(self, ns, *what):
        with namespace(ns):
            self.kw[ns].request('child-new', child(*what))

    def record(self, kind):
        """Frames from a, and the packets in them; of differing lengths."""
        family_in = KINDS[kind][1]
        with namespace('a'):
            s = socket.socket(socket.AF_INET if family_in == 4 else socket.AF_INET6, socket.SOCK_DGRAM)
        self.wire.drain(True)
        self.before.drain(True)
        for n in range(2 * POOL):
            s.sendto(struct.pack('>I', n) + bytes(n * 3 % 200), (inner(2, family_in), 9))
        s.close()
        sealed = (socket.IPPROTO_ESP, socket.IPPROTO_AH, socket.IPPROTO_UDP)
        return ([f for f in self.wire.drain(True) if next_header(f[ETH:]) in sealed],
                [bare(p) for p in self.before.drain(True) if next_header(p) == socket.IPPROTO_UDP])

    def received(self):
        return self.kw['b'].request('policy-get', dump=True)[0]['policy']['rx-packets']

    def handled(self):
        """All that b's data path has decided so far."""
        stats = self.kw['b'].request('stats-get')[0]['stats']
        return sum(v for k, v in stats.items() if k.startswith('in-')) + stats['rx-packets']

    def quiet(self):
        last = -1
        while (now := self.handled()) != last:
            last = now
            time.sleep(0.2)

    def hear(self):
        with contextlib.suppress(BlockingIOError):
            while True:
                self.udp.recv(65536)


def campaign(bed, tap, rng, kind, count):
    family = KINDS[kind][0]
    spi = rng.randrange(0x1000, 0x7fffffff)
    bed.install('a', 1, spi, spi + 1, kind)
    frames, packets = bed.record(kind)
    tap.equal(f'{kind}: {2 * POOL} packets are sealed', (len(frames), len(packets)), (2 * POOL, 2 * POOL))
    if len(frames) != 2 * POOL:
        return
    bed.install('b', 2, spi + 1, spi, kind)
    bed.after.drain(False)
    pool, rest = frames[:POOL], frames[POOL:]
    known, got = set(packets[:POOL]), []
    for n in range(count):
        frame = changed(rng, pool, family)
        if frame in pool:
            continue
        with contextlib.suppress(OSError):  # longer than the wire allows
            bed.wire.sock.send(frame)
        if n % 500 == 499:
            bed.quiet()
            bed.hear()
            got += [bare(p) for p in bed.after.drain(False)]
    bed.quiet()
    got += [bare(p) for p in bed.after.drain(False)]
    tap.ok(set(got) <= known, f'{kind}: {count} that were changed give nothing that was not in one',
           [p.hex() for p in got if p not in known][:3])
    tap.equal(f'{kind}: each at most once', len(got), len(set(got)))
    tap.equal(f'{kind}: as the policy counted', settle(bed.received, len(got)), len(got))
    for frame in rest:
        bed.wire.sock.send(frame)
    bed.quiet()
    got, wanted = [bare(p) for p in bed.after.drain(False)], packets[POOL:]
    tap.ok(sorted(got) == sorted(wanted), f'{kind}: those that nobody changed pass, unchanged',
           f'{len(got)} of {len(wanted)} came, not sent as they are: {[p.hex() for p in got if p not in wanted][:2]}')
    for ns in 'ab':
        bed.kw[ns].request('policy-flush')


def main():
    tap = Tap()
    rng = random.Random(SEED)
    print(f'# KEYWAY_SEED={SEED} KEYWAY_PACKETS={PACKETS}', flush=True)
    try:
        bed = Bed()
        for kind in KINDS:
            campaign(bed, tap, rng, kind, PACKETS // len(KINDS))
    finally:
        tear_down()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
