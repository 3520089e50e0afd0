#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""What keywayd takes with many connections: one with many peers, and their daemon, in one boot.

usage: control.py BED DIRECTORY-OF-PROGRAMS N [load]        (bed: native)

Every connection has its own address in west and all lead to one address of east, in transport
mode: N handshakes with PSK, x25519 and AES-GCM, started by west at once.  One JSON object a
measurement:

  load            from the daemon's start until it says it is ready
  memory          resident, per connection that was read, and per pair of IKE SA and child
  CPU             host CPU time of the whole guest: to load east, and from west's start until all
                  are up, west's loading included.  Not comparable with a process elsewhere: in
                  user-mode Linux a system call costs many times as much
  handshakes      per second of wall-clock time, both ends on one processor
"""

import ipaddress
import json
import os
import socket
import subprocess
import sys
import time

import clock

EAST = '192.0.2.2'
FIRST = '198.18.0.1'
ENDS = ('west', 'east')


def run(*words, stdin=None):
    subprocess.run(words, input=stdin, text=True, check=True)


def peer(i):
    return str(ipaddress.IPv4Address(FIRST) + i)


def topology(n):
    for ns in ENDS:
        run('ip', 'netns', 'add', ns)
        run('ip', '-n', ns, 'link', 'set', 'lo', 'up')
    run(*'ip link add w0 netns west type veth peer name e0 netns east'.split())
    run(*'ip -n east addr add 192.0.2.2/24 dev e0'.split())
    run(*'ip -n west addr add 192.0.2.1/24 dev w0'.split())
    run('ip', '-n', 'west', '-batch', '-',
        stdin=''.join(f'addr add {peer(i)}/32 dev lo\n' for i in range(n)))
    for ns, dev in zip(ENDS, ('w0', 'e0')):
        run('ip', '-n', ns, 'link', 'set', dev, 'up')
    run(*'ip -n east route add 198.18.0.0/15 via 192.0.2.1'.split())


def configure(ns, n):
    there = f'/tmp/control/{ns}'
    os.makedirs(there)
    os.chmod(there, 0o700)
    for i in range(n):
        local, remote = (peer(i), EAST) if ns == 'west' else (EAST, peer(i))
        lines = [f'local = {local}', f'remote = {remote}', 'mode = transport',
                 f'start = {"up" if ns == "west" else "none"}',
                 f'local-id = {ns}{i}.example', f'remote-id = {ENDS[ns == "west"]}{i}.example',
                 'psk = "a shared secret for measuring"', 'ike = aes-gcm-16-128+prf-hmac-sha2-256+x25519',
                 'esp = aes-gcm-16-128']
        with open(f'{there}/c{i}.conf', 'w', encoding='ascii',
                  opener=lambda path, flags: os.open(path, flags, 0o600)) as f:
            f.write('\n'.join(lines) + '\n')
    with open(f'{there}/keyway.conf', 'w', encoding='ascii') as f:
        # One address of east's for all: its limits are for peers, and for strangers.
        f.write('[keyway]\nhalf-open-max = 100000\ncookie-threshold = 100000\n')


class Daemon:
    def __init__(self, programs, ns):
        self.ns = ns
        self.log = open(f'/tmp/control/{ns}.log', 'w+', encoding='utf-8')
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(f'/tmp/control/{ns}.notify')
        ready.settimeout(0.5)
        began = time.monotonic()
        self.process = subprocess.Popen(
            ['ip', 'netns', 'exec', ns, f'{programs}/keywayd', '-f', '-c', f'/tmp/control/{ns}',
             '-s', f'/tmp/control/{ns}.socket'], stderr=self.log,
            env={**os.environ, 'NOTIFY_SOCKET': f'/tmp/control/{ns}.notify'})
        self.wait(ready)
        self.load = time.monotonic() - began

    def wait(self, ready):
        while self.process.poll() is None:
            try:
                if b'READY=1' in ready.recv(4096):
                    return
            except socket.timeout:
                pass
        self.log.seek(0)
        sys.exit(f'keywayd ended: {self.log.read()[-2000:]}')

    def resident(self):
        with open(f'/proc/{self.process.pid}/status', encoding='ascii') as f:
            return int(next(l for l in f if l.startswith('VmRSS')).split()[1])

    def up(self):
        with open(self.log.name, encoding='utf-8') as f:
            return sum(' is up: ' in line for line in f)


def main():
    bed, programs, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    load_only = 'load' in sys.argv[4:]

    def emit(metric, value, unit):
        print(json.dumps({'bed': bed, 'kernel': os.uname().release, 'contender': 'keyway',
                          'case': f'{n} connections', 'metric': metric, 'value': value,
                          'unit': unit, 'round': 1}), flush=True)

    os.makedirs('/tmp/control')
    topology(n)
    for ns in ENDS:
        configure(ns, n)
    cpu = clock.CpuTime()
    before = cpu.now()
    east = Daemon(programs, 'east')
    emit('load', east.load, 's')
    loaded, start = east.resident(), cpu.now()
    emit('CPU to load', (start - before) / 1e9, 's')
    emit('memory, resident, loaded', loaded, 'KiB')
    if load_only:
        east.process.terminate()
        east.process.wait()
        return
    began = time.monotonic()
    west = Daemon(programs, 'west')
    last, since = -1, time.monotonic()
    while (now := east.up()) < n:
        if now != last:
            last, since = now, time.monotonic()
        elif time.monotonic() - since > 60:
            print(f'# {now} of {n} are up, no more come', flush=True)
            run('tail', '-n', '5', east.log.name)
            run('tail', '-n', '5', west.log.name)
            sys.exit(1)
        time.sleep(0.1)
    took = time.monotonic() - began
    emit('handshakes', n / took, '1/s')
    emit('CPU of both ends', (cpu.now() - start) / n / 1e3, 'us/handshake')
    emit('memory, resident, an IKE SA and its child', (east.resident() - loaded) / n, 'KiB')
    west.process.terminate()
    east.process.terminate()
    west.process.wait()
    east.process.wait()


if __name__ == '__main__':
    main()
