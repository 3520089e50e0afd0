# SPDX-License-Identifier: GPL-2.0
"""Measures the tunnel that is up between this machine and another, with iperf3 and no guest.

Whose tunnel it is the caller says; he also makes it.  Rates are what the other end received.  What
this machine spent is the time its processors were not idle (/proc/stat) and, where perf may count
them, all processors' cycles and instructions: so nothing else should run here meanwhile.
"""

import json
import os
import shutil
import subprocess
import tempfile
import time

# case: options of iperf3
CASES = {
    'tcp': [],
    'tcp4': ['-P', '4'],
    'tcp-reverse': ['-R'],
    'udp64': ['-u', '-b', '0', '-l', '64'],
    'udp512': ['-u', '-b', '0', '-l', '512'],
    'udp1400': ['-u', '-b', '0', '-l', '1400'],
}
TICK = 1 / os.sysconf('SC_CLK_TCK')
COUNTERS = ('cycles', 'instructions')


def busy():
    """Seconds that each processor has worked so far."""
    times = []
    with open('/proc/stat', encoding='ascii') as f:
        for line in f:
            words = line.split()
            if words[0].startswith('cpu') and words[0] != 'cpu':
                # user nice system idle iowait irq softirq steal
                times.append(sum(int(words[n]) for n in (1, 2, 3, 6, 7)) * TICK)
    return times


def counted(path):
    """What perf wrote: only what it could count."""
    found = {}
    with open(path, encoding='utf-8') as f:
        for line in f:
            words = line.strip().split(',')
            if len(words) > 2 and words[2] in COUNTERS and words[0].isdigit():
                found[words[2]] = int(words[0])
    return found


def iperf(address, seconds, options):
    """iperf3's report, what share of the time each processor worked, its length, and what perf counted."""
    command = ['iperf3', '-c', address, '-t', str(seconds), '-J', *options]
    with tempfile.NamedTemporaryFile() as counts:
        if shutil.which('perf'):
            command = ['perf', 'stat', '-a', '-x', ',', '-o', counts.name, '-e',
                       ','.join(COUNTERS), '--', *command]
        before, began = busy(), time.monotonic()
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
        took = time.monotonic() - began
        worked = [(b - a) / took for a, b in zip(before, busy())]
        report = json.loads(done.stdout or '{"error": "it printed nothing"}')
        if 'error' in report:
            raise RuntimeError(f'iperf3: {report["error"]}')
        return report['end'], worked, took, counted(counts.name)


def results(end, worked, took, counts):
    """(metric, value, unit) of one run."""
    udp = 'sum_received' not in end or 'packets' in end['sum_received']
    if udp:
        got = end['sum']['packets'] - end['sum']['lost_packets']
        yield 'rate', got / end['sum']['seconds'] / 1e3, 'kpps'
        yield 'loss', end['sum']['lost_packets'] / max(end['sum']['packets'], 1), 'ratio'
        work, unit = end['sum']['packets'], 'packet'
    else:
        got = end['sum_received']
        yield 'rate', got['bits_per_second'] / 1e6, 'Mbit/s'
        work, unit = got['bytes'], 'octet'
    if not work:
        raise RuntimeError('nothing arrived')
    yield 'cost', sum(worked) * took * 1e9 / work, f'ns/{unit}'
    yield 'busiest processor', max(worked), 'ratio'
    for name, n in counts.items():
        yield name, n / work, f'{name}/{unit}'


def measure(address, contender, rounds, seconds, emit):
    """Every case in every round; emit() gets one object a measurement."""
    for rnd in range(1, rounds + 1):
        for case, options in CASES.items():
            for metric, value, unit in results(*iperf(address, seconds, options)):
                emit({'bed': 'host', 'kernel': os.uname().release, 'contender': contender,
                      'case': case, 'metric': metric, 'value': value, 'unit': unit, 'round': rnd})
