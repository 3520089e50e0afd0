# SPDX-License-Identifier: GPL-2.0
"""What the Python tests share: namespaces a and b with a wire, TAP, and traffic that one process makes.

        namespace a                              namespace b
   inner addresses on kw0                   inner addresses on lo (or on kw0)
        va 192.0.2.1, 2001:db8::1   ------  vb 192.0.2.2, 2001:db8::2
"""

import contextlib
import ctypes
import errno
import os
import select
import socket
import struct
import subprocess
import time

libc = ctypes.CDLL(None, use_errno=True)


def sh(command, check=True):
    return subprocess.run(command, shell=True, check=check, stdout=subprocess.PIPE, text=True).stdout


MAC = {'a': '02:00:00:00:00:01', 'b': '02:00:00:00:00:02'}


@contextlib.contextmanager
def namespace(name):
    """Sockets made inside belong to it for ever."""
    with open('/proc/self/ns/net', 'rb') as home, open(f'/run/netns/{name}', 'rb') as there:
        libc.setns(there.fileno(), 0)
        try:
            yield
        finally:
            libc.setns(home.fileno(), 0)


def set_sysctl(ns, key, value):
    with namespace(ns), open(f'/proc/sys/net/{key}', 'w', encoding='ascii') as f:
        f.write(value)


def acquaint(near, far):
    """The hosts of two addresses need not ask for each other: XFRM in transport mode wants answers protected."""
    sh(f'ip -n a neigh replace {far} lladdr {MAC["b"]} dev va nud permanent;'
       f'ip -n b neigh replace {near} lladdr {MAC["a"]} dev vb nud permanent')


def host(ns):
    """A namespace; no duplicate address detection: it costs seconds."""
    sh(f'ip netns add {ns}; ip -n {ns} link set lo up')
    for key, value in (('ipv6/conf/default/accept_dad', '0'), ('ipv6/conf/all/accept_dad', '0'),
                       ('ipv4/ping_group_range', '0 0'),
                       # Hundreds of refused packets shall each have their answer.
                       ('ipv4/icmp_ratelimit', '0'), ('ipv6/icmp/ratelimit', '0')):
        set_sysctl(ns, key, value)


def wire():
    """The namespaces, the wire, outer addresses."""
    for ns in 'ab':
        host(ns)
    sh(f'ip link add va address {MAC["a"]} netns a type veth peer name vb address {MAC["b"]} netns b')
    for ns, n in (('a', 1), ('b', 2)):
        sh(f'ip -n {ns} link set v{ns} up; ip -n {ns} addr add 192.0.2.{n}/24 dev v{ns};'
           f'ip -n {ns} addr add 2001:db8::{n}/64 dev v{ns} nodad')


def let_udp_pass(kw, port=4500):
    """A policy such as the daemon's: without it transport mode takes ESP in UDP for plaintext."""
    every = [('0.0.0.0', '255.255.255.255'), ('::', 'ffff' + ':ffff' * 7)]
    kw.request('policy-new', {'policy': {
        'action': 'bypass', 'ts-remote': [{'start': a, 'end': b} for a, b in every],
        'ts-local': [{'start': a, 'end': b, 'proto': socket.IPPROTO_UDP, 'port-start': port, 'port-end': port}
                     for a, b in every]}})


def tear_down(*names):
    for ns in names or 'ab':
        sh(f'ip netns del {ns}', check=False)


class Tap:
    def __init__(self):
        self.count = self.bad = 0

    def ok(self, good, name, why=''):
        self.count += 1
        self.bad += not good
        print(f'{"ok" if good else "not ok"} {self.count} - {name}', flush=True)
        if not good and why:
            print('\n'.join(f'# {line}' for line in str(why).splitlines()), flush=True)

    def equal(self, name, got, wanted):
        self.ok(got == wanted, name, f'got {got}, wanted {wanted}')

    def finish(self):
        print(f'1..{self.count}')
        return bool(self.bad)


def family_of(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


class Pinger:
    """Echo requests of many sizes at once, and whether each comes back as it went out."""

    def __init__(self, ns, address, source=None, options=()):
        """options: (level, option, value) for setsockopt()."""
        v6 = ':' in address
        with namespace(ns):
            self.sock = socket.socket(family_of(address), socket.SOCK_DGRAM,
                                      socket.IPPROTO_ICMPV6 if v6 else socket.IPPROTO_ICMP)
        for level, option, value in options:
            self.sock.setsockopt(level, option, value)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 21)
        if source:
            self.sock.bind((source, 0))
        self.sock.connect((address, 0))
        self.kind = 128 if v6 else 8
        self.seq = 0
        self.sent = {}

    def send(self, sizes):
        """Sizes are octets after the ICMP header."""
        self.sent = {}
        for size in sizes:
            self.seq = (self.seq + 1) & 0xffff
            data = bytes((self.seq + i) & 0xff for i in range(min(size, 256)))
            data = (data * (size // 256 + 1))[:size]
            self.sent[self.seq] = data
            request = struct.pack('>BBHHH', self.kind, 0, 0, 0, self.seq) + data
            try:
                self.sock.send(request)
            except OSError as e:
                # About an earlier packet, which was too big for the path; lost() tells.
                if e.errno != errno.EMSGSIZE:
                    raise
                self.sock.send(request)

    def lost(self, seconds=2):
        """Waits; the sizes without an answer as it should be."""
        self.sock.settimeout(seconds)
        wrong = []
        while self.sent:
            try:
                reply = self.sock.recv(65536)
            except TimeoutError:
                break
            except OSError as e:
                # The path's word about an earlier packet is no answer, and others may follow.
                if e.errno != errno.EMSGSIZE:
                    break
                continue
            data = self.sent.pop(struct.unpack_from('>H', reply, 6)[0], None)
            if data is not None and reply[8:] != data:
                wrong.append(len(data))
        return [len(d) for d in self.sent.values()] + wrong

    def close(self):
        self.sock.close()


class TcpPair:
    """A listener in one namespace; exchange() connects to it from the other and compares."""

    def __init__(self, server_ns, server, client_ns, client=None, client_port=0):
        self.server, self.client, self.client_ns, self.client_port = server, client, client_ns, client_port
        with namespace(server_ns):
            self.listener = socket.socket(family_of(server), socket.SOCK_STREAM)
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind((server, 0))
        self.listener.listen(16)

    def exchange(self, octets=20000, seconds=5):
        """That many octets each way. None, or what went wrong."""
        with namespace(self.client_ns):
            near = socket.socket(family_of(self.server), socket.SOCK_STREAM)
        far = None
        try:
            near.settimeout(seconds)
            near.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if self.client:
                near.bind((self.client, self.client_port))
            near.connect((self.server, self.listener.getsockname()[1]))
            self.listener.settimeout(seconds)
            far, _ = self.listener.accept()
            far.settimeout(seconds)
            for a, b, how in ((near, far, 'there'), (far, near, 'back')):
                if not carries(a, b, octets, seconds):
                    return f'TCP {how} does not arrive'
            return None
        except OSError as e:
            return f'TCP: {e}'
        finally:
            abort(near, far)


def abort(near, far):
    """Ends a connection at once.  Once far sees it, nothing of it is on the wire when its SA goes."""
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    near.close()
    if not far:
        return
    far.settimeout(1)
    with contextlib.suppress(OSError):
        while far.recv(1 << 16):
            pass
    far.close()


def carries(source, sink, octets, seconds):
    """Pumps octets through, without a second thread."""
    data = os.urandom(octets)
    end = time.monotonic() + seconds
    sent, got = 0, bytearray()
    source.setblocking(False)
    sink.setblocking(False)
    while len(got) < octets and time.monotonic() < end:
        readable, writable, _ = select.select([sink], [source] if sent < octets else [], [], 0.5)
        if writable:
            sent += source.send(data[sent:])
        if readable:
            got += sink.recv(1 << 16)
    return bytes(got) == data


def settle(read, wanted, seconds=2):
    """Waits until read() gives wanted; what it gives at last."""
    end = time.monotonic() + seconds
    while (got := read()) != wanted and time.monotonic() < end:
        time.sleep(0.01)
    return got
