#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A Python node for tests, told what to do by JSON lines on stdin, and telling what happens by JSON lines on stdout.

peer.cpp is the same for Qt; see peerprocess.h for the lines.
"""
import base64
import io
import json
import os
import pickle
import sys
import threading
import traceback

# For the expressions that the tests have evaluated:
import collections  # noqa: F401
import dataclasses
import datetime  # noqa: F401
import decimal  # noqa: F401
import enum
import fractions  # noqa: F401
import pathlib  # noqa: F401
import uuid  # noqa: F401

import peervalues
import pyvent_peer

# Sorts behind every other topic, so that it is the last one also when ZeroMQ subscribes to all of them again.
PRIVATE = '\U0010fffd'


@dataclasses.dataclass
class Point:
    x: float
    y: float


class Size(enum.Enum):
    SMALL = 0
    LARGE = 1


class Line:
    _lock = threading.Lock()

    @classmethod
    def write(cls, **content):
        with cls._lock:
            sys.stdout.write(json.dumps(content) + '\n')
            sys.stdout.flush()


def same(left, right):
    """Equal, and of the same types all the way down."""
    return type(left) is type(right) and json.dumps(peervalues.encode(left), sort_keys=True) == json.dumps(
        peervalues.encode(right), sort_keys=True)


class Peer:
    def __init__(self):
        self.node = pyvent_peer.Node()
        self.node.frame_hook = self.look_at_frame
        self.trailer = 0  # of the frame under delivery: bytes after the pickle
        self.last = {}    # the last arguments heard, by name
        self.senders = [] # pydispatch compares identities, so the objects have to live
        self.proofs = 0

    def look_at_frame(self, frame):
        space = frame.find(b' ')
        self.trailer = 0
        if space >= 0:
            stream = io.BytesIO(frame[space + 1:])
            pickle.load(stream)
            self.trailer = len(stream.read())

    def configure(self, port=None, id=None, server=None, replyTimeout=None, highWaterMark=None, **_):
        options = {'port': port, 'id': id, 'server': server}
        self.node.configure(**{name: value for name, value in options.items() if value is not None})
        if replyTimeout is not None:
            self.node.reply_timeout = replyTimeout / 1000
        if highWaterMark is not None:
            self.node.high_water_mark = highWaterMark

    def start(self):
        self.node.try_start()

    def serve(self):
        return self.node.start_server()

    def on(self, name, sender=None, label=None, parameters=None, kind='function'):
        def heard(signal, sender, **arguments):
            self.last[signal] = arguments
            Line.write(heard=signal, handler=label, args=peervalues.encode(arguments), sender=sender, node=None, seq=0,
                       trailer=self.trailer)

        class Handler:
            def method(self, signal, sender, **arguments):
                heard(signal, sender, **arguments)

            def method_without_kwargs(self, signal, sender):
                heard(signal, sender)

            @classmethod
            def class_method(cls, signal, sender, **arguments):
                heard(signal, sender, **arguments)

        handler = heard if parameters is None else self.with_parameters(heard, parameters)
        if kind != 'function':
            handler = getattr(Handler(), kind)
        self.node.connect(handler, name, self.sender(sender))

    def sender(self, name):
        if name is None:
            return pyvent_peer.DEFAULT_ID
        if name == '*any*':
            return pyvent_peer.Any
        self.senders.append(name)
        return name

    @staticmethod
    def with_parameters(heard, parameters):
        names = [p if isinstance(p, str) else p['name'] for p in parameters]
        declared = [p if isinstance(p, str) else f'{p["name"]}={p["default"]!r}' for p in parameters]
        passed = ', '.join(f'{name}={name}' for name in names)
        scope = {'heard': heard}
        exec(f'def handler(signal, sender, {", ".join(declared)}): heard(signal, sender, {passed})', scope)
        return scope['handler']

    def send(self, name, args=None, sender=None, count=None, protocol=None, expression=None):
        arguments = eval(expression) if expression is not None else peervalues.decode(args or {})
        if sender is not None:
            arguments['sender'] = sender
        if protocol is not None:
            self.node.protocol = protocol
        acknowledged = 0
        for i in range(1 if count is None else count):
            if count is not None:
                arguments['i'] = i
            acknowledged += self.node.send(name, **arguments)
        return acknowledged

    def send_raw(self, frame):
        return self.node.send_frame(base64.b64decode(frame))

    def echo(self, name, reply):
        def answer(signal, sender, **arguments):
            self.node.send(reply, **arguments)

        self.node.connect(answer, name, pyvent_peer.Any)

    def check(self, name, expression):
        """Whether the last arguments of this name are those, types included."""
        expected = eval(expression)
        got = self.last.get(name)
        if same(got, expected):
            return True
        Line.write(note=f'{name} has {got!r}, not {expected!r}')
        return False

    def ready(self):
        """ZeroMQ does not say when a subscription is active; hearing a newer one of one's own does."""
        self.proofs += 1
        topic = f'{PRIVATE}{os.getpid()}-{self.proofs}'
        heard = threading.Event()

        def proof():
            heard.set()

        self.node.connect(proof, topic, pyvent_peer.Any)
        while not heard.is_set():
            if not self.node.is_receiving():
                raise RuntimeError('the receiver thread has ended')
            self.node.send(topic)
            heard.wait(0.02)

    def wait_for(self, name, timeout, sender=None, send=None, args=None):
        arguments = self.node.wait_for(name, self.sender(sender), timeout / 1000,
                                       None if send is None else (send, peervalues.decode(args or {})))
        if arguments is None:
            return None
        sender = arguments.pop('sender', None)
        arguments.pop('signal', None)
        return {'args': peervalues.encode(arguments), 'sender': sender}

    def stop(self, client=True, server=True):
        self.node.stop(client, server)

    def flush(self, timeout=None):
        return True  # send() has waited already

    def state(self):
        return {'serving': self.node.is_server(), 'receiving': self.node.is_receiving()}


def run(peer):
    """Returns whether the node is to be stopped properly."""
    for line in sys.stdin:
        command = json.loads(line)
        verb = command.pop('do')
        number = command.pop('n', None)
        if verb == 'quit':
            Line.write(done=verb, n=number, result=None)
            return True
        try:
            if verb == 'exit-right-after-send':
                peer.send(**command)
                return True
            result = getattr(peer, verb)(**command)
            Line.write(done=verb, n=number, result=result)
        except Exception as error:
            traceback.print_exc()
            Line.write(error='Exception', n=number, text=repr(error))
    return False


def main():
    peer = Peer()
    Line.write(state='started')
    if run(peer):
        peer.node.stop()
    sys.stdout.flush()
    os._exit(0)  # not held up by what lingers for a server that never comes


if __name__ == '__main__':
    main()
