# SPDX-License-Identifier: MIT
"""circle.py PORT COUNT SEED: a server of Python Pyvent's protocol that judges what comes back.

It prints "ready", and after a line on standard input sends COUNT random values of every kind that the codec's oracle has,
as events "value". Then it takes as many events "value" and compares them with what it has sent. Prints "equal" or what
differs, and ends with 0 or 1.
"""
import pathlib
import pickle
import sys

import zmq

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / 'unit' / 'pickle'))
import oracle  # noqa: E402

# What must be among the values, so that the test does not pass for want of them.
KINDS = {'Colour', 'Level', 'Right', 'Point', 'Order', 'Plain', 'Slotted', 'Keyword', 'WithSetter', 'MyList', 'MyDict', 'MyInt',
         'MyStr', 'MySet', 'deque', 'defaultdict', 'Counter', 'OrderedDict', 'timezone', 'ZoneInfo', 'datetime', 'time', 'date',
         'timedelta', 'Decimal', 'Fraction', 'complex', 'bytearray', 'bytes', 'UUID', 'PosixPath', 'PurePosixPath',
         'PureWindowsPath', 'range', 'type', 'ellipsis', 'ValueError', 'FileNotFoundError', 'frozenset', 'set', 'tuple', 'object'}
NUMPY_KINDS = {'ndarray', 'datetime64', 'timedelta64', 'float16', 'float64', 'complex128', 'void'}


def kinds_of(value):
    """The types of the value and of all that is in it."""
    yield type(value).__name__
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
    elif isinstance(value, (list, tuple, set, frozenset, oracle.collections.deque)):
        parts = list(value)
    elif isinstance(value, (oracle.Plain, oracle.Order)):
        parts = list(vars(value).values())
    else:
        parts = [value.tzinfo] if getattr(value, 'tzinfo', None) else []
    for part in parts:
        yield from kinds_of(part)


def make_pickles(count, seed):
    """Each value in one of the protocols, as which of them is sent depends on the Python that sends."""
    for index in range(count):
        generator = oracle.Generator(f'{seed}/{index}')
        value = (lambda: generator.value(4), generator.other, generator.array, lambda: generator.value(4))[index % 4]()
        if index == 0:
            value = [oracle.WithSetter([1, 2]), {'again': oracle.WithSetter('x')}]
        try:
            yield pickle.dumps({'v': value}, generator.random.randrange(6))
        except TypeError:  # slots need protocol 2
            yield pickle.dumps({'v': value}, 2)


def compare(pickles, received):
    for index, (sent, came) in enumerate(zip(pickles, received)):
        original = pickle.loads(sent)['v']
        try:
            arguments = pickle.loads(came)
            if set(arguments) != {'v'}:  # no default handler of Python's hears an event that names its sender
                return f'value {index} came back with the arguments {sorted(arguments)}'
            other = arguments['v']
        except Exception as error:  # then Python could not have taken it
            return f'value {index}: {original!r} came back as {came!r}: {type(error).__name__}: {error}'
        if not oracle.same(original, other):
            original, other = oracle.innermost(original, other)
            return f'value {index}: {original!r} came back as {other!r}'
    return 'equal'


def main(port, count, seed):
    pickles = list(make_pickles(count, seed))
    kinds = {kind for sent in pickles for kind in kinds_of(pickle.loads(sent)['v'])}
    missing = (KINDS | (NUMPY_KINDS if oracle.numpy else set())) - kinds
    if missing:
        sys.exit(f'not among the values: {", ".join(sorted(missing))}')

    context = zmq.Context()
    context.setsockopt(zmq.LINGER, 0)
    context.setsockopt(zmq.SNDHWM, 0)
    context.setsockopt(zmq.RCVHWM, 0)
    replies, events = context.socket(zmq.REP), context.socket(zmq.PUB)
    replies.bind(f'tcp://127.0.0.1:{port}')
    events.bind(f'tcp://127.0.0.1:{port + 1}')
    print('ready', flush=True)

    poller = zmq.Poller()
    poller.register(replies, zmq.POLLIN)
    poller.register(sys.stdin.fileno(), zmq.POLLIN)
    received = []
    while len(received) < count:
        for source, _ in poller.poll():
            if source is not replies:
                sys.stdin.readline()
                poller.unregister(sys.stdin.fileno())
                for sent in pickles:
                    events.send(b'value ' + sent)
                continue
            message = replies.recv()
            replies.send(b'1')
            events.send(message)
            name, _, payload = message.partition(b' ')
            if name == b'value':
                received.append(payload)
    result = compare(pickles, received)
    print(result.encode('utf-8', 'backslashreplace').decode(), flush=True)
    sys.exit(result != 'equal')


main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
