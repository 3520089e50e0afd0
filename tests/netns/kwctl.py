#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Speak generic netlink family "keyway" as its YAML spec describes it: for tests only.

usage: kwctl.py COMMAND [JSON]         one request; replies as JSON, one per line
       kwctl.py --dump COMMAND [JSON]  the same with NLM_F_DUMP
       kwctl.py --serve                requests from stdin, one per line: COMMAND TAB JSON TAB PATH,
                                       a dump if COMMAND starts with *; answers each with its
                                       replies, or what PATH ("sa.0.seq") finds in the first,
                                       and then "= 0", or "= " and the refusal
       kwctl.py --events SECONDS       print events as JSON for that long
       kwctl.py --trace SECONDS JSON   trace-set with JSON, then its events likewise
       kwctl.py --socket ADDRESS PORT  bind a UDP socket, hand it over, and print what reaches it
                                       as hex, until killed

JSON names attributes as the spec does: {"policy": {"id": 1}, "sa": [{"dir": "in", ...}]}.
Addresses are written as usual, other binaries in hex, flags as a list of names, SPIs as
numbers.  A refusal prints "errno NAME: sentence (at attribute offset)" and exits with 1.
"""

import errno
import ipaddress
import json
import os
import socket
import struct
import sys
import time

# The same as JSON, if KEYWAY_SPEC names it: reading YAML takes a second in an emulated machine.
SPEC = os.environ.get('KEYWAY_SPEC') or os.path.join(
    os.path.dirname(os.path.realpath(__file__)), '../../Documentation/netlink/specs/keyway.yaml')
NETLINK_GENERIC, GENL_ID_CTRL = 16, 16
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP = 1, 4, 0x300
NLMSG_ERROR, NLMSG_DONE = 2, 3
SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, NETLINK_CAP_ACK, NETLINK_EXT_ACK = 270, 1, 10, 11
SO_RCVBUFFORCE = 33
NLA_F_NESTED, NLA_TYPE_MASK = 0x8000, 0x3fff
INTS = {'u8': 'B', 'u16': 'H', 'u32': 'I', 'u64': 'Q', 's32': 'i'}


class Refused(Exception):
    """The kernel said no."""

    def __init__(self, number, text, offset):
        self.number, self.text, self.offset = number, text, offset
        where = '' if offset is None else f' (at {offset})'
        super().__init__(f'{errno.errorcode.get(number, number)}: {text or "no sentence"}{where}')


class Spec:
    """Attribute sets, enums and commands by name."""

    def __init__(self, path=SPEC):
        with open(path, encoding='utf-8') as f:
            if path.endswith('.json'):
                spec = json.load(f)
            else:
                import yaml
                spec = yaml.safe_load(f)
        self.enums = {}
        for d in spec['definitions']:
            if d['type'] in ('enum', 'flags'):
                names, value = {}, 0
                for e in d['entries']:
                    e = e if isinstance(e, dict) else {'name': e}
                    value = e.get('value', value)
                    names[e['name']] = 1 << value if d['type'] == 'flags' else value
                    value += 1
                self.enums[d['name']] = names
        self.sets = {}
        for s in spec['attribute-sets']:
            attrs = {}
            for number, a in enumerate(s['attributes'], 1):
                attrs[a['name']] = dict(a, number=number)
            self.sets[s['name']] = attrs
        self.commands = {o['name']: n for n, o in enumerate(spec['operations']['list'], 1)}

    def encode(self, attr_set, values):
        out = b''
        for name, value in values.items():
            attr = self.sets[attr_set][name]
            many = value if attr.get('multi-attr') and isinstance(value, list) else [value]
            for v in many:
                out += self.encode_one(attr, v)
        return out

    def encode_one(self, attr, value):
        kind, number = attr['type'], attr['number']
        if kind == 'nest':
            return nla(number | NLA_F_NESTED, self.encode(attr['nested-attributes'], value))
        if kind == 'binary':
            return nla(number, to_bytes(value))
        if 'enum' in attr:
            names = self.enums[attr['enum']]
            if isinstance(value, list):
                value = sum(names[v] for v in value)
            value = names.get(value, value)
        order = '>' if attr.get('byte-order') == 'big-endian' else '='
        return nla(number, struct.pack(order + INTS[kind], value))

    def decode(self, attr_set, data):
        out = {}
        by_number = {a['number']: a for a in self.sets[attr_set].values()}
        for number, payload in attributes(data):
            attr = by_number[number]
            if attr['type'] == 'pad':
                continue
            value = self.decode_one(attr, payload)
            if attr.get('multi-attr'):
                out.setdefault(attr['name'], []).append(value)
            else:
                out[attr['name']] = value
        return out

    def decode_one(self, attr, payload):
        kind = attr['type']
        if kind == 'nest':
            return self.decode(attr['nested-attributes'], payload)
        if kind == 'binary':
            return str(ipaddress.ip_address(payload)) if len(payload) in (4, 16) else payload.hex()
        order = '>' if attr.get('byte-order') == 'big-endian' else '='
        value, = struct.unpack(order + INTS[kind], payload)
        if 'enum' in attr:
            names = self.enums[attr['enum']]
            if attr.get('enum-as-flags'):
                return [n for n, bit in names.items() if value & bit]
            return next((n for n, v in names.items() if v == value), value)
        return value


def nla(number, payload):
    return struct.pack('=HH', len(payload) + 4, number) + payload + b'\0' * (-len(payload) % 4)


def attributes(data):
    while len(data) >= 4:
        length, number = struct.unpack_from('=HH', data)
        yield number & NLA_TYPE_MASK, data[4:length]
        data = data[length + 3 & ~3:]


def to_bytes(value):
    if isinstance(value, bytes):
        return value
    try:
        return ipaddress.ip_address(value).packed
    except ValueError:
        return bytes.fromhex(value)


class Client:
    """One netlink socket."""

    def __init__(self, spec=None):
        self.spec = spec or Spec()
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC)
        # A flood of events must not overrun a client that is slow in an emulated machine.
        self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 23)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_CAP_ACK, 1)
        self.sock.setsockopt(SOL_NETLINK, NETLINK_EXT_ACK, 1)
        self.sock.bind((0, 0))
        self.seq = 0
        reply = self.exchange(GENL_ID_CTRL, 3, 1, nla(2, b'keyway\0'), 0)[0]
        family = dict(attributes(reply[4:]))
        self.family, = struct.unpack('=H', family[1])
        self.groups = {}
        for _, group in attributes(family[7]):
            group = dict(attributes(group))
            self.groups[group[1].rstrip(b'\0').decode()], = struct.unpack('=I', group[2])

    def exchange(self, family, command, version, payload, flags):
        """Payloads, from the generic netlink header on, of all replies."""
        self.seq += 1
        body = struct.pack('=BBH', command, version, 0) + payload
        self.sock.send(struct.pack('=IHHII', len(body) + 16, family,
                                   NLM_F_REQUEST | NLM_F_ACK | flags, self.seq, 0) + body)
        replies = []
        while True:
            data = self.sock.recv(1 << 16)
            while data:
                length, kind, mflags, seq, _ = struct.unpack_from('=IHHII', data)
                message, data = data[16:length], data[length + 3 & ~3:]
                if seq != self.seq:
                    continue
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    raise_if_refused(message, kind, mflags)
                    return replies
                replies.append(message)

    def request(self, command, values=None, dump=False):
        payload = values if isinstance(values, bytes) else \
            self.spec.encode('keyway', values or {})
        replies = self.exchange(self.family, self.spec.commands[command], 1, payload,
                                NLM_F_DUMP if dump else 0)
        return [self.spec.decode('keyway', r[4:]) for r in replies]

    def subscribe(self, group='events'):
        self.sock.setsockopt(SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, self.groups[group])

    def events(self, seconds):
        """(name, attributes) of every event until @seconds have passed."""
        names = {n: name for name, n in self.spec.commands.items()}
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self.sock.settimeout(left)
            try:
                data = self.sock.recv(1 << 16)
            except socket.timeout:
                return
            length, kind = struct.unpack_from('=IH', data)
            if kind == self.family:
                yield names[data[16]], self.spec.decode('keyway', data[20:length])


def raise_if_refused(message, kind, flags):
    error, = struct.unpack_from('=i', message)
    if not error:
        return
    # With NETLINK_CAP_ACK an error carries the request's header only; a dump's end none.
    tail = message[4 + (16 if kind == NLMSG_ERROR else 0):]
    attrs = dict(attributes(tail)) if flags & 0x200 else {}
    text = attrs[1].rstrip(b'\0').decode() if 1 in attrs else None
    offset = struct.unpack('=I', attrs[2])[0] if 2 in attrs else None
    raise Refused(-error, text, offset)


def serve_socket(client, address, port):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.bind((address, port))
    client.request('socket-set', {'socket-fd': sock.fileno()})
    print('adopted', flush=True)
    while True:
        print(sock.recv(1 << 16).hex(), flush=True)


def find(value, path):
    for step in path.split('.') if path else []:
        value = value[int(step)] if isinstance(value, list) else value.get(step, '')
    return value if isinstance(value, (str, int)) else json.dumps(value)


def serve(client):
    for line in sys.stdin:
        command, text, path = (line.rstrip('\n').split('\t') + ['', ''])[:3]
        try:
            replies = client.request(command.lstrip('*'), json.loads(text or '{}'),
                                     command.startswith('*'))
            for reply in replies[:1] if path else replies:
                print(find(reply, path))
            print('= 0', flush=True)
        except Refused as e:
            print(f'= {e}', flush=True)


def main(argv):
    if len(argv) < 2 or argv[1] in ('-h', '--help'):
        print(__doc__)
        return 2
    client = Client()
    try:
        if argv[1] in ('--events', '--trace'):
            if argv[1] == '--trace':
                client.request('trace-set', {'trace': json.loads(argv[3])})
            client.subscribe(argv[1].strip('-'))
            print('listening', file=sys.stderr, flush=True)
            for name, values in client.events(float(argv[2])):
                print(json.dumps({'event': name, **values}), flush=True)
        elif argv[1] == '--serve':
            serve(client)
        elif argv[1] == '--socket':
            serve_socket(client, argv[2], int(argv[3]))
        else:
            dump = argv[1] == '--dump'
            command, *rest = argv[2:] if dump else argv[1:]
            for reply in client.request(command, json.loads(rest[0]) if rest else {}, dump):
                print(json.dumps(reply))
    except Refused as e:
        print(e, file=sys.stderr)
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv))
