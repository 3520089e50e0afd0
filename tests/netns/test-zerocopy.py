#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Payloads in memory that is not ours to change: pages of files (sendfile, splice), of the sender
(MSG_ZEROCOPY), and packets that taps look at as well.  What arrives is what was sent, and the file, the
sender's memory and what the taps saw are as they were.

Then the other way about: ESP that somebody splices out of a file into a socket, so that the packet which
keyway opens lies in the page cache.

   a: 10.0.1.1 fd01::1 on kw0 == keyway == 10.0.2.1 fd02::1 on kw0, b, taps on kw0 and on the wire
      198.51.100.1            == keyway == 198.51.100.2              in transport mode
"""

import contextlib
import mmap
import os
import select
import socket
import struct
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Tap, family_of, namespace, settle, sh, tear_down, wire
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

ALGORITHMS = {'aes-gcm-16-128': ({'encr': 20, 'encr-bits': 128}, 20, 0),
              'chacha20-poly1305': ({'encr': 28}, 36, 0),
              'aes-cbc-128+hmac-sha2-256-128': ({'encr': 12, 'encr-bits': 128, 'integ': 12}, 16, 32)}
MODES = ('tunnel', 'transport')
LENGTH = 64000
CANARY = b'canary--'
SO_ZEROCOPY, MSG_ZEROCOPY = 60, 0x4000000
# Numbered, so that a piece says where it belongs.
CONTENT = b''.join(CANARY + b'%08d' % i for i in range(LENGTH // 16))


def fresh_file():
    path = '/tmp/keyway-zerocopy'
    with open(path, 'wb') as f:
        f.write(CONTENT)
    return path


def content_of(path):
    with open(path, 'rb') as f:
        return f.read()


def offload(ns, device, on):
    """Segmentation by the device, that is: whether it is given whole trains."""
    state = 'on' if on else 'off'
    sh(f'ip netns exec {ns} ethtool -K {device} gso {state} tso {state}')
    shown = sh(f'ip netns exec {ns} ethtool -k {device}')
    for feature in ('generic-segmentation-offload', 'tcp-segmentation-offload'):
        if f'{feature}: {state}' not in shown:
            raise RuntimeError(f'{feature} of {device} in {ns} does not go {state}')


class Senders:
    """Ways to give the kernel memory instead of a copy."""

    def __init__(self, path):
        self.path = path
        self.memory = mmap.mmap(-1, LENGTH + mmap.PAGESIZE)
        self.memory[:len(CONTENT)] = CONTENT

    def sendfile(self, sock):
        with open(self.path, 'rb') as f:
            done = 0
            while done < len(CONTENT):
                writable(sock)
                done += os.sendfile(sock.fileno(), f.fileno(), done, len(CONTENT) - done)

    def splice(self, sock):
        near, far = os.pipe()
        with open(self.path, 'rb') as f, contextlib.ExitStack() as stack:
            stack.callback(os.close, near)
            stack.callback(os.close, far)
            done = 0
            while done < len(CONTENT):
                moved = os.splice(f.fileno(), far, len(CONTENT) - done, offset_src=done)
                done += moved
                while moved:
                    writable(sock)
                    moved -= os.splice(near, sock.fileno(), moved)

    def zerocopy(self, sock):
        sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        view = memoryview(self.memory)[:len(CONTENT)]
        done = 0
        while done < len(view):
            writable(sock)
            done += sock.send(view[done:], MSG_ZEROCOPY)
        view.release()

    def unchanged(self):
        """What was changed behind the back of its owner."""
        return ([] if content_of(self.path) == CONTENT else ['the file']) + \
            ([] if self.memory[:len(CONTENT)] == CONTENT else ["the sender's memory"])


def writable(sock):
    if not select.select([], [sock], [], 5)[1]:
        raise TimeoutError('the socket takes no more')


class Reader:
    """The far end of a TCP connection, read by a process of its own: the sender blocks."""

    def __init__(self, ns, address):
        with namespace(ns):
            self.listener = socket.socket(family_of(address), socket.SOCK_STREAM)
        self.listener.bind((address, 0))
        self.listener.listen()
        self.port = self.listener.getsockname()[1]
        self.near, far = os.pipe()
        self.pid = os.fork()
        if not self.pid:
            self.listener.settimeout(10)
            got = b''
            with contextlib.suppress(OSError):
                sock, _ = self.listener.accept()
                sock.settimeout(10)
                while len(got) < len(CONTENT) and (piece := sock.recv(1 << 16)):
                    got += piece
            os.write(far, b'1' if got == CONTENT else b'0')
            os._exit(0)
        os.close(far)
        self.listener.close()

    def arrived(self):
        good = os.read(self.near, 1) == b'1'
        os.close(self.near)
        os.waitpid(self.pid, 0)
        return good


class Taps:
    """Packet sockets: each makes a clone of every packet that passes."""

    def __init__(self):
        self.socks = {}
        for ns in 'ab':
            for device in ('kw0', f'v{ns}'):
                with namespace(ns):
                    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(0x0003))
                    sock.bind((device, 0))
                sock.setsockopt(socket.SOL_SOCKET, 33, 1 << 24)     # SO_RCVBUFFORCE
                sock.setblocking(False)
                self.socks[ns, device] = sock

    def read(self):
        """Seen on each device: octets of CONTENT in good packets, in bad ones."""
        seen = {}
        for key, sock in self.socks.items():
            good = bad = 0
            with contextlib.suppress(BlockingIOError):
                while True:
                    packet, address = sock.recvfrom(1 << 17)
                    at = packet.find(CANARY[:4])
                    if at < 0:
                        continue
                    # From the canary on, the packet is a piece of the file.
                    if packet[at:] not in CONTENT:
                        bad += 1
                    # In transport mode what was opened shows once more on the device that ESP came by.
                    elif key[1] == 'kw0' or address[2] == socket.PACKET_OUTGOING:
                        good += len(packet) - at
            seen[key] = (good, bad)
        return seen

    def empty(self):
        self.read()


def key(clients, policies, name):
    numbers, key_len, integ_len = ALGORITHMS[name]
    for n, (ns, kw) in enumerate(clients.items()):
        kw.request('sa-flush')

        def sa(direction, spi):
            keys = {'encr-key': bytes([spi & 0xff]) * key_len}
            if integ_len:
                keys['integ-key'] = bytes([spi & 0xff, 1]) * (integ_len // 2)
            return {'dir': direction, 'spi': spi, 'flags': ['esn'], **numbers, **keys}
        kw.request('child-new', {'policy': {'id': policies[ns]},
                                 'sa': [sa('in', 0x1001 + n), sa('out', 0x1002 - n)]})


def transfer(how, reader_ns, source_ns, address):
    reader = Reader(reader_ns, address)
    with namespace(source_ns):
        sock = socket.socket(family_of(address), socket.SOCK_STREAM)
    try:
        sock.settimeout(5)
        sock.connect((address, reader.port))
        sock.settimeout(None)
        how(sock)
        sock.shutdown(socket.SHUT_WR)
    except OSError as e:
        return f'{e}'
    finally:
        good = reader.arrived()
        sock.close()
    return '' if good else 'something else arrives'


def datagrams(senders, ns_to, ns_from, address):
    """A file's pages as datagrams, small and in need of fragments."""
    with namespace(ns_to):
        sink = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sink.bind((address, 0))
    sink.settimeout(3)
    with namespace(ns_from):
        sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
    sock.connect(sink.getsockname())
    wrong = []
    pieces = [(0, 1200), (5000, 1), (8192, 4000)]
    # What spans pages is one datagram over IPv4 alone, in Linux 6.1.
    if ':' not in address:
        pieces.append((30000, 9000))
    with open(senders.path, 'rb') as f:
        for at, size in pieces:
            os.sendfile(sock.fileno(), f.fileno(), at, size)
            try:
                got = sink.recv(1 << 16)
            except OSError as e:
                got = str(e).encode()
            if got != CONTENT[at:at + size]:
                wrong.append(size)
    return f'datagrams of {wrong} octets differ or are lost' if wrong else ''


def one(tap, senders, taps, what, addresses, encrypted):
    """Every way to send, both directions; then what the taps saw."""
    wrong = []
    taps.empty()
    for name in ('sendfile', 'splice', 'zerocopy'):
        for there, back, address in (('b', 'a', addresses[1]), ('a', 'b', addresses[0])):
            bad = transfer(getattr(senders, name), there, back, address)
            if bad:
                wrong.append(f'{name} to {address}: {bad}')
    bad = datagrams(senders, 'b', 'a', addresses[1])
    if bad:
        wrong.append(bad)
    seen = taps.read()
    for (ns, device), (good, spoiled) in seen.items():
        if spoiled:
            wrong.append(f'the tap on {device} in {ns} saw {spoiled} packets change under its eyes')
        if encrypted and device != 'kw0' and good:
            wrong.append(f'{good} octets in the clear on {device}')
        if device == 'kw0' and encrypted == 'device' and good < LENGTH:
            wrong.append(f'the tap on kw0 in {ns} saw only {good} octets')
    wrong += [f'{it} has changed' for it in senders.unchanged()]
    tap.ok(not wrong, what, '\n'.join(wrong))


# ESP out of a file ----------------------------------------------------------------------------------------------

def sealed(spi, seq, aes_key, salt, inner):
    """ESP as a peer would send it: AES-GCM, no ESN."""
    pad = -(len(inner) + 2) % 4
    text = inner + bytes(range(1, pad + 1)) + bytes([pad, 4])
    head = struct.pack('>II', spi, seq)
    iv = struct.pack('>Q', seq)
    return head + iv + AESGCM(aes_key).encrypt(salt + iv, text, head)


def udp_packet(src, dst, data):
    """An inner IPv4 packet to port 9999."""
    def word_sum(b):
        total = sum(struct.unpack(f'>{len(b) // 2}H', b))
        while total >> 16:
            total = (total & 0xffff) + (total >> 16)
        return ~total & 0xffff
    head = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 28 + len(data), 1, 0, 64, 17, 0, src, dst)
    head = head[:10] + struct.pack('>H', word_sum(head)) + head[12:]
    return head + struct.pack('>HHHH', 9999, 9999, 8 + len(data), 0) + data


def spliced_esp(tap, address, ns_from, what):
    """A file with ESP in it goes by splice() into a UDP socket, whose pages keyway then has to open."""
    aes_key, salt, spi = bytes(range(16)), b'salt', 0x3001
    with namespace('b'):
        kw = kwctl.Client()
        index = socket.if_nametoindex('kw0')
        port4500 = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        port4500.bind((address, 4500))
        kw.request('socket-set', {'socket-fd': port4500.fileno()})
        sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sink.bind(('10.0.2.1', 9999))
        sink.settimeout(3)
    with namespace(ns_from):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect((address, 4500))
    source, source_port = sock.getsockname()
    kw.request('policy-flush')
    kw.request('child-new', {'policy': {
        'ifindex': index, 'local': address, 'remote': source,
        'ts-local': [{'start': '10.0.2.0', 'end': '10.0.2.255'}],
        'ts-remote': [{'start': '10.0.9.0', 'end': '10.0.9.255'}]}, 'sa': [
            {'dir': 'in', 'spi': spi, 'encr': 20, 'encr-bits': 128, 'encr-key': aes_key + salt,
             'udp-local': 4500, 'udp-remote': source_port}]})
    data = bytes(range(200)) * 5
    good = sealed(spi, 1, aes_key, salt, udp_packet(b'\x0a\0\x09\x01', b'\x0a\0\x02\x01', data))
    forged = bytearray(sealed(spi, 2, aes_key, salt, udp_packet(b'\x0a\0\x09\x01', b'\x0a\0\x02\x01', data)))
    forged[-1] ^= 1
    path = '/tmp/keyway-esp'
    for packet, name in ((good, 'a good packet'), (bytes(forged), 'a forged one')):
        before = kw.request('stats-get')[0]['stats']['in-icv']
        with open(path, 'wb') as f:
            f.write(packet)
        with open(path, 'rb') as f:
            near, far = os.pipe()
            os.splice(f.fileno(), far, len(packet), offset_src=0)
            os.splice(near, sock.fileno(), len(packet))
            os.close(near)
            os.close(far)
        if packet is good:
            try:
                arrived = sink.recv(4096) == data
            except OSError:
                arrived = False
            tap.ok(arrived, f'{what}: {name} is opened')
        else:
            tap.equal(f'{what}: {name} is noticed',
                      settle(lambda: kw.request('stats-get')[0]['stats']['in-icv'] - before, 1), 1)
        tap.ok(content_of(path) == packet, f'{what}: and the file is as it was')
    for s in (port4500, sink, sock):
        s.close()
    kw.request('policy-flush')


def policies_of(clients, mode):
    out = {}
    for (ns, kw), me, peer in zip(clients.items(), (1, 2), (2, 1)):
        with namespace(ns):
            device = {'ifindex': socket.if_nametoindex('kw0')} if mode == 'tunnel' else {'mode': mode}

        def nets(n):
            if mode == 'transport':
                return [{'start': f'198.51.100.{n}', 'end': f'198.51.100.{n}'}]
            return [{'start': f'10.0.{n}.0', 'end': f'10.0.{n}.255'},
                    {'start': f'fd0{n}::', 'end': f'fd0{n}::ffff'}]
        net = '192.0.2' if mode == 'tunnel' else '198.51.100'
        kw.request('policy-flush')
        out[ns] = kw.request('policy-new', {'policy': {
            **device, 'local': f'{net}.{me}', 'remote': f'{net}.{peer}',
            'ts-local': nets(me), 'ts-remote': nets(peer)}})[0]['policy']['id']
    return out


def setup():
    wire()
    for ns, me, peer in (('a', 1, 2), ('b', 2, 1)):
        sh(f'ip -n {ns} link add kw0 type keyway; ip -n {ns} link set kw0 up;'
           f'ip -n {ns} addr add 10.0.{me}.1/24 dev kw0; ip -n {ns} addr add fd0{me}::1/64 dev kw0 nodad;'
           f'ip -n {ns} route add 10.0.{peer}.0/24 dev kw0; ip -n {ns} route add fd0{peer}::/64 dev kw0;'
           f'ip -n {ns} addr add 198.51.100.{me}/24 dev v{ns}')
    clients = {}
    for ns in 'ab':
        with namespace(ns):
            clients[ns] = kwctl.Client()
    return clients


def run(tap):
    clients = setup()
    spliced_esp(tap, '192.0.2.2', 'a', 'ESP from a file over the wire')
    spliced_esp(tap, '127.0.0.1', 'b', 'ESP from a file within one host')
    senders = Senders(fresh_file())
    taps = Taps()
    for mode in MODES:
        policies = policies_of(clients, mode)
        for name in list(ALGORITHMS)[:1 if mode == 'transport' else None]:
            key(clients, policies, name)
            for gso in (1, 0):
                for ns in 'ab':
                    offload(ns, 'kw0', gso)
                    offload(ns, f'v{ns}', gso)
                what = f'{name}, {mode}, GSO {"on" if gso else "off"}'
                if mode == 'transport':
                    one(tap, senders, taps, what, ('198.51.100.1', '198.51.100.2'), 'wire')
                    continue
                addresses = ('10.0.1.1', '10.0.2.1') if gso else ('fd01::1', 'fd02::1')
                one(tap, senders, taps, what, addresses, 'device')
    tap.equal('nothing else was dropped', {
        k: v for k, v in clients['a'].request('stats-get')[0]['stats'].items() if v and k.startswith('in-')}, {})


def main():
    tap = Tap()
    try:
        run(tap)
    finally:
        tear_down()
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
