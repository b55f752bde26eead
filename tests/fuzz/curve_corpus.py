# SPDX-License-Identifier: MIT
"""curve_corpus.py FOLDER: scripts of what clients do at the secure door, for the fuzzer to begin with."""
import pathlib
import sys

RAW, GREETING, HELLO, INITIATE, MESSAGE, COMMAND, FRAME, AGAIN, CHANGE, SKIP = range(10)
EVENTS, REQUESTS = 0, 1
PLAIN = 2  # may come in without a key, too


def move(kind, data=b''):
    assert len(data) < 256
    return bytes([kind, len(data)]) + data


def properties(socket_type):
    return b'\x0bSocket-Type' + len(socket_type).to_bytes(4, 'big') + socket_type + b'\x08Identity' + bytes(4)


def handshake(socket_type):
    return move(GREETING) + move(HELLO) + move(INITIATE, properties(socket_type))


def message(flags, body):
    return move(MESSAGE, bytes([flags]) + body)


SENDS = handshake(b'DEALER')
HEARS = handshake(b'SUB')
NULL_GREETING = b'\xff' + bytes(8) + b'\x7f\3\1NULL' + bytes(16) + bytes(32)
READY = properties(b'DEALER')

SCRIPTS = {
    'greeting': (REQUESTS, move(GREETING)),
    'hello': (REQUESTS, move(GREETING) + move(HELLO)),
    'event': (REQUESTS, SENDS + message(1, b'') + message(0, b'order }.')),
    'events': (REQUESTS, SENDS + (message(1, b'') + message(0, b'order }.')) * 5),
    'batch': (REQUESTS, SENDS + message(1, b'\2batch') + message(0, b'\7\0\0\0order .\3\0\0\0a .')),
    'ping': (REQUESTS, SENDS + message(2, b'\4PING\0\x1econtext')),
    'twice': (REQUESTS, SENDS + message(1, b'') + move(AGAIN)),
    'skipped': (REQUESTS, SENDS + move(SKIP, bytes(9)) + message(1, b'') + message(0, b'order }.')),
    'changed': (REQUESTS, SENDS + move(CHANGE, b'\x30\1') + message(1, b'')),
    'changedhello': (REQUESTS, move(GREETING) + move(CHANGE, b'\x60\1') + move(HELLO)),
    'changedinitiate': (REQUESTS, move(GREETING) + move(HELLO) + move(CHANGE, b'\x90\1') + move(INITIATE, READY)),
    'hellotwice': (REQUESTS, move(GREETING) + move(HELLO) + move(AGAIN)),
    'early': (REQUESTS, move(GREETING) + move(INITIATE, READY)),
    'notsealed': (REQUESTS, SENDS + move(FRAME, b'order }.') + move(COMMAND, b'\7MESSAGE' + bytes(40))),
    'welcome': (REQUESTS, move(GREETING) + move(COMMAND, b'\7WELCOME' + bytes(160))),
    'subscribe': (EVENTS, HEARS + message(2, b'\x09SUBSCRIBEorder') + message(0, b'\1food') + message(2, b'\6CANCELorder')),
    'othersocket': (EVENTS, SENDS),
    'plain': (REQUESTS | PLAIN, move(RAW, NULL_GREETING) + move(COMMAND, b'\5READY' + READY)
              + move(RAW, b'\1\0\0\x08order }.')),
    'nokey': (REQUESTS, move(RAW, NULL_GREETING) + move(COMMAND, b'\5READY' + READY)),
}

folder = pathlib.Path(sys.argv[1])
folder.mkdir(parents=True, exist_ok=True)
for name, (door, script) in SCRIPTS.items():
    (folder / name).write_bytes(bytes([door]) + script)
