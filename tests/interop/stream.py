#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Numbered UDP packets, to count what a tunnel loses; a TCP transfer, to see what it spoils.

usage: stream.py send ADDRESS PORT RATE STOPFILE     prints "N sent" at its end
       stream.py receive PORT STOPFILE               prints "N received ..." at its end

       stream.py serve PORT                          sends back what it gets, once; prints its digest
       stream.py fetch ADDRESS PORT BYTES            sends random bytes; prints the digest of the echo

send and receive end when STOPFILE appears; the receiver listens on until nothing came for two seconds.
Each packet is counted once, however often it arrives.
"""

import hashlib
import os
import socket
import struct
import sys
import threading
import time

SO_RCVBUFFORCE = 33


def family(address):
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def send(address, port, rate, stop):
    s = socket.socket(family(address), socket.SOCK_DGRAM)
    payload = b'CANARY-in-the-clear' * 20
    print('0 sent yet', flush=True)
    start = time.monotonic()
    sent = refused = 0
    while not os.path.exists(stop):
        due = int((time.monotonic() - start) * rate)
        # After a pause of this process the rate is kept, not made up for in one burst.
        if due > sent + refused + 50:
            start += (due - sent - refused) / rate
            continue
        while sent + refused < due:
            try:
                s.sendto(struct.pack('!I', sent) + payload, (address, port))
                sent += 1
            except OSError:
                refused += 1
        time.sleep(0.002)
    print(f'{sent} sent, {refused} refused by the stack')


def receive(port, stop):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    s.bind(('::', port))
    s.settimeout(0.5)
    print('listening', flush=True)
    seen = set()
    copies = quiet = 0
    while quiet < 4:
        try:
            number = struct.unpack('!I', s.recv(2000)[:4])[0]
        except socket.timeout:
            quiet += os.path.exists(stop)
            continue
        quiet = 0
        copies += number in seen
        seen.add(number)
    lost = sorted(set(range(max(seen, default=-1) + 1)) - seen)
    print(f'{len(seen)} received, {len(lost)} lost {lost[:8]}, {copies} twice')


def serve(port):
    listener = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('::', port))
    listener.listen(1)
    print('listening', flush=True)
    s = listener.accept()[0]
    digest = hashlib.sha256()
    while data := s.recv(1 << 16):
        digest.update(data)
        s.sendall(data)
    s.close()
    print(digest.hexdigest())


def fetch(address, port, size):
    s = socket.create_connection((address, port), timeout=30)

    def push():
        s.sendall(os.urandom(size))
        s.shutdown(socket.SHUT_WR)

    threading.Thread(target=push).start()
    digest = hashlib.sha256()
    got = 0
    while data := s.recv(1 << 16):
        digest.update(data)
        got += len(data)
    print(digest.hexdigest())
    return 0 if got == size else f'{got} of {size} bytes came back'


if __name__ == '__main__':
    if sys.argv[1:2] == ['send'] and len(sys.argv) == 6:
        send(sys.argv[2], int(sys.argv[3]), float(sys.argv[4]), sys.argv[5])
    elif sys.argv[1:2] == ['receive'] and len(sys.argv) == 4:
        receive(int(sys.argv[2]), sys.argv[3])
    elif sys.argv[1:2] == ['serve'] and len(sys.argv) == 3:
        serve(int(sys.argv[2]))
    elif sys.argv[1:2] == ['fetch'] and len(sys.argv) == 5:
        sys.exit(fetch(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    else:
        sys.exit(__doc__)
