# SPDX-License-Identifier: MIT
"""lane_corpus.py FOLDER: what nodes and servers say to each other by the lane, for the fuzzer to begin with."""
import pathlib
import sys

SERVER, NODE = b'\1', b'\0'


def frame(body, flags=0):
    if len(body) > 255:
        return bytes([flags | 2]) + len(body).to_bytes(8, 'big') + body
    return bytes([flags, len(body)]) + body


def command(name, data=b''):
    return frame(bytes([len(name)]) + name + data, 4)


def ack(events, subscriptions):
    return command(b'ACK', events.to_bytes(8, 'big') + subscriptions.to_bytes(8, 'big'))


READY = command(b'READY', b'\x0bPyvent-Lane\0\0\0\x011')

CASES = {
    'node': SERVER + READY + command(b'SUBSCRIBE', b'order ') + frame(b'order }.') + frame(b'food ' + b'x' * 300)
    + command(b'HURRY') + command(b'IDLE') + command(b'CANCEL', b'order '),
    'node-large': SERVER + READY + frame(b'large ' + b'x' * 20000) + frame(b'order }.'),
    'node-run': SERVER + READY + frame(b'order }.') * 20 + frame(b'other }.') + frame(b'order }.') * 3,
    'node-other-version': SERVER + command(b'READY', b'\x0bPyvent-Lane\0\0\0\x012'),
    'node-parts': SERVER + READY + frame(b'order ', 1) + frame(b'}.'),
    'server': NODE + READY + ack(0, 1) + frame(b'order }.') + ack(1, 1) + frame(b'food ' + b'x' * 300),
    'server-large': NODE + READY + frame(b'large ' + b'x' * 70000) + frame(b'too large ' + b'x' * 100000) + ack(1, 1),
    'server-error': NODE + command(b'ERROR', b'the user may not be here'),
    'server-too-much': NODE + READY + ack(2, 1),
    'server-parts': NODE + READY + frame(b'order ', 1),
}


def main():
    folder = pathlib.Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in CASES.items():
        (folder / name).write_bytes(data)


main()
