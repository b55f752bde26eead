# SPDX-License-Identifier: MIT
"""How the Python package Pyvent behaves on the wire and towards its user, for tests.

Written from the facts in protocol.md alone. It keeps what users of the package run into: the reply that is given up
after 50 ms, senders that are compared by identity, the receiver thread that ends with a handler's exception. What it
does not keep are accidents that would only make tests fail now and then: sockets are used from one thread at a time,
and waiting does not burn a core.
"""
import errno
import itertools
import pickle
import threading

import zmq
from pydispatch import dispatcher

DEFAULT_PORT = 52002
DEFAULT_ID = 'pyvent'
ZEROMQ_HIGH_WATER_MARK = 1000  # more is dropped silently
RESERVED = '__'
CHECK = '__check'
CONNECT = '__connect'
SERVER_DISCONNECT = '__server_disconnect'

Any = dispatcher.Any


def pack(topic, payload, protocol=pickle.DEFAULT_PROTOCOL):
    return topic.encode() + b' ' + pickle.dumps(payload, protocol=protocol)


def unpack(frame):
    space = frame.find(b' ')
    if space < 0:
        return frame.decode(), {}
    return frame[:space].decode(), pickle.loads(frame[space + 1:])


class Server:
    """Takes events on REP, acknowledges them, and publishes the same bytes."""

    def __init__(self, port, high_water_mark):
        self._context = zmq.Context()
        self._requests = self._context.socket(zmq.REP)
        self._events = self._context.socket(zmq.PUB)
        self._events.setsockopt(zmq.SNDHWM, high_water_mark)
        try:
            self._requests.bind(f'tcp://0.0.0.0:{port}')
            self._events.bind(f'tcp://0.0.0.0:{port + 1}')
        except zmq.ZMQError:
            self._context.destroy(linger=0)
            raise
        self._requests.setsockopt(zmq.RCVTIMEO, 10)
        self._running = True
        self._thread = threading.Thread(target=self._run, name='pyvent server', daemon=True)
        self._thread.start()

    def _run(self):
        while self._running:
            try:
                frame = self._requests.recv()
            except zmq.Again:
                continue
            self._requests.send(b'1')
            self._events.send(frame)
        self._events.send(SERVER_DISCONNECT.encode())

    def stop(self):
        self._running = False
        self._thread.join()
        self._context.destroy(linger=1000)


class Client:
    """Sends on REQ and hears on SUB, with the thread that dispatches what is heard."""

    def __init__(self, port, on_frame, high_water_mark):
        self._port = port
        self._on_frame = on_frame
        self._context = zmq.Context()
        self._lock = threading.Lock()
        self._request = None
        self._open_request()
        self._events = self._context.socket(zmq.SUB)
        self._events.setsockopt(zmq.RCVHWM, high_water_mark)
        self._events.connect(f'tcp://0.0.0.0:{port + 1}')
        self._wanted = []  # topics that the receiver thread has not subscribed to yet
        self._subscribed = set()
        self._running = True
        self.subscribe(RESERVED)
        self._thread = threading.Thread(target=self._run, name='pyvent receiver', daemon=True)
        self._thread.start()

    def _open_request(self):
        self._request = self._context.socket(zmq.REQ)
        self._request.connect(f'tcp://0.0.0.0:{self._port}')

    def request(self, frame, timeout):
        """Whether the server has acknowledged the frame in time."""
        with self._lock:
            self._request.send(frame)
            if self._request.poll(int(timeout * 1000)):
                self._request.recv()
                return True
            self._request.close()  # lingers: the server may get the frame yet
            self._open_request()
            return False

    def subscribe(self, topic):
        self._wanted.append(topic)

    def _run(self):
        while self._running:
            while self._wanted:
                topic = self._wanted.pop(0)
                if topic not in self._subscribed:
                    self._subscribed.add(topic)
                    self._events.setsockopt(zmq.SUBSCRIBE, topic.encode())
            if self._events.poll(10):
                self._on_frame(self._events.recv())  # what a handler raises ends this thread

    def is_receiving(self):
        return self._thread.is_alive()

    def stop(self, linger=None):
        self._running = False
        if self._thread is not threading.current_thread():
            self._thread.join()
        self._events.close(linger=0)
        with self._lock:
            self._request.close(linger=linger)
        self._context.term()  # waits for the server where the linger says so


class Node:
    _ids = itertools.count(1)

    def __init__(self, server=True, id=DEFAULT_ID, port=DEFAULT_PORT):
        self.server = server
        self.id = id
        self.port = port
        self.reply_timeout = 0.05
        self.high_water_mark = ZEROMQ_HIGH_WATER_MARK
        self.protocol = pickle.DEFAULT_PROTOCOL
        self.frame_hook = None  # for tests: called with each frame before it is read
        self._topics = []
        self._server = None
        self._client = None

    def configure(self, **options):
        for name, value in options.items():
            if name not in ('server', 'id', 'port'):
                raise TypeError(f'no option {name!r}')
            setattr(self, name, value)

    def start_server(self):
        """Binding the port is the election: whoever gets it serves."""
        if self._server is None:
            try:
                self._server = Server(self.port, self.high_water_mark)
            except zmq.ZMQError as error:
                if error.errno != errno.EADDRINUSE:
                    raise
        return self.is_server()

    def is_server(self):
        return self._server is not None

    def is_receiving(self):
        return self._client is not None and self._client.is_receiving()

    def try_start(self):
        if self._client is not None:
            return
        self._client = Client(self.port, self._receive, self.high_water_mark)
        identity = next(self._ids)
        if self.server and not self._request(CHECK, {'id': identity}):
            self.start_server()
        self._request(CONNECT, {'id': identity})
        for topic in self._topics:
            self._client.subscribe(topic)

    def connect(self, handler, signal=None, sender=DEFAULT_ID):
        """Also a decorator: @node.connect('order') or, for a function's own name, @node.connect."""
        if not callable(handler):
            return lambda function: self.connect(function, handler, sender)
        name = signal or handler.__name__
        self.try_start()
        dispatcher.connect(handler, signal=name, sender=sender, weak=False)
        self._topics.append(name)
        self._client.subscribe(name)
        return handler

    def send(self, name, **arguments):
        """Whether the server has acknowledged the event in time."""
        self.try_start()
        return self._request(name, arguments)

    def send_frame(self, frame):
        self.try_start()
        return self._client.request(frame, self.reply_timeout)

    def wait_for(self, signal, sender=DEFAULT_ID, timeout=1.0, send=None):
        """The arguments of the next event of this name, or None. `send` is (name, arguments) to send first."""
        heard = threading.Event()
        result = {}

        def handler(**arguments):
            if not heard.is_set():
                result.update(arguments)
                heard.set()

        self.connect(handler, signal, sender)
        try:
            if send is not None:
                self.send(send[0], **send[1])
            return result if heard.wait(timeout) else None
        finally:
            dispatcher.disconnect(handler, signal=signal, sender=sender, weak=False)

    def stop(self, client=True, server=True):
        if client and self._client is not None:
            self._client.stop()
            self._client = None
        if server and self._server is not None:
            self._server.stop()
            self._server = None

    def _request(self, name, arguments):
        return self.send_frame(pack(name, arguments, self.protocol))

    def _receive(self, frame):
        if self.frame_hook is not None:
            self.frame_hook(frame)
        topic, payload = unpack(frame)
        payload.setdefault('sender', self.id)
        dispatcher.send(signal=topic, **payload)
