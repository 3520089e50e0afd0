#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Measures contenders side by side in one boot of a guest; one JSON object a measurement.

First every contender is checked: pings get through, and what they carry is (plain) or is not
(all others) found in the frames that a sends to b.  Then, in each round, each contender runs
each case; every other round goes through the contenders backwards.
"""

import argparse
import json
import os
import socket
import sys
import threading
import time

import clock as clocks
import contenders
import net
import traffic
from net import A

CANARY = b'\xa7' * 16


def frames(seconds, seen):
    """Counts what leaves a on the outer link, and the frames in which CANARY can be read."""
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    s.bind((net.LINK[A], 0))
    s.settimeout(0.1)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            frame, address = s.recvfrom(65536)
        except socket.timeout:
            continue
        # XFRM shows what it opened as if it had come from the device.
        if address[2] == socket.PACKET_OUTGOING:
            seen['sent'] += 1
            seen['clear'] += CANARY in frame


def check(contender, variant):
    """Whether it carries traffic, and in the clear only if it means to."""
    here, there = traffic.ends(variant)
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.setpgid(0, 0)
            with open(f'/var/run/netns/{A}', 'rb') as ns:
                import ctypes
                if ctypes.CDLL(None).setns(ns.fileno(), 0):
                    raise OSError('setns')
            seen = {'sent': 0, 'clear': 0}
            sniffer = threading.Thread(target=frames, args=(2, seen))
            sniffer.start()
            time.sleep(0.2)
            net.run('ping', '-q', '-c', 3, '-i', 0.2, '-W', 1, '-p', 'a7', '-I', here, there)
            sniffer.join()
            good = seen['sent'] and bool(seen['clear']) != contender.encrypts
            status = 0 if good else 1
            if not good:
                print(f'# {contender.name}: {seen}', file=sys.stderr)
        except RuntimeError as e:
            print(f'# {contender.name}: {e}', file=sys.stderr)
        finally:
            os._exit(status)
    return os.waitpid(pid, 0)[1] == 0


class Bench:
    """What stays the same in one run."""

    def __init__(self, options):
        self.options = options
        self.clock = clocks.clock(options.clock)
        self.contenders = [c() for c in contenders.ALL if c.name in options.contenders]
        self.variant = contenders.Variant(options.cipher, options.outer, options.mode, options.udp,
                                          options.sas)
        self.failed = False

    def emit(self, contender, case, rnd, metric, value, unit):
        print(json.dumps({
            'bed': self.options.bed, 'kernel': os.uname().release,
            'contender': contender.name, 'case': f'{case}, {self.variant}'
            + (', veth GRO' if self.options.gro else ''), 'metric': metric,
            'value': value, 'unit': unit, 'round': rnd}), flush=True)

    def trouble(self, contender, what):
        self.failed = True
        print(f'# {contender.name}, {self.variant}: {what}', flush=True)

    def checked(self):
        """Those contenders that take the variant and carry its traffic."""
        good = []
        for c in self.contenders:
            if not c.takes(self.variant):
                continue
            try:
                c.up(self.variant)
                if check(c, self.variant):
                    good.append(c)
                else:
                    self.trouble(c, 'does not carry traffic as it should')
            except RuntimeError as e:
                self.trouble(c, e)
            c.down()
        return good

    def measure(self, contender, rnd):
        contender.up(self.variant)
        try:
            for case in self.options.cases:
                for what in traffic.CASES[case](self.clock, self.variant, self.options.seconds):
                    self.emit(contender, case, rnd, *what)
        except RuntimeError as e:
            self.trouble(contender, e)
        finally:
            contender.down()

    def run(self):
        net.topology()
        net.veth_gro(self.options.gro)
        if any(case.startswith('forward') for case in self.options.cases):
            net.run('modprobe', 'pktgen', check=False)
            traffic.lowest_priority()
        good = self.checked()
        for rnd in range(1, self.options.rounds + 1):
            for c in good if rnd % 2 else reversed(good):
                self.measure(c, rnd)
        return not self.failed and bool(good)


def words(text):
    return text.replace(',', ' ').split()


def parse():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument('--bed', required=True)
    p.add_argument('--clock', choices=('cputime', 'instructions', 'wall'), required=True)
    p.add_argument('--contenders', type=words, default=[c.name for c in contenders.ALL])
    p.add_argument('--cases', type=words, default=list(traffic.CASES))
    p.add_argument('--rounds', type=int, default=5)
    p.add_argument('--seconds', type=float, default=1)
    p.add_argument('--cipher', choices=tuple(contenders.CIPHERS), default='gcm128')
    p.add_argument('--outer', type=int, choices=(4, 6), default=4)
    p.add_argument('--mode', choices=('tunnel', 'transport'), default='tunnel')
    p.add_argument('--udp', action='store_true')
    p.add_argument('--sas', type=int, default=1)
    p.add_argument('--gro', action='store_true')
    return p.parse_args()


if __name__ == '__main__':
    sys.exit(0 if Bench(parse()).run() else 1)
