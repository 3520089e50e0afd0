# SPDX-License-Identifier: GPL-2.0
"""The cases: what is sent through a contender, and the measurements that come of it.

A case is run as case(clock, variant, seconds) and yields (metric, value, unit).  Rates are per
second of what the clock counts (clock.py), so that on a busy machine they still compare.
"""

import json
import math
import re
import subprocess
import threading
import time

import net
from net import A, B, G, INNER, OUTER


def ends(variant):
    """Addresses that a and b reach each other by inside the tunnel."""
    if variant.mode == 'transport':
        return OUTER[A, variant.outer], OUTER[B, variant.outer]
    return INNER[A], INNER[B]


def serve(address):
    server = net.start('iperf3', '-s', '-1', '-B', address, ns=B, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    end = time.monotonic() + 30
    while ':5201' not in net.run('ss', '-Hltn', ns=B):
        if time.monotonic() > end:
            raise RuntimeError('the iperf3 server does not listen')
        time.sleep(0.05)
    return server


def counters(pid, names):
    """Those of the kernel's protocol counters, of the namespace that a process is in."""
    found = {}
    for table in ('snmp', 'netstat'):
        with open(f'/proc/{pid}/net/{table}', encoding='ascii') as f:
            for head, values in zip(f, f):
                words = head.split()
                found |= {words[0][:-1] + n: int(v) for n, v in zip(words[1:], values.split()[1:])}
    return [found[n] for n in names]


class Window:
    """What was counted, and how long it took, between two moments of a flow at work."""

    def __init__(self, clock, pid, names):
        self.sources = (clock, pid, names)
        self.began = self.now()

    def now(self):
        clock, pid, names = self.sources
        return [clock.now(), time.monotonic_ns(), *counters(pid, names)]

    def since(self):
        return [b - a for a, b in zip(self.began, self.now())]


def during(clock, pid, names, seconds, client):
    """
    The window of so many seconds of the clock's, once a flow runs: starting processes is none of
    the tunnel's business, and on a busy machine would be most of it.
    """
    for share in (0.2, 1):
        window = Window(clock, pid, names)
        seen = window.since()
        while seen[0] < share * seconds * 1e9 or not seen[2]:
            if client.poll() is not None or seen[1] > 120e9:
                raise RuntimeError(f'iperf3 ended or stood still: {client.communicate()[0][-300:]}')
            time.sleep(0.1)
            seen = window.since()
    return seen


def iperf(clock, variant, seconds, options, names, receiver=False):
    """What the window of one iperf3 run saw: clock, wall-clock time, and counters of one end."""
    here, there = ends(variant)
    server = serve(there)
    client = net.start('iperf3', '-c', there, '-B', here, '-t', '3600', *options, ns=A,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        clock.profile(True)
        pid = server.pid if receiver else client.pid
        return during(clock, pid, names, seconds, client)
    finally:
        clock.profile(False)
        for process in (client, server):
            process.kill()
            process.wait()


def segment_bytes(variant):
    """The bytes TCP puts into a full segment here."""
    here, there = ends(variant)
    server = serve(there)
    text = net.run('iperf3', '-c', there, '-B', here, '-n', '64K', '-J', ns=A, check=False)
    server.kill()
    server.wait()
    report = json.loads(text)
    if 'error' in report:
        raise RuntimeError(f'iperf3: {report["error"]}')
    return report['start']['tcp_mss_default']


def tcp(clock, variant, seconds, *options, reverse=False):
    size = segment_bytes(variant)
    took, wall, segments, again = iperf(clock, variant, seconds, ['-l', '1M', *options],
                                        ['TcpExtTCPOrigDataSent', 'TcpRetransSegs'], reverse)
    yield 'rate', segments * size * 8e3 / took, f'Mbit/{clock.per}'
    yield 'wall rate', segments * size * 8e3 / wall, 'Mbit/s'
    yield 'retransmits', again / segments, 'ratio'


def tcp4(clock, variant, seconds):
    yield from tcp(clock, variant, seconds, '-P', '4')


def tcp_reverse(clock, variant, seconds):
    yield from tcp(clock, variant, seconds, '-R', reverse=True)


def udp(size):
    def case(clock, variant, seconds):
        took, wall, got = iperf(clock, variant, seconds, ['-u', '-b', '0', '-l', size],
                                ['UdpInDatagrams'], True)
        yield 'rate', got * 1e6 / took, f'kpps/{clock.per}'
        yield 'cost', took / got, f'{clock.unit}/packet'
        yield 'wall rate', got * 1e6 / wall, 'kpps'
    return case


class Pktgen:
    """The kernel's packet generator in g; its thread must run only when nothing else has work."""

    def __init__(self, variant, size):
        self.shell = net.start('sh', ns=G, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.tell('p=/proc/net/pktgen', 'echo rem_device_all >$p/kpktgend_0',
                  'echo add_device g0 >$p/kpktgend_0')
        words = ['delay 0', 'clone_skb 0', 'flag NO_TIMESTAMP',
                 f'dst_mac {net.link_address(A, "a1")}', 'src_min 10.1.9.2', 'src_max 10.1.9.2',
                 f'dst_min {net.sink(0)}', f'dst_max {net.sink(variant.sas - 1)}',
                 'udp_src_min 9', 'udp_src_max 9', 'udp_dst_min 9', 'udp_dst_max 9',
                 'imix_weights 64,7 590,4 1414,1' if size == 'imix'
                 else f'pkt_size {int(size) + 14}']
        self.tell(*(f'echo "{w}" >$p/g0' for w in words))

    def tell(self, *lines):
        """Has one shell do all lines, and waits for the last."""
        self.shell.stdin.write(' &&\n'.join(lines) + '\necho $?\n')
        self.shell.stdin.flush()
        if self.shell.stdout.readline() != '0\n':
            raise RuntimeError(f'pktgen refused: {lines}')

    def __call__(self, clock, count):
        """Sends count packets; the time it took by the clock and on the wall."""
        self.tell(f'echo "count {count}" >$p/g0')
        before, wall = clock.now(), time.monotonic_ns()
        self.tell('echo start >$p/pgctrl')
        return clock.now() - before, time.monotonic_ns() - wall

    def stop(self):
        self.shell.stdin.close()
        self.shell.wait()


def forward_many(clock, variant, seconds, send):
    """What forwarding for some seconds yields."""
    count, took = max(500, variant.sas), 0
    while took < seconds * 2.5e8:
        count *= 4
        took, _ = send(clock, count)
    count = int(count * seconds * 1e9 / took)
    before = net.sunk()
    clock.profile(True)
    took, wall = send(clock, count)
    clock.profile(False)
    time.sleep(0.1)
    got = net.sunk() - before
    if not got:
        raise RuntimeError('no packet arrived')
    yield 'rate', got * 1e6 / took, f'kpps/{clock.per}'
    yield 'cost', took / got, f'{clock.unit}/packet'
    yield 'wall rate', got * 1e6 / wall, 'kpps'
    yield 'loss', 1 - got / count, 'ratio'


def forward(size):
    """Packets of an IP length from g through both gateways: no system call for a packet."""
    def case(clock, variant, seconds):
        send = Pktgen(variant, size)
        try:
            yield from forward_many(clock, variant, seconds, send)
        finally:
            send.stop()
    return case


def latency(clock, variant, seconds):
    """Round trips while one TCP flow fills the tunnel."""
    here, there = ends(variant)
    text = []

    def ping():
        text.append(net.run('ping', '-n', '-i', '0.02', '-w', seconds, '-I', here, there, ns=A,
                            check=False))
    pinger = threading.Thread(target=ping)
    server = serve(there)
    load = net.start('iperf3', '-c', there, '-B', here, '-t', math.ceil(seconds) + 1, '-l', '1M', ns=A,
                     stdout=subprocess.DEVNULL)
    time.sleep(0.5)
    pinger.start()
    pinger.join()
    load.wait()
    server.wait()
    times = sorted(float(t) for t in re.findall(r'time=([0-9.]+) ms', text[0]))
    if not times:
        raise RuntimeError('no ping was answered')
    yield 'median round trip', times[len(times) // 2], 'ms'
    yield '99th percentile', times[len(times) * 99 // 100], 'ms'


CASES = {'tcp': tcp, 'tcp4': tcp4, 'tcp-reverse': tcp_reverse, 'latency': latency}
CASES |= {f'udp{n}': udp(n) for n in (64, 512, 1400)}
CASES |= {f'forward{n}': forward(n) for n in (64, 512, 1400, 'imix')}


def lowest_priority():
    """What a packet of pktgen sets off in other threads runs before the next packet is made."""
    for pid in net.run('pgrep', 'kpktgend_', check=False).split():
        net.run('chrt', '-i', '-p', '0', pid)
