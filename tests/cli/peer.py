# SPDX-License-Identifier: MIT
"""peer.py serve PORT | send PORT NAME EXPRESSION | frames PORT EXPRESSION…: the server and the sender of Python Pyvent's protocol, and no more.

The server prints each event that it takes, as its name and its arguments' repr().
"""
import datetime  # noqa: F401, used by expressions, as are the next ones
import pickle
import sys
import zoneinfo
from collections import Counter, OrderedDict, defaultdict, deque  # noqa: F401
from decimal import Decimal  # noqa: F401
from fractions import Fraction  # noqa: F401
from pathlib import PurePosixPath  # noqa: F401
from uuid import UUID  # noqa: F401

import zmq

inf = float('inf')


def serve(port):
    replies, events = context.socket(zmq.REP), context.socket(zmq.PUB)
    replies.bind(f'tcp://127.0.0.1:{port}')
    events.bind(f'tcp://127.0.0.1:{port + 1}')
    print('ready', flush=True)
    while True:
        message = replies.recv()
        replies.send(b'1')
        events.send(message)
        name, _, payload = message.partition(b' ')
        if name[:1].isalpha():
            print(name.decode(), pickle.loads(payload) if payload else {}, flush=True)


def send(port, name, expression):
    send_frames(port, name.encode() + b' ' + pickle.dumps(eval(expression)))


def frames(port, *expressions):
    send_frames(port, *map(eval, expressions))


def send_frames(port, *frames):
    request = context.socket(zmq.REQ)
    request.connect(f'tcp://127.0.0.1:{port}')
    for frame in frames:
        request.send(frame)
        if not request.poll(10_000) or request.recv() != b'1':
            sys.exit('The server does not answer.')


context = zmq.Context()
context.setsockopt(zmq.LINGER, 0)
{'serve': serve, 'send': send, 'frames': frames}[sys.argv[1]](int(sys.argv[2]), *sys.argv[3:])
