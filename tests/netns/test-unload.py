#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Unload and load the module, again and again, while packets flow both ways in UDP, with
the daemon's sockets adopted.  run-all.sh looks at the kernel log.

usage: KEYWAY_KO=keyway.ko [KEYWAY_ROUNDS=20] test-unload.py     with the module loaded

   a: 10.0.1.1 -- kw0 == ESP in UDP == kw0 -- b: 10.0.2.1
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

ROUNDS = int(os.environ.get('KEYWAY_ROUNDS', 20))
KO = os.environ['KEYWAY_KO']
KEY = '000102030405060708090a0b0c0d0e0f20212223'
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


def adopted_socket(n):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind((f'192.0.2.{n}', 4500))
    return sock


def connect(spec, me, peer, sock):
    """A child in the namespace we are in; returns the client."""
    client = kwctl.Client(spec)
    udp = {'udp-local': 4500, 'udp-remote': 4500}
    sa = {'encr': 20, 'encr-bits': 128, 'encr-key': KEY, 'flags': ['esn'], **udp}
    client.request('socket-set', {'socket-fd': sock.fileno()})
    client.request('child-new', {
        'policy': {'ifindex': socket.if_nametoindex('kw0'), 'local': f'192.0.2.{me}', 'remote': f'192.0.2.{peer}',
                   'ts-local': [{'start': '0.0.0.0', 'end': '255.255.255.255'}],
                   'ts-remote': [{'start': '0.0.0.0', 'end': '255.255.255.255'}]},
        'sa': [{'dir': 'in', 'spi': 0x1000 + me, **sa}, {'dir': 'out', 'spi': 0x1000 + peer, **sa}]})
    return client


def received(client):
    return client.request('policy-get', dump=True)[0]['policy']['rx-packets']


def main():
    for ns in 'ab':
        sh(f'ip netns add {ns} && ip -n {ns} link set lo up')
    sh('ip link add va netns a type veth peer name vb netns b')
    sockets = {}
    for ns, n in (('a', 1), ('b', 2)):
        sh(f'ip -n {ns} addr add 192.0.2.{n}/24 dev v{ns}; ip -n {ns} link set v{ns} up')
        with namespace(ns):
            sockets[ns] = adopted_socket(n)
    spec = kwctl.Spec()
    done = flowed = 0
    for n in range(1, ROUNDS + 1):
        clients = {}
        for ns, me, peer in (('a', 1, 2), ('b', 2, 1)):
            sh(f'ip -n {ns} link add kw0 type keyway; ip -n {ns} addr add 10.0.{me}.1/24 dev kw0;'
               f'ip -n {ns} link set kw0 up; ip -n {ns} route add 10.0.{peer}.0/24 dev kw0')
            with namespace(ns):
                clients[ns] = connect(spec, me, peer, sockets[ns])
        pings = [subprocess.Popen(['ip', 'netns', 'exec', ns, 'ping', '-q', '-i', '0.002', '-s', size, to],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                 for ns, to, size in (('a', '10.0.2.1', '1000'), ('b', '10.0.1.1', '56'), ('a', '10.0.2.1', '3000'))]
        end = time.monotonic() + 20
        while time.monotonic() < end and (received(clients['a']) < 20 or received(clients['b']) < 20):
            time.sleep(0.05)
        flowed += received(clients['b']) >= 20
        del clients
        try:
            sh('rmmod keyway')
            sh(f'insmod {KO}')
            done += 1
            print(f'# round {n}', flush=True)
        finally:
            for p in pings:
                p.kill()
                p.wait()
    bad = 0
    for n, (name, good) in enumerate((
            (f'the module was unloaded under traffic {ROUNDS} times', done == ROUNDS),
            ('packets flowed each time before', flowed == ROUNDS)), 1):
        bad += not good
        print(f'{"ok" if good else "not ok"} {n} - {name}', flush=True)
    # With the module gone, what looks like ESP is an ordinary datagram again.
    sh('rmmod keyway')
    with namespace('a'):
        sockets['a'].sendto(b'\x12\x34\x56\x78 now yours', ('192.0.2.2', 4500))
    sockets['b'].settimeout(10)
    good = sockets['b'].recv(100) == b'\x12\x34\x56\x78 now yours'
    bad += not good
    print(f'{"ok" if good else "not ok"} 3 - then its sockets hand up even what looks like ESP', flush=True)
    sh(f'insmod {KO}')
    sh('ip netns del a; ip netns del b')
    print('1..3')
    return bool(bad)


if __name__ == '__main__':
    sys.exit(main())
