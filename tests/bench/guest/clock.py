# SPDX-License-Identifier: GPL-2.0
"""What a bed counts: CPU time, instructions or wall-clock time, all in ns.

cputime       under uml-native: CPU time that the host gave to the guest's kernel and processes;
              waiting for a busy host does not count
instructions  under QEMU's -icount shift=0 the guest's clock advances by 1 ns an instruction
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


class Guest:
    """Without a profiler outside."""

    def __init__(self, unit, per):
        self.unit, self.per = unit, per

    @staticmethod
    def now():
        return time.monotonic_ns()

    def profile(self, on):
        pass


def clock(name):
    if name == 'cputime':
        return CpuTime()
    return Guest('instructions', '1e9 instructions') if name == 'instructions' else Guest('ns', 's')
