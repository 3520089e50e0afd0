# SPDX-License-Identifier: GPL-2.0
"""What a bed counts: CPU time, instructions or wall-clock time, all in ns.

cputime       under uml-native: CPU time that the host gave to the guest's kernel and processes;
              waiting for a busy host does not count
instructions  under QEMU's -icount shift=0 the guest's clock advances by 1 ns an instruction;
              its idle time is left out
wall          anywhere else
"""

import os
import time


class CpuTime:
    unit, per = 'ns', 'CPU s'

    def __init__(self):
        self.ctl = os.environ['UML_NATIVE_CTL']

    def now(self):
        # A terminal line: what reads and writes a buffer wants to seek.
        line = os.open(self.ctl, os.O_RDWR)
        os.write(line, b'cputime\n')
        answer = b''
        while not answer.endswith(b'\n'):
            answer += os.read(line, 64)
        os.close(line)
        return int(answer.split()[1])

    def profile(self, on):
        with open(self.ctl, 'w', encoding='ascii') as line:
            line.write(f'profile {"on" if on else "off"}\n')


class Wall:
    """The guest's own clock, without a profiler outside."""

    unit, per = 'ns', 's'

    @staticmethod
    def now():
        return time.monotonic_ns()

    def profile(self, on):
        pass


class Instructions(Wall):
    """Under -icount a processor that waits for a timer is taken there at once: that is no work."""

    unit, per = 'instructions', '1e9 instructions'
    tick = 10**9 // os.sysconf('SC_CLK_TCK')

    def now(self):
        with open('/proc/stat', encoding='ascii') as f:
            words = f.readline().split()
        return time.monotonic_ns() - (int(words[4]) + int(words[5])) * self.tick


def clock(name):
    return {'cputime': CpuTime, 'instructions': Instructions, 'wall': Wall}[name]()
