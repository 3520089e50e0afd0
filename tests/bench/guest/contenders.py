# SPDX-License-Identifier: GPL-2.0
"""Ways to get LEFT and RIGHT together: nothing, XFRM in its forms, WireGuard, keyway."""

import dataclasses
import json
import os
import subprocess
import time

import net
from net import A, B, LEFT, LINK, OUTER, RIGHT


@dataclasses.dataclass(frozen=True)
class Variant:
    """What all contenders of one comparison do alike."""

    cipher: str = 'gcm128'
    outer: int = 4          # family of the outer addresses
    mode: str = 'tunnel'
    udp: bool = False       # ESP in UDP
    sas: int = 1            # SAs from a to b, each with a policy of its own

    def __str__(self):
        words = [self.cipher, f'{self.mode} v{self.outer}']
        words += ['in UDP'] if self.udp else []
        words += [f'{self.sas} SAs'] if self.sas > 1 else []
        return ' '.join(words)


KEY = ''.join(f'{(i * 37 + 11) % 256:02x}' for i in range(36))
# cipher: XFRM's name of the algorithm, IANA number and key bits of keyway's, bytes of key and salt
CIPHERS = {
    'gcm128': ('rfc4106(gcm(aes))', 20, 128, 20),
    'gcm256': ('rfc4106(gcm(aes))', 20, 256, 36),
    'chacha': ('rfc7539esp(chacha20,poly1305)', 28, 256, 36),
}
REPLAY_WINDOW = 128
PORT = 4500


class Plain:
    """Routing alone: what the others are compared with."""

    name, encrypts = 'plain', False

    @staticmethod
    def takes(variant):
        return variant.mode == 'tunnel' and not variant.udp and variant.sas == 1

    @staticmethod
    def up(variant):
        net.routes(lambda ns: f'via {"inet6 " if variant.outer == 6 else ""}'
                              f'{OUTER[net.other(ns), variant.outer]}')

    @staticmethod
    def down():
        net.no_routes()


def encap_sockets():
    """Sockets that give XFRM the ESP in UDP that arrives."""
    code = ('import socket, sys, time\n'
            's = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n'
            f's.bind((sys.argv[1], {PORT}))\n'
            's.setsockopt(socket.IPPROTO_UDP, 100, 2)\n'   # UDP_ENCAP, UDP_ENCAP_ESPINUDP
            'print("bound", flush=True)\n'
            'time.sleep(1e6)\n')
    sockets = [net.start('python3', '-c', code, OUTER[ns, 4], ns=ns, stdout=subprocess.PIPE)
               for ns in (A, B)]
    for s in sockets:
        s.stdout.readline()
    return sockets


def loaded(module):
    return os.path.exists(f'/sys/module/{module}')


def offload_modules(wanted):
    """With them TCP's trains reach ESP whole; a state keeps what there was when it was added."""
    for family in (4, 6):
        module = f'esp{family}_offload'
        end = time.monotonic() + 30
        while loaded(module) != wanted:
            if time.monotonic() > end:
                raise RuntimeError(f'{module} is {"not" if wanted else "still"} there')
            net.run('modprobe' if wanted else 'rmmod', module, check=False)
            # States that were flushed hold them until the kernel has freed them.
            time.sleep(0 if loaded(module) == wanted else 0.2)


def end(sockets):
    while sockets:
        s = sockets.pop()
        s.kill()
        s.wait()


class Xfrm:
    """Policies and states, ESP with extended sequence numbers."""

    name, encrypts, offload, interface = 'xfrm', True, False, False

    def __init__(self):
        self.sockets = []

    def takes(self, variant):
        return not (self.interface and (variant.mode == 'transport' or variant.sas > 1))

    def states(self, variant, ns):
        name, _, _, length = CIPHERS[variant.cipher]
        more = f'encap espinudp {PORT} {PORT} 0.0.0.0' if variant.udp else ''
        if_id = 'if_id 42' if self.interface else ''
        me, peer = OUTER[ns, variant.outer], OUTER[net.other(ns), variant.outer]
        ways = [(me, peer), (peer, me)] if ns == A else [(peer, me), (me, peer)]
        for way, (src, dst) in enumerate(ways):
            for i in range(1 if way else variant.sas):
                spi = (0x20000000 if way else 0x10000000) + i
                # auth-trunc's place holder: ip(8) wants the flags before the algorithm
                yield (f'xfrm state add src {src} dst {dst} proto esp spi {spi:#x} reqid {i + 1}'
                       f' mode {variant.mode} replay-window {REPLAY_WINDOW} flag esn {if_id}'
                       f' aead {name} 0x{KEY[:2 * length]} 128 {more}')

    def policies(self, variant, ns):
        me, peer = OUTER[ns, variant.outer], OUTER[net.other(ns), variant.outer]
        if_id = 'if_id 42' if self.interface else ''
        if variant.mode == 'transport':
            for direction, src, dst in (('out', me, peer), ('in', peer, me)):
                yield (f'xfrm policy add dir {direction} src {src} dst {dst}'
                       f' tmpl proto esp reqid 1 mode transport')
            return
        here, there = (LEFT, RIGHT) if ns == A else (RIGHT, LEFT)
        for i in range(variant.sas):
            far = f'{net.sink(i)}/32' if variant.sas > 1 else RIGHT
            src, dst = (LEFT, far) if ns == A else (far, LEFT)
            for direction in ('out', 'in', 'fwd'):
                if direction == 'out':
                    sel, tmpl = (src, dst), (me, peer)
                else:
                    sel, tmpl = (dst, src), (peer, me)
                if ns == B and direction == 'out' and variant.sas > 1:
                    continue
                yield (f'xfrm policy add dir {direction} src {sel[0]} dst {sel[1]} {if_id}'
                       f' tmpl src {tmpl[0]} dst {tmpl[1]} proto esp reqid {i + 1} mode tunnel')
        if variant.sas > 1 and ns == B:
            yield (f'xfrm policy add dir out src {here} dst {there}'
                   f' tmpl src {me} dst {peer} proto esp reqid 1 mode tunnel')

    def up(self, variant):
        offload_modules(self.offload)
        for ns in (A, B):
            net.batch(ns, [*self.states(variant, ns), *self.policies(variant, ns)])
        if variant.udp:
            self.sockets = encap_sockets()
        if self.interface:
            for ns in (A, B):
                net.ip(ns, f'link add xfrm0 type xfrm dev {LINK[ns]} if_id 42')
                net.ip(ns, 'link set xfrm0 up')
            net.routes(lambda ns: 'dev xfrm0')
        else:
            Plain.up(variant)

    def down(self):
        end(self.sockets)
        for ns in (A, B):
            net.ip(ns, 'xfrm policy flush')
            net.ip(ns, 'xfrm state flush')
            net.ip(ns, 'link del xfrm0', check=False)
        net.no_routes()


class XfrmOffload(Xfrm):
    """The same with esp4_offload or esp6_offload."""

    name, offload = 'xfrm-offload', True


class XfrmInterface(Xfrm):
    """Routed into an XFRM interface, with the offload modules too."""

    name, offload, interface = 'xfrmi', True, True


class WireGuard:
    """Its own cipher only, ChaCha20-Poly1305."""

    name, encrypts = 'wireguard', True

    @staticmethod
    def takes(variant):
        return variant.mode == 'tunnel' and variant.sas == 1 and net.available('wg')

    @staticmethod
    def up(variant):
        keys = {ns: net.run('wg', 'genkey').strip() for ns in (A, B)}
        for ns in (A, B):
            peer = net.other(ns)
            net.ip(ns, 'link add wg0 type wireguard')
            public = net.run('wg', 'pubkey', stdin=keys[peer]).strip()
            there = OUTER[peer, variant.outer]
            net.run('wg', 'set', 'wg0', 'private-key', '/dev/stdin', 'listen-port', 51820,
                    'peer', public, 'allowed-ips', LEFT if ns == B else RIGHT, 'endpoint',
                    f'[{there}]:51820' if variant.outer == 6 else f'{there}:51820',
                    ns=ns, stdin=keys[ns])
            net.ip(ns, 'link set wg0 up')
        net.routes(lambda ns: 'dev wg0')

    @staticmethod
    def down():
        for ns in (A, B):
            net.ip(ns, 'link del wg0', check=False)
        net.no_routes()


class Keyway:
    """Routed into a keyway device."""

    name, encrypts, device = 'keyway', True, True

    def __init__(self):
        self.servers = {}
        self.sockets = []

    def takes(self, variant):
        return self.device or not variant.udp

    def ask(self, ns, command, request):
        """One netlink request through the tests' client, which keeps running."""
        if ns not in self.servers:
            self.servers[ns] = net.start(os.environ['KWCTL'], '--serve', ns=ns,
                                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        server = self.servers[ns]
        server.stdin.write(f'{command}\t{json.dumps(request)}\t\n')
        server.stdin.flush()
        while True:
            line = server.stdout.readline()
            if not line or line.startswith('='):
                break
        if line.strip() != '= 0':
            raise RuntimeError(f'keyway {command}: {line.strip() or "client ended"}')

    @staticmethod
    def sa(variant, direction, spi):
        _, number, bits, length = CIPHERS[variant.cipher]
        sa = {'dir': direction, 'spi': spi, 'encr': number, 'encr-key': KEY[:2 * length],
              'flags': ['esn']}
        if number == 20:
            sa['encr-bits'] = bits
        if direction == 'in':
            sa['replay-window'] = REPLAY_WINDOW
        if variant.udp:
            sa |= {'udp-local': PORT, 'udp-remote': PORT}
        return sa

    def policy(self, variant, ns, i):
        def ts(prefix):
            import ipaddress
            n = ipaddress.ip_network(prefix)
            return [{'start': str(n[0]), 'end': str(n[-1])}]
        far = f'{net.sink(i)}/32' if variant.sas > 1 else RIGHT
        policy = {'local': OUTER[ns, variant.outer], 'remote': OUTER[net.other(ns), variant.outer],
                  'ts-local': ts(LEFT if ns == A else far),
                  'ts-remote': ts(far if ns == A else LEFT), 'mode': variant.mode}
        if variant.mode == 'transport':
            policy['ts-local'] = ts(policy['local'])
            policy['ts-remote'] = ts(policy['remote'])
        if self.device:
            policy['ifindex'] = int(net.read_in(ns, '/sys/class/net/kw0/ifindex'))
        return policy

    def up(self, variant):
        for ns in (A, B):
            if self.device:
                net.ip(ns, 'link add kw0 type keyway')
                net.ip(ns, 'link set kw0 up')
            for i in range(variant.sas):
                to_b, to_a = 0x10000000 + i, 0x20000000 + i
                self.ask(ns, 'child-new', {
                    'policy': self.policy(variant, ns, i),
                    'sa': [self.sa(variant, 'in', to_a if ns == A else to_b),
                           self.sa(variant, 'out', to_b if ns == A else to_a)]})
        if variant.udp:
            self.sockets = [net.start(os.environ['KWCTL'], '--socket', OUTER[ns, 4], PORT, ns=ns,
                                      stdout=subprocess.PIPE) for ns in (A, B)]
            for s in self.sockets:
                s.stdout.readline()
        if self.device:
            net.routes(lambda ns: 'dev kw0')
        else:
            Plain.up(variant)

    def down(self):
        end(self.sockets)
        for ns in (A, B):
            self.ask(ns, 'policy-flush', {})
            net.ip(ns, 'link del kw0', check=False)
        net.no_routes()


class KeywayPolicy(Keyway):
    """The same policies without a device."""

    name, device = 'keyway-policy', False


ALL = [Plain, Xfrm, XfrmOffload, XfrmInterface, WireGuard, Keyway, KeywayPolicy]
