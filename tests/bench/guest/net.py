# SPDX-License-Identifier: GPL-2.0
"""The bench's network: a generator and two gateways, each a network namespace.

    g 10.1.9.2 ---- a 10.1.0.1 ==== veth, MTU 1500 ==== b 10.64.0.1 ---- sink (dummy)
                      192.0.2.1, 2001:db8::1      192.0.2.2, 2001:db8::2

What is for RIGHT goes from g through a and the tunnel to b, and there into a dummy device that
counts it.  Contenders join LEFT and RIGHT.
"""

import ipaddress
import os
import subprocess

G, A, B = 'g', 'a', 'b'
LINK = {A: 'va', B: 'vb'}
OUTER = {(A, 4): '192.0.2.1', (B, 4): '192.0.2.2', (A, 6): '2001:db8::1', (B, 6): '2001:db8::2'}
INNER = {A: '10.1.0.1', B: '10.64.0.1'}
LEFT, RIGHT = '10.1.0.0/16', '10.64.0.0/10'
# The first of as many inner destinations as there are SAs.
SINK = '10.66.0.0'
SETTINGS = ('net.ipv4.ip_forward=1', 'net.ipv4.conf.all.rp_filter=0',
            'net.ipv4.conf.default.rp_filter=0', 'net.ipv6.conf.all.accept_dad=0',
            'net.ipv6.conf.default.accept_dad=0')


def run(*words, ns=None, stdin=None, check=True):
    """Runs a command, in a namespace if one is named; returns what it printed."""
    prefix = ['ip', 'netns', 'exec', ns] if ns else []
    done = subprocess.run([*prefix, *map(str, words)], input=stdin, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if check and done.returncode:
        raise RuntimeError(f'{" ".join(map(str, words))}: {done.stderr.strip() or done.stdout.strip()}')
    return done.stdout


def ip(ns, line, check=True):
    """One ip(8) command line in a namespace."""
    return run('ip', '-n', ns, *line.split(), check=check)


def batch(ns, lines, tool='ip'):
    """Many of them, by one process."""
    run(tool, '-n', ns, '-batch', '-', stdin='\n'.join(lines) + '\n')


def start(*words, ns, **kwargs):
    """A process in a namespace, in the background."""
    return subprocess.Popen(['ip', 'netns', 'exec', ns, *map(str, words)], text=True, **kwargs)


def read(path):
    with open(path, encoding='ascii') as f:
        return f.read()


def other(ns):
    return B if ns == A else A


def sink(i):
    """The inner address that belongs to SA i."""
    return str(ipaddress.IPv4Address(SINK) + i)


def topology():
    for ns in (G, A, B):
        run('ip', 'netns', 'add', ns)
        ip(ns, 'link set lo up')
        run('sysctl', '-qw', *SETTINGS, ns=ns)
    run(*f'ip link add va mtu 1500 netns {A} type veth peer name vb mtu 1500 netns {B}'.split())
    run(*f'ip link add g0 netns {G} type veth peer name a1 netns {A}'.split())
    for ns in (A, B):
        ip(ns, f'addr add {OUTER[ns, 4]}/24 dev {LINK[ns]}')
        ip(ns, f'addr add {OUTER[ns, 6]}/64 dev {LINK[ns]} nodad')
        ip(ns, f'link set {LINK[ns]} up')
    ip(A, 'link add in type dummy')
    ip(B, 'link add in type dummy')
    for ns in (A, B):
        ip(ns, f'addr add {INNER[ns]}/32 dev in')
        ip(ns, 'link set in up')
    ip(B, 'link add sink type dummy')
    ip(B, 'link set sink addrgenmode none')
    ip(B, 'link set sink up')
    ip(B, f'route add {SINK}/15 dev sink')
    ip(A, 'addr add 10.1.9.1/24 dev a1')
    ip(A, 'link set a1 up')
    ip(G, 'addr add 10.1.9.2/24 dev g0')
    ip(G, 'link set g0 up')
    # A receiver that is slower than its sender loses nothing for want of a queue.
    with open('/proc/sys/net/core/netdev_max_backlog', 'w', encoding='ascii') as f:
        f.write('20000')


def veth_gro(on):
    for ns in (A, B):
        run('ethtool', '-K', LINK[ns], 'gro', 'on' if on else 'off', ns=ns)


def routes(via):
    """Both nets through a device (dev kw0) or a next hop (via ADDRESS); via(ns) gives the words."""
    ip(A, f'route replace {RIGHT} {via(A)} src {INNER[A]}')
    ip(B, f'route replace {LEFT} {via(B)} src {INNER[B]}')


def no_routes():
    ip(A, f'route del {RIGHT}', check=False)
    ip(B, f'route del {LEFT}', check=False)


def sunk():
    return int(read_in(B, '/sys/class/net/sink/statistics/tx_packets'))


def read_in(ns, path):
    return run('cat', path, ns=ns)


def link_address(ns, dev):
    return read_in(ns, f'/sys/class/net/{dev}/address').strip()


def available(program):
    return any(os.access(os.path.join(d, program), os.X_OK)
               for d in os.environ['PATH'].split(':'))
