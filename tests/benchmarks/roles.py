# SPDX-License-Identifier: MIT
"""The roles of role.h for Python nodes: roles.py --role python-PART JSON

They speak as the package does: one event at a time, acknowledged by the server before the next one is sent.
"""
import ctypes
import json
import os
import pathlib
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / 'interop'))
import pyvent_peer  # noqa: E402

ORDER, END, PING, PONG = 'order-food', 'end-of-orders', 'ping', 'pong'
WARM_UP_PINGS = 20
PR_SET_PDEATHSIG = 1


def say(*words):
    print(*words, flush=True)


def fail(why):
    say('failed', why)
    os._exit(1)


def arguments(count):
    return {'food': 'sushi', 'drink': 'sake', 'count': count}


def node(port):
    result = pyvent_peer.Node(server=False, port=port)
    result.reply_timeout = 10  # the package's 50 ms lose events on a loaded machine
    return result


def wait_until_ready(of):
    """ZeroMQ does not say when a subscription is active; hearing a newer one of one's own does."""
    heard = threading.Event()
    proof = f'\U0010fffd{os.getpid()}'
    of.connect(lambda: heard.set(), proof)
    while not heard.wait(0.02):
        of.send(proof)


def rest():
    while True:
        signal.pause()


def server(options):
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(('127.0.0.1', 0))
            port = first.getsockname()[1]
            try:
                second.bind(('127.0.0.1', port + 1))
            except (OSError, OverflowError):
                continue
        of = pyvent_peer.Node(port=port)
        if of.start_server():
            say('ready', port)
            rest()


def sender(options):
    of = node(options['port'])
    of.try_start()
    say('started', time.monotonic_ns())
    for count in range(options['events']):
        if not of.send(ORDER, **arguments(count)):
            fail(f'event {count} was not acknowledged')
    of.send(END)
    rest()


def receiver(options):
    of = node(options['port'])
    heard = finished = 0

    def order(food, drink, count):
        nonlocal heard, finished
        if count != heard:
            fail(f'event {count} of the Python bus came as number {heard}')
        heard += 1
        if heard == options['events']:
            finished = time.monotonic_ns()

    def end():
        if heard != options['events']:
            fail(f'of {options["events"]} events of the Python bus {heard} were heard')
        say('finished', finished)

    of.connect(order, ORDER)
    of.connect(end, END)
    wait_until_ready(of)
    say('ready')
    rest()


def pinger(options):
    of = node(options['port'])
    answered = threading.Event()
    of.connect(lambda food, drink, count: answered.set(), PONG)
    wait_until_ready(of)
    times = []
    for count in range(options['events'] + WARM_UP_PINGS):
        answered.clear()
        began = time.monotonic_ns()
        of.send(PING, **arguments(count))
        if not answered.wait(10):
            fail(f'ping {count} was not answered')
        times.append(time.monotonic_ns() - began)
    times = sorted(times[WARM_UP_PINGS:])
    say('roundtrip', times[len(times) // 2], times[len(times) * 99 // 100])
    rest()


def echo(options):
    of = node(options['port'])
    of.connect(lambda food, drink, count: of.send(PONG, food=food, drink=drink, count=count), PING)
    wait_until_ready(of)
    say('ready')
    rest()


def main():
    role, options = sys.argv[2].removeprefix('python-'), json.loads(sys.argv[3])
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    signal.alarm(options['timeout'])
    {'server': server, 'sender': sender, 'receiver': receiver, 'pinger': pinger, 'echo': echo}[role](options)


if __name__ == '__main__':
    main()
