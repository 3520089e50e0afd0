#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Transport mode behind a NAT: three clients behind one address, the server is keyway.  Two clients are the kernel's
XFRM, one is keyway.  TCP and UDP both ways, from all of them in turn and at once; the NAT gives each a port of its own.

   c1 10.9.1.11 (XFRM)   ---\\
   c2 10.9.2.11 (XFRM)   ---- r: nftables, 192.0.2.254 ---- a: 192.0.2.1 (keyway)
   c3 10.9.3.11 (keyway) ---/
"""

import os
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl
from bed import Tap, TcpPair, host, let_udp_pass, namespace, set_sysctl, settle, sh, tear_down
from xfrm import Xfrm

SERVER, NAT = '192.0.2.1', '192.0.2.254'
UDP_ENCAP, UDP_ENCAP_ESPINUDP = 100, 2
KEY = bytes(range(20))


def address(n):
    return f'10.9.{n}.11'


def topology():
    for ns in ('a', 'r', 'c1', 'c2', 'c3'):
        host(ns)
    sh(f'ip link add va netns a type veth peer name ra netns r; ip -n a link set va up; ip -n r link set ra up;'
       f'ip -n a addr add {SERVER}/24 dev va; ip -n r addr add {NAT}/24 dev ra')
    for n in (1, 2, 3):
        sh(f'ip link add v netns c{n} type veth peer name r{n} netns r; ip -n c{n} link set v up;'
           f'ip -n r link set r{n} up; ip -n c{n} addr add {address(n)}/24 dev v;'
           f'ip -n r addr add 10.9.{n}.1/24 dev r{n}; ip -n c{n} route add default via 10.9.{n}.1')
    set_sysctl('r', 'ipv4/ip_forward', '1')
    rules = ';'.join(f'add rule ip nat post ip saddr {address(n)} udp sport 4500 snat to {NAT}:{4500 + n}'
                     for n in (1, 2, 3))
    # What is not ESP in UDP does not get through: no answer without the SAs.
    sh(f"ip netns exec r nft 'add table ip nat; add chain ip nat post {{ type nat hook postrouting priority 100; }};"
       f"{rules}; add table ip f; add chain ip f forward {{ type filter hook forward priority 0; policy drop; }};"
       f"add rule ip f forward udp dport 4500 accept; add rule ip f forward udp sport 4500 accept'")


def port_of(n):
    """The client's own port inside, by which the server tells them apart."""
    return 40000 + n


def adopt(ns, kw, where):
    with namespace(ns):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((where, 4500))
    kw.request('socket-set', {'socket-fd': sock.fileno()})
    return sock


def keyway_sa(direction, spi, near, far):
    return {'dir': direction, 'spi': spi, 'encr': 20, 'encr-bits': 128, 'encr-key': KEY, 'flags': ['esn'],
            'udp-local': near, 'udp-remote': far}


def selectors(ip, port=None):
    if port is None:
        return [{'start': ip, 'end': ip}]
    return [{'start': ip, 'end': ip, 'proto': proto, 'port-start': port, 'port-end': port}
            for proto in (socket.IPPROTO_TCP, socket.IPPROTO_UDP)]


def serve(kw, n):
    """The server's side of client n."""
    kw.request('child-new', {'policy': {
        'mode': 'transport', 'priority': 1, 'local': SERVER, 'remote': NAT, 'ts-local': selectors(SERVER),
        'ts-remote': selectors(NAT, port_of(n))},
        'sa': [keyway_sa('in', 0x1000 + n, 4500, 4500 + n), keyway_sa('out', 0x2000 + n, 4500, 4500 + n)]})


def xfrm_client(n):
    me = address(n)
    with namespace(f'c{n}'):
        xfrm = Xfrm()
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((me, 4500))
    sock.setsockopt(socket.IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP)
    for src, dst, spi, direction in ((me, SERVER, 0x1000 + n, 'out'), (SERVER, me, 0x2000 + n, 'in')):
        xfrm.add(src, dst, spi, 1, 'transport', aead=('rfc4106(gcm(aes))', KEY, 128), esn=True, udp=(4500, 4500))
        sh(f'ip -n c{n} xfrm policy add dir {direction} src {src} dst {dst} priority 2 '
           f'tmpl src {src} dst {dst} proto esp reqid 1 mode transport')
    # ESP in UDP is itself between the hosts whose packets it protects.
    sh(f'ip -n c{n} xfrm policy add dir in src {SERVER} dst {me} proto udp sport 4500 priority 1')
    return sock


def keyway_client(n):
    me = address(n)
    with namespace(f'c{n}'):
        kw = kwctl.Client()
    sock = adopt(f'c{n}', kw, me)
    let_udp_pass(kw)
    kw.request('child-new', {'policy': {
        'mode': 'transport', 'priority': 1, 'local': me, 'remote': SERVER, 'ts-local': selectors(me),
        'ts-remote': selectors(SERVER)},
        'sa': [keyway_sa('in', 0x2000 + n, 4500, 4500), keyway_sa('out', 0x1000 + n, 4500, 4500)]})
    return sock


def udp_sockets(n):
    with namespace(f'c{n}'):
        near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    near.bind((address(n), port_of(n)))
    near.connect((SERVER, 9000))
    near.settimeout(3)
    return near


def run(tap):
    topology()
    sh('modprobe esp4')
    with namespace('a'):
        kw = kwctl.Client()
        far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    far.bind((SERVER, 9000))
    far.settimeout(3)
    sockets = [adopt('a', kw, SERVER)]
    let_udp_pass(kw)
    for n in (1, 2, 3):
        serve(kw, n)
    sockets += [xfrm_client(1), xfrm_client(2), keyway_client(3)]
    for n in (1, 2, 3):
        pair = TcpPair('a', SERVER, f'c{n}', address(n), port_of(n))
        bad = pair.exchange()
        tap.ok(not bad, f'client {n}: TCP both ways', bad)
    clients = [udp_sockets(n) for n in (1, 2, 3)]
    for size in (1, 100, 1400, 3000):
        for n, near in enumerate(clients, 1):
            near.send(bytes([n]) * size)
        got = {}
        for _ in clients:
            try:
                data, source = far.recvfrom(1 << 16)
            except OSError:
                break
            got[source] = data
            far.sendto(data[::-1] + b'!', source)
        wanted = {(NAT, port_of(n)): bytes([n]) * size for n in (1, 2, 3)}
        tap.ok(got == wanted, f'datagrams of {size} octets of all three at once', f'from {list(got)}')
        back = []
        for n, near in enumerate(clients, 1):
            try:
                back.append(near.recv(1 << 16) == bytes([n]) * size + b'!')
            except OSError:
                back.append(False)
        tap.equal(f'answers of {size + 1} octets to all three', back, [True] * 3)
    tap.equal('the server dropped nothing', settle(
        lambda: {k: v for k, v in kw.request('stats-get')[0]['stats'].items()
                 if v and k.startswith('in-')}, {}, 0), {})


def main():
    tap = Tap()
    try:
        run(tap)
    finally:
        tear_down('a', 'r', 'c1', 'c2', 'c3')
    return tap.finish()


if __name__ == '__main__':
    sys.exit(main())
