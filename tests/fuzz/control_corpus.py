# SPDX-License-Identifier: MIT
"""control_corpus.py FOLDER: messages between nodes, good and bad ones, for the fuzzer to begin with."""
import pathlib
import struct
import sys

KINDS = ('who', 'here', 'announce', 'heads', 'ask', 'answer', 'withheld', 'repair', 'past', 'kept', 'recall', 'replay',
         'refused', 'later', 'answerers', 'cancel', 'late', 'member', 'share', 'unfinished')
FRAME = 0xFF
NODE, OTHER = bytes(range(1, 17)), bytes(range(100, 116))
TEXT = b'01020304-0506-0708-090a-0b0c0d0e0f10'


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | code]) + number.to_bytes(size, 'big')
    raise ValueError(number)


class Raw(bytes):
    """CBOR as it is."""


def cbor(value):
    if isinstance(value, Raw):
        return bytes(value)
    if value is None:
        return b'\xf6'
    if value is False or value is True:
        return b'\xf5' if value else b'\xf4'
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return head(5, len(value)) + b''.join(cbor(key) + cbor(each) for key, each in value.items())
    return head(4, len(value)) + b''.join(map(cbor, value))


def uuid(node):
    return Raw(b'\xd8\x25' + cbor(node))


ME = uuid(NODE)
EVENT = b'order }.' + struct.pack('<q', 5) + struct.pack('<16sQqHHHBB', NODE, 7, 6, 1, 0, 48, 1, 0xF5)
HERE = {'uuid': TEXT.decode(), 'id': 'kitchen', 'program': 'oven', 'host': 'here', 'pid': 7, 'serving': True,
        'names': ['order', 'order-*'], 'way': 'lane'}
GROUP = cbor([b'workers', b'order', None])
MESSAGES = {
    'later': [b''],
    'who': [TEXT, b'{%s}' % TEXT, b''],
    'here': [cbor(HERE), cbor({'id': 'x', 'uuid': TEXT.decode()}), cbor({**HERE, 'later': [1, {}]}),
             cbor({'uuid': TEXT.decode()}), cbor(HERE) + cbor(HERE)],
    'announce': [cbor([ME, [b'order', b'']]), b'', cbor([ME, []]), cbor([ME, [b'x'] * 201])],
    'heads': [cbor([ME, [[b'order', 7, 1234567890123456], [b'a', 1, 0]], 77]), cbor([ME, [[b'order', 7, 6, 5]]]),
              cbor([ME, [[b'order', 2**64 - 1, -2**63]], 0])],
    'ask': [cbor([ME, b'order', 0, [[1, 3], [7, 7]], 4096]), cbor([ME, b'order', 99, []]),
            cbor([ME, b'order', -1, [[2**63, 1]], 1, 'later'])],
    'answer': [cbor([ME, b'order', 5, None, None]), cbor([ME, b'order', 5, 99, 4]), cbor([ME, b'order', 5, 99, None])],
    'withheld': [cbor([ME, b'order', [[1, 3], [7, 7]]])],
    'repair': [EVENT, b'order }.'],
    'past': [cbor([ME, b'order', 10, 1000000, 99, 1])],
    'kept': [cbor([ME, b'order', 5, 9, 1])],
    'recall': [cbor([ME, b'order', 0, [[1, 3]]])],
    'replay': [EVENT],
    'answerers': [cbor([ME, b'order', [uuid(OTHER), ME], 1]), cbor([ME, b'order', [], 0])],
    'cancel': [cbor([ME, 7, b'order'])],
    'late': [cbor([ME, 2**63 - 1, b''])],
    'member': [cbor([ME, 1, 1]), cbor([ME, 2**32, 0])],
    'share': [struct.pack('<BIQ', 1, 7, 2**62) + EVENT, struct.pack('<BIQ', 0, 7, 1) + b'order }.',
              struct.pack('<BIQ', 0, 7, 1)],
    'unfinished': [cbor([ME, GROUP, b'order', 0, 5, 9, [[5, 5], [7, 8]], [[1, 2]]]),
                   cbor([ME, GROUP, b'order', 1, 0, 0, [], []]), cbor([ME, GROUP, b'order', 0, 0, 2**63, [[1, 0]], []])],
    'refused': [cbor([ME, b'order', 1, 3, uuid(OTHER), 'é'.encode()]), cbor([uuid(bytes(16)), b'', 9, -1, ME, b''])],
}
TO_SERVER = {
    'again': [struct.pack('<H', len(GROUP)) + GROUP + EVENT, struct.pack('<H', len(GROUP)) + GROUP + b'order ',
              struct.pack('<H', 9) + b'x'],
    'finished': [cbor([ME, 2**62])],
    'at-work': [cbor([ME, 1, [[7, b'order', uuid(OTHER), 5, 0], [8, b'order', uuid(bytes(16)), 0, 1]]]), cbor([ME, 1, []]),
                cbor([ME, 1, [[7, b'order', uuid(OTHER), 5, 0]] * 101])],
}
MEMBERS = [cbor([ME, 1, GROUP]), cbor([ME, 2**32 - 1, cbor([b'w', b'order-*', b'boss'])]), cbor([ME, 1, b'x']), b'order']
ODD = {
    'two-nodes': cbor([ME, uuid(OTHER), b'order']),
    'indefinite': b'\x9f' + cbor(ME) + cbor(b'order') + b'\x00\x80\xff',
    'long-head': b'\x98\x04' + cbor(ME) + cbor(b'order') + b'\x00\x80',
    'long-tag': b'\x84\xd9\x00\x25' + cbor(NODE) + cbor(b'order') + b'\x00\x80',
    'in-pieces': b'\x84\xd8\x25\x5f' + cbor(NODE[:8]) + cbor(NODE[8:]) + b'\xff' + cbor(b'order') + b'\x00\x80',
    'nested': b'\x81' * 100,
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for index, kind in enumerate(KINDS):
        for number, payload in enumerate(MESSAGES[kind]):
            (folder / f'{kind}-{number}').write_bytes(bytes([index]) + payload)
            (folder / f'{kind}-{number}-all').write_bytes(bytes([FRAME]) + b'all/' + kind.encode() + b' ' + payload)
    for kind, payloads in TO_SERVER.items():
        for number, payload in enumerate(payloads):
            (folder / f'server-{kind}-{number}').write_bytes(bytes([FRAME]) + b'server/' + kind.encode() + b' ' + payload)
    for number, declaration in enumerate(MEMBERS):
        (folder / f'member-{number}-prefix').write_bytes(bytes([FRAME]) + b'share/' + declaration)
    for name, payload in ODD.items():
        (folder / name).write_bytes(bytes([KINDS.index('ask')]) + payload)
    (folder / 'node').write_bytes(bytes([FRAME]) + b'node/' + TEXT + b'/ask ' + MESSAGES['ask'][0])
    (folder / 'nobody').write_bytes(bytes([FRAME]) + b'node/x/ask ' + MESSAGES['ask'][0])


main(pathlib.Path(sys.argv[1]))
