# SPDX-License-Identifier: MIT
"""pickle_corpus.py FOLDER: pickles of the real CPython, for the fuzzer to begin with."""
import collections
import datetime
import decimal
import fractions
import pathlib
import pickle
import pickletools
import sys
import uuid

VALUES = {
    'event': {'food': 'sushi', 'drink': 'sake', 'count': 3, 'sender': 'customer-manager'},
    'plain': [None, True, False, 0, 300, 70000, -1, 2**40, 2**64, -2**70, 1.5, float('inf'), 'ä🍣\ud800\n\\', b'\0\xff'],
    'containers': {1: (1,), 'x': [[], {}, (), set(), frozenset({1, (2, 3)})], b'y': {'z': {4}}, (): (1, 2, 3, 4)},
    'dates': [datetime.datetime(2024, 1, 2, 3, 4, 5, 6, datetime.timezone.utc, fold=1), datetime.date(1, 1, 1),
              datetime.time(1, tzinfo=datetime.timezone(datetime.timedelta(hours=1), 'CET')), datetime.timedelta(-1)],
    'library': [uuid.UUID(int=5), decimal.Decimal('1.5'), fractions.Fraction(1, 3), 1 + 2j, bytearray(b'x'), range(3),
                collections.OrderedDict(a=1), collections.deque([1], 3), collections.defaultdict(list, {1: [2]}),
                pathlib.PurePosixPath('/a/b'), ValueError('x'), Ellipsis, len],
    'qt': {'$qt': 'QPoint', 'text': '', 'data': bytes(8)},
}
VALUES['shared'] = [VALUES['plain']] * 3
VALUES['repeated'] = [['a text of some length', b'some bytes', (1, 2), uuid.UUID(int=5)] * 3, {1: 'a text of some length'}]


def laughs(value, levels):
    """A list of four references to a list of four references to..."""
    for _ in range(levels):
        value = [value] * 4
    return value


VALUES['laughs'] = {'lists': laughs('ha', 8), 'dicts': laughs({'x': {'y': laughs((), 3)}}, 6)}

try:
    import numpy
    VALUES['numpy'] = [numpy.arange(6, dtype='<i2').reshape(2, 3), numpy.float64(1.5), numpy.array(['a', 'bc'])]
except ImportError:
    pass


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in VALUES.items():
        for protocol in range(6):
            data = pickle.dumps(value, protocol)
            (folder / f'{name}-{protocol}').write_bytes(data)
            (folder / f'{name}-{protocol}-optimised').write_bytes(pickletools.optimize(data))


if __name__ == '__main__':
    main(pathlib.Path(sys.argv[1]))
