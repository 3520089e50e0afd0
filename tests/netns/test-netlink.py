#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Messages that ask for what cannot be: each is refused with a sentence about the right attribute,
changes nothing, and leaves no key in a dump."""

import os
import random
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
import kwctl

GOOD_SA = {'dir': 'in', 'spi': 0x1001, 'encr': 20, 'encr-bits': 128,
           'encr-key': '000102030405060708090a0b0c0d0e0f20212223'}
TS = [{'start': '10.0.1.0', 'end': '10.0.1.255'}]
SEED = int(os.environ.get('KEYWAY_SEED', 20260922))
MESSAGES = int(os.environ.get('KEYWAY_MESSAGES', 3000))


def main():
    subprocess.run('ip link add kw0 type keyway', shell=True, check=True)
    client = kwctl.Client()
    count = bad = 0

    def result(name, good, text=''):
        nonlocal count, bad
        count += 1
        bad += not good
        print(f'{"ok" if good else "not ok"} {count} - {name}', flush=True)
        if not good:
            print(f'# {text}', flush=True)

    def refused(name, command, values, error, sentence):
        try:
            client.request(command, values)
        except kwctl.Refused as e:
            text = str(e)
            result(name, text.startswith(error) and sentence in text, text)
        else:
            result(name, False, 'was accepted')

    index = socket.if_nametoindex('kw0')
    policy = {'ifindex': index, 'ts-local': TS, 'ts-remote': TS, 'local': '192.0.2.1', 'remote': '192.0.2.2'}

    def new_policy(**change):
        return {'policy': {k: v for k, v in {**policy, **{k.replace('_', '-'): v for k, v in change.items()}}.items()
                           if v is not None}}

    refused('a policy for a device that is not ours', 'policy-new', new_policy(ifindex=1), 'ENODEV', 'No keyway device')
    refused('a policy with an id', 'policy-new', new_policy(id=5), 'EINVAL', 'The kernel chooses')
    refused('a policy without selectors', 'policy-new', new_policy(ts_local=None), 'EINVAL', 'on each side')
    refused('too many selectors', 'policy-new', new_policy(ts_remote=TS * 33), 'E2BIG', 'at most 32')
    refused('a selector without an end', 'policy-new', new_policy(ts_local=[{'start': '10.0.0.0'}]), 'EINVAL', 'first and a last')
    refused('a selector of two families', 'policy-new',
            new_policy(ts_local=[{'start': '10.0.0.0', 'end': '::1'}]), 'EINVAL', 'different families')
    refused('a selector the wrong way about', 'policy-new',
            new_policy(ts_local=[{'start': '10.0.0.2', 'end': '10.0.0.1'}]), 'EINVAL', 'below its first')
    refused('ports the wrong way about', 'policy-new',
            new_policy(ts_local=[{**TS[0], 'port-start': 2, 'port-end': 1}]), 'EINVAL', 'last port')
    refused('an address of 5 bytes', 'policy-new', new_policy(local='0102030405'), 'EINVAL', '4 or 16')
    refused('bypass on a device', 'policy-new', new_policy(action='bypass'), 'ENOTSUP', 'bypass')
    refused('no such mode', 'policy-new', new_policy(mode=3), 'EINVAL', 'tunnel, transport or BEET')
    refused('an action that is none', 'policy-new', new_policy(action=9), 'EINVAL', 'action')
    refused('a flag that is none', 'policy-new', new_policy(flags=1 << 20), 'EINVAL', 'flag')
    refused('a DSCP of 64', 'policy-new', new_policy(dscp=64), 'ERANGE', 'at most 63')
    refused('outer addresses of two families', 'policy-new', new_policy(local='::1'), 'EINVAL', 'different families')
    refused('to delete what is not', 'policy-del', {'policy': {'id': 999}}, 'ENOENT', 'no policy of this id')
    refused('to name no policy', 'policy-get', {'policy': {}}, 'EINVAL', 'by its id')
    refused('no policy at all', 'policy-del', {}, 'EINVAL', 'lacks')

    pid = client.request('policy-new', new_policy())[0]['policy']['id']
    small = client.request('policy-new', new_policy(action='discard', priority=9))[0]['policy']['id']

    def new_sa(**change):
        values = {**GOOD_SA, 'policy-id': pid, **{k.replace('_', '-'): v for k, v in change.items()}}
        return {'sa': {k: v for k, v in values.items() if v is not None}}

    refused('an SA of no policy', 'sa-new', new_sa(policy_id=None), 'EINVAL', "policy's id")
    refused('an SA of a policy that is not', 'sa-new', new_sa(policy_id=999), 'ENOENT', 'no policy')
    refused('an SA of a discard policy', 'sa-new', new_sa(policy_id=small), 'EINVAL', 'protect')
    refused('no direction', 'sa-new', new_sa(dir=None), 'EINVAL', 'direction')
    refused('no SPI', 'sa-new', new_sa(spi=None), 'EINVAL', 'SPI')
    refused('SPI 255', 'sa-new', new_sa(spi=255), 'EINVAL', 'below 256')
    refused('AH with encryption', 'sa-new', new_sa(proto=51), 'EINVAL', 'AH does not encrypt')
    refused('TCP for a protocol', 'sa-new', new_sa(proto=6), 'EPROTONOSUPPORT', 'ESP')
    refused('an algorithm that is none', 'sa-new', new_sa(encr=99), 'ENOTSUP', 'not supported')
    refused('no algorithm', 'sa-new', new_sa(encr=None), 'EINVAL', 'encryption algorithm')
    refused('AES of 160 bits', 'sa-new', new_sa(encr_bits=160), 'EINVAL', 'length')
    refused('AES without bits', 'sa-new', new_sa(encr_bits=None), 'EINVAL', 'length')
    refused('no key', 'sa-new', new_sa(encr_key=None), 'EINVAL', 'needs a key')
    refused('a key without salt', 'sa-new', new_sa(encr_key='00' * 16), 'EINVAL', 'Key and salt')
    refused('a key of 129 bytes', 'sa-new', new_sa(encr_key='00' * 129), 'ERANGE', '')
    refused('integrity beside an AEAD', 'sa-new', new_sa(integ=12), 'EINVAL', 'own integrity')
    refused('a window of 5', 'sa-new', new_sa(replay_window=5), 'ERANGE', 'at least 32')
    refused('a window of 70000', 'sa-new', new_sa(replay_window=70000), 'ERANGE', 'at most 65536')
    refused('a window on an outbound SA', 'sa-new', new_sa(dir='out', replay_window=64), 'EINVAL', 'inbound')
    refused('a read-only flag', 'sa-new', new_sa(flags=['larval']), 'EINVAL', 'flag')
    refused('one UDP port', 'sa-new', new_sa(udp_local=4500), 'EINVAL', 'both ports')
    refused('outer addresses that differ', 'sa-new', new_sa(remote='::1'), 'EINVAL', 'different families')
    refused('a read-only attribute', 'sa-new', new_sa(seq=1), 'EINVAL', '')
    client.request('sa-new', new_sa())
    refused('an SA that exists', 'sa-new', new_sa(), 'EEXIST', 'exists')
    refused('to change a key', 'sa-update', new_sa(), 'EINVAL', 'cannot change')
    refused('to delete an SA that is not', 'sa-del', {'sa': {'dir': 'in', 'spi': 0x9999}}, 'ENOENT', 'no such SA')
    refused('an outbound SA without policy', 'sa-get', {'sa': {'dir': 'out', 'spi': 0x9999}}, 'EINVAL', "policy's id")
    refused('nine SAs at once', 'child-new',
            {'policy': {'id': pid}, 'sa': [{**GOOD_SA, 'spi': 0x5000 + n} for n in range(9)]}, 'E2BIG', 'at most 8')
    refused('the same SA twice', 'child-new',
            {'policy': {'id': pid}, 'sa': [{**GOOD_SA, 'spi': 0x5000}] * 2}, 'EEXIST', 'twice')
    refused('an existing policy and more', 'child-new', {'policy': {'id': pid, 'ttl': 1}}, 'EINVAL', 'id alone')
    refused('an SPI for a day', 'spi-alloc', {'sa': {'timeout': 86400}}, 'ERANGE', '3600')
    refused('no descriptor', 'socket-set', {}, 'EINVAL', 'file descriptor')
    refused('a descriptor that is none', 'socket-set', {'socket-fd': 9999}, 'EBADF', 'file descriptor')
    refused('a file for a socket', 'socket-set', {'socket-fd': 0}, 'ENOTSOCK', 'file descriptor')
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as s:
        refused('a TCP socket', 'socket-set', {'socket-fd': s.fileno()}, 'EPROTOTYPE', 'not a UDP socket')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        refused('an unbound socket', 'socket-set', {'socket-fd': s.fileno()}, 'EINVAL', 'not bound')
        s.bind(('127.0.0.1', 4500))
        client.request('socket-set', {'socket-fd': s.fileno()})
        refused('a socket twice', 'socket-set', {'socket-fd': s.fileno()}, 'EBUSY', 'already')

    seen = [r['sa'][0] for r in client.request('sa-get', dump=True)]
    result('of all that, one SA is there', [s['spi'] for s in seen] == [0x1001], seen)
    result('and it shows no key', not any('key' in name for name in seen[0]), seen)
    spis = [client.request('spi-alloc', {})[0]['sa'][0]['spi'] for _ in range(300)]
    result('300 allocated SPIs differ and are above 255', len(set(spis)) == 300 and min(spis) > 255)
    result('and are in the dump', len(client.request('sa-get', dump=True)) == 301)
    client.request('sa-new', new_sa(spi=spis[0]))
    result('an SA takes the place of its SPI', len(client.request('sa-get', dump=True)) == 301)
    client.request('policy-flush')
    result('policy-flush leaves nothing', not client.request('sa-get', dump=True) + client.request('policy-get', dump=True))

    full = new_policy(ts_local=[{'start': f'fd00::{n:x}', 'end': f'fd00::{n:x}'} for n in range(1, 33)],
                      ts_remote=[{'start': f'fd01::{n:x}', 'end': f'fd01::{n:x}'} for n in range(1, 33)])
    for _ in range(20):
        client.request('policy-new', full)
    dumped = client.request('policy-get', dump=True)
    result('20 policies with 64 selectors each are dumped', len(dumped) == 20 and
           all(len(p['policy']['ts-local']) == 32 for p in dumped))
    client.request('policy-flush')

    # Bytes at random over good messages: no crash, and an answer to each.
    rng = random.Random(SEED)
    spec = client.spec
    good = [spec.encode('keyway', {**new_policy(), 'sa': [GOOD_SA, {**GOOD_SA, 'dir': 'out'}]}),
            spec.encode('keyway', new_sa()), spec.encode('keyway', new_policy())]
    commands = [c for c in spec.commands if c not in ('acquire', 'expire', 'mapping', 'wrap')]
    answers = 0
    for _ in range(MESSAGES):
        message = bytearray(rng.choice(good))
        for _ in range(rng.randint(1, 6)):
            message[rng.randrange(len(message))] = rng.choice((0, 1, 4, 255, rng.randrange(256)))
        if rng.random() < 0.3:
            del message[rng.randrange(len(message)):]
        try:
            client.request(rng.choice(commands), bytes(message))
        except (kwctl.Refused, KeyError, struct.error):
            pass
        answers += 1
    client.request('policy-flush')
    client.request('stats-get')
    result(f'{MESSAGES} damaged messages (seed {SEED}) are each answered', answers == MESSAGES)
    subprocess.run('ip link del kw0', shell=True, check=True)
    print(f'1..{count}')
    return bool(bad)


if __name__ == '__main__':
    sys.exit(main())
