# SPDX-License-Identifier: GPL-2.0
"""The kernel's own IPsec over netlink: SAs made and removed without starting ip(8) for each.

For tests that run hundreds of SAs through one machine.  Numbers and structures are those of
linux/xfrm.h.
"""

import ipaddress
import os
import socket
import struct

NETLINK_XFRM = 6
NLM_F_REQUEST, NLM_F_ACK, NLM_F_CREATE = 1, 4, 0x400
NEWSA, FLUSHSA = 0x10, 0x1c
ALG_AUTH, ALG_CRYPT, ENCAP, ALG_AEAD, ALG_AUTH_TRUNC, TFCPAD, REPLAY_ESN = 1, 2, 4, 18, 20, 22, 23
AF_UNSPEC_FLAG, ALIGN4_FLAG, ESN_FLAG = 32, 64, 128
MODES = {'transport': 0, 'tunnel': 1, 'beet': 4}
UDP_ENCAP_ESPINUDP = 2
WINDOW = 128
FOREVER = (1 << 64) - 1


def packed(address):
    return ipaddress.ip_address(address).packed.ljust(16, b'\0')


def attribute(number, payload):
    return struct.pack('=HH', len(payload) + 4, number) + payload + b'\0' * (-len(payload) % 4)


class Xfrm:
    """SAs of the network namespace in which this was made."""

    def __init__(self):
        self.sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_XFRM)
        self.sock.bind((0, 0))
        self.seq = 0

    def request(self, kind, body, flags=0):
        self.seq += 1
        self.sock.send(struct.pack('=IHHII', len(body) + 16, kind, NLM_F_REQUEST | NLM_F_ACK | flags,
                                   self.seq, 0) + body)
        reply = self.sock.recv(1 << 16)
        error, = struct.unpack_from('=i', reply, 16)
        if error:
            raise OSError(-error, f'XFRM: {os.strerror(-error)}')

    def flush(self):
        self.request(FLUSHSA, b'\0')

    def add(self, src, dst, spi, reqid, mode='tunnel', proto=socket.IPPROTO_ESP, aead=None, encr=None,
            integ=None, esn=False, udp=None, tfc=0, seq=0, window=WINDOW, ends=None):
        """aead: (name, key, icv bits); encr: (name, key); integ: (name, key, icv bits); udp: (sport, dport);
        ends: in BEET mode the inner source and destination."""
        family = socket.AF_INET6 if ':' in dst else socket.AF_INET
        flags = (AF_UNSPEC_FLAG if mode == 'tunnel' else 0) | (ESN_FLAG if esn else 0)
        # RFC 4302 section 2.2: AH over IPv4 is a multiple of 4 octets; without this Linux makes it 8.
        if proto == socket.IPPROTO_AH and family == socket.AF_INET:
            flags |= ALIGN4_FLAG
        selector = bytes(40) + struct.pack('=H', 0 if mode == 'tunnel' else family) + bytes(14)
        if ends:
            bits = 128 if ':' in ends[1] else 32
            selector = packed(ends[1]) + packed(ends[0]) + bytes(8) + struct.pack(
                '=HBBB', socket.AF_INET6 if bits == 128 else socket.AF_INET, bits, bits, 0) + bytes(11)
        body = selector + packed(dst) + struct.pack('>I', spi) + bytes([proto, 0, 0, 0]) + packed(src)
        body += struct.pack('=8Q', *[FOREVER] * 4, 0, 0, 0, 0) + bytes(32 + 12 + 4)
        body += struct.pack('=IHBBB7x', reqid, family, MODES[mode], 0, flags)
        if aead:
            name, key, icv = aead
            body += attribute(ALG_AEAD, struct.pack('=64sII', name.encode(), len(key) * 8, icv) + key)
        if integ:
            name, key, icv = integ
            body += attribute(ALG_AUTH_TRUNC,
                              struct.pack('=64sII', name.encode(), len(key) * 8, icv) + key)
        if encr:
            name, key = encr
            body += attribute(ALG_CRYPT, struct.pack('=64sI', name.encode(), len(key) * 8) + key)
        if udp:
            body += attribute(ENCAP, struct.pack('=H', UDP_ENCAP_ESPINUDP) + struct.pack('>HHxx', *udp)
                              + bytes(16))
        if tfc:
            body += attribute(TFCPAD, struct.pack('=I', tfc))
        words = (window + 31) // 32
        body += attribute(REPLAY_ESN, struct.pack('=6I', words, seq & 0xffffffff, 0, seq >> 32, 0, window)
                          + bytes(4 * words))
        self.request(NEWSA, body, NLM_F_CREATE)
