#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What b does with ESP packets that were recorded, and come changed, twice, late, or cut short.

   a: 10.0.1.1 on kw0, sends pings nobody answers yet; we record its ESP frames on va
   b: 10.0.2.1 on kw0, then gets its SAs and what we recorded
"""

import contextlib
import ctypes
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl

KEY = '000102030405060708090a0b0c0d0e0f20212223'
ETH, IP, ESP = 14, 20, 8
WINDOW = 32
libc = ctypes.CDLL(None, use_errno=True)


def sh(command):
    subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)


@contextlib.contextmanager
def namespace(name):
    with open('/proc/self/ns/net', 'rb') as home, open(f'/run/netns/{name}', 'rb') as there:
        libc.setns(there.fileno(), 0)
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


class Tap:
    def __init__(self):
        self.count = self.bad = 0

    def equal(self, name, got, wanted):
        self.count += 1
        good = got == wanted
        self.bad += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}', flush=True)
        if not good:
            print(f'# got {got}, wanted {wanted}', flush=True)


def child(me, peer, spi_in, spi_out, ifindex):
    def ts(n):
        return [{'start': f'10.0.{n}.0', 'end': f'10.0.{n}.255'}]

    def sa(direction, spi, **more):
        return {'dir': direction, 'spi': spi, 'encr': 20, 'encr-bits': 128, 'encr-key': KEY, **more}
    return {'policy': {'ifindex': ifindex, 'ts-local': ts(me), 'ts-remote': ts(peer),
                       'local': f'192.0.2.{me}', 'remote': f'192.0.2.{peer}'},
            'sa': [sa('in', spi_in, **{'replay-window': WINDOW}), sa('out', spi_out)]}


def setup():
    for ns, n in (('a', 1), ('b', 2)):
        sh(f'ip netns add {ns} && ip -n {ns} link set lo up')
    sh('ip link add va netns a type veth peer name vb netns b')
    for ns, n, m in (('a', 1, 2), ('b', 2, 1)):
        sh(f'ip -n {ns} addr add 192.0.2.{n}/24 dev v{ns}; ip -n {ns} link set v{ns} up;'
           f'ip -n {ns} link add kw0 type keyway; ip -n {ns} link set kw0 up;'
           f'ip -n {ns} addr add 10.0.{n}.1/24 dev kw0; ip -n {ns} route add 10.0.{m}.0/24 dev kw0')


def record(raw, n):
    """@n frames of pings from a, by sequence number."""
    sh(f'ip netns exec a ping -q -c {n} -i 0.01 -W 1 10.0.2.1 || true')
    frames = {}
    raw.settimeout(1)
    with contextlib.suppress(socket.timeout):
        while len(frames) < n:
            frame, address = raw.recvfrom(2048)
            if address[2] == socket.PACKET_OUTGOING and frame[ETH + 9] == socket.IPPROTO_ESP:
                frames[int.from_bytes(frame[ETH + IP + 4:ETH + IP + 8], 'big')] = frame
    return frames


def fix_ip(frame):
    """With its IP total length and checksum right again."""
    head = bytearray(frame[ETH:ETH + IP])
    head[2:4] = (len(frame) - ETH).to_bytes(2, 'big')
    head[10:12] = b'\0\0'
    total = sum(int.from_bytes(head[i:i + 2], 'big') for i in range(0, IP, 2))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    head[10:12] = (~total & 0xffff).to_bytes(2, 'big')
    return frame[:ETH] + bytes(head) + frame[ETH + IP:]


def run(tap):
    setup()
    with namespace('a'):
        raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0003))
        raw.bind(('va', 0))
        a = kwctl.Client()
        a.request('child-new', child(1, 2, 0x1001, 0x2001, socket.if_nametoindex('kw0')))
    with namespace('b'):
        b = kwctl.Client()
        index = socket.if_nametoindex('kw0')
    sh('ip netns exec a ping -c 1 -W 5 192.0.2.2')
    frames = record(raw, 90)
    tap.equal('90 frames are recorded, numbered from 1', sorted(frames), list(range(1, 91)))
    b.request('child-new', child(2, 1, 0x2001, 0x1001, index))

    def counters():
        stats = b.request('stats-get')[0]['stats']
        return {k: v for k, v in stats.items() if k.startswith('in-')}

    def received():
        return b.request('policy-get', dump=True)[0]['policy']['rx-packets']

    def inject(name, packets, **wanted):
        """Sends them; @wanted are the counters that change, and by how much."""
        before, was = counters(), received()
        for p in packets:
            raw.send(p)
        expected = {k.replace('_', '-'): v for k, v in wanted.items()}
        for _ in range(100):
            after = counters()
            got = {k: after[k] - before[k] for k in after if after[k] != before[k]}
            if received() != was:
                got['ok'] = received() - was
            if sum(got.values()) >= sum(expected.values()):
                break
            time.sleep(0.05)
        tap.equal(name, got, expected)

    esp = ETH + IP
    inject('the first packet passes', [frames[1]], ok=1)
    inject('the same again is a replay', [frames[1]], in_replay=1)
    inject('a jump ahead passes', [frames[60]], ok=1)
    inject('the right end of the window is still open', [frames[60 - WINDOW + 1]], ok=1)
    inject('one further is too old', [frames[60 - WINDOW]], in_replay=1)
    inject('late ones within the window pass, out of order',
           [frames[n] for n in (58, 40, 59, 33, 41)], ok=5)
    inject('and only once', [frames[n] for n in (58, 40, 59, 33, 41)], in_replay=5)

    whole = frames[70]
    flipped = [fix_ip(whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:])
               for i in range(esp + ESP, len(whole))]
    inject('a flipped bit in every byte of IV, text and ICV is noticed', flipped,
           in_icv=len(flipped))
    wrong = whole[:esp + 4] + (80).to_bytes(4, 'big') + whole[esp + 8:]
    inject('another sequence number does not authenticate', [wrong], in_icv=1)
    cut = [fix_ip(whole[:esp + n]) for n in range(8, len(whole) - esp)]
    short = sum(1 for c in cut if len(c) - esp < ESP + 8 + 16 + 4 or (len(c) - esp) % 4)
    inject('cut at every length', cut, in_truncated=short, in_icv=len(cut) - short)
    inject('none of this moved the window or used its number', [whole], ok=1)

    ce = bytearray(frames[71])
    ce[ETH + 1] |= 3
    inject('CE outside over Not-ECT inside is dropped (RFC 6040)', [fix_ip(bytes(ce))], in_ecn=1)
    before = counters()
    unknown = whole[:esp] + (0x3001).to_bytes(4, 'big') + whole[esp + 4:]
    raw.send(unknown)
    time.sleep(0.2)
    tap.equal('an SPI that is not ours is left to XFRM', counters(), before)
    half = (len(frames[72]) - esp) // 2 // 8 * 8
    first = bytearray(frames[72][:esp + half])
    second = bytearray(frames[72][:esp] + frames[72][esp + half:])
    for part, field in ((first, 0x2000), (second, half // 8)):
        part[ETH + 4:ETH + 6] = b'\x12\x34'
        part[ETH + 6:ETH + 8] = field.to_bytes(2, 'big')
    inject('outer fragments are put together first', [fix_ip(bytes(first)), fix_ip(bytes(second))], ok=1)
    sh('ip -n b link set kw0 down')
    inject('a device that is down drops', [frames[73]], in_device=1)
    sh('ip -n b link set kw0 up')
    inject('and when it is up again, the packet passes', [frames[73]], ok=1)
    b.request('sa-del', {'sa': {'dir': 'in', 'spi': 0x2001}})
    before = counters()
    raw.send(frames[74])
    time.sleep(0.2)
    tap.equal('a deleted SA takes nothing', counters(), before)


def main():
    tap = Tap()
    try:
        run(tap)
    finally:
        sh('ip netns del a; ip netns del b')
    print(f'1..{tap.count}')
    return bool(tap.bad)


if __name__ == '__main__':
    sys.exit(main())
