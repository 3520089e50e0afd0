#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Half-open IKE SAs at a responder.

usage: half-open.py TARGET CAPTURE COUNT

Sends the first IKE_SA_INIT request of a capture to TARGET COUNT times, each with an SPI of its own,
and never goes on. Fails when TARGET does not answer.
"""

import os
import socket
import struct
import sys


def requests(capture):
    """UDP payloads of IKE_SA_INIT requests to port 500 (classic pcap of Ethernet and IPv4)."""
    with open(capture, 'rb') as f:
        data = f.read()
    at = 24
    while at + 16 <= len(data):
        size = struct.unpack_from('<I', data, at + 8)[0]
        frame = data[at + 16:at + 16 + size]
        at += 16 + size
        if frame[12:14] != b'\x08\0' or frame[23] != socket.IPPROTO_UDP:
            continue
        udp = frame[14 + 4 * (frame[14] & 15):]
        # Exchange type 34 with the initiator flag and no responder SPI (RFC 7296 section 3.1).
        if udp[2:4] == b'\x01\xf4' and udp[16:24] == bytes(8) and udp[26] == 34 and udp[27] & 8:
            yield udp[8:]


def main():
    target, capture, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    message = next(requests(capture))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect((target, 500))
    for _ in range(count):
        s.send(os.urandom(8) + message[8:])
        if s.recv(4096)[16] != 33:      # the answer begins with an SA payload
            sys.exit('refused')


if __name__ == '__main__':
    main()
