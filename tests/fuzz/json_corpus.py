# SPDX-License-Identifier: MIT
"""json_corpus.py FOLDER: values and events as JSON, good and bad ones, for the fuzzer to begin with."""
import json
import pathlib
import sys

UUID = '00112233-4455-6677-8899-aabbccddeeff'


def typed(kind, value):
    return {'$type': kind, 'value': value}


VALUES = {
    'plain': [None, True, False, 0, -1, 2**63, 2**64, -2**70, 1.5, 1e300, 1e-7, 'ä🍣\n\\"\x7f\u2028', {}, [], {'a': {'b': [1]}}],
    'bytes': [typed('bytes', 'AP8='), typed('bytearray', 'AA==')],
    'floats': [typed('float', 'nan'), typed('float', 'inf'), typed('float', '-inf'), typed('int', '0x1ffff')],
    'containers': [typed('tuple', [1, [2]]), typed('set', [1]), typed('frozenset', []), typed('deque', [1]),
                   typed('deque', {'items': [1], 'maxlen': 3}), typed('dict', [[1, 2], ['a', None]]),
                   typed('OrderedDict', [['a', 1]]), typed('Counter', [['a', 1]]),
                   typed('defaultdict', {'factory': 'list', 'pairs': [[1, [2]]]})],
    'times': [typed('datetime', '2024-01-02T03:04:05.000006+01:00'), typed('datetime', '2024-01-02T03:04:05'),
              typed('datetime', '2024-01-02T03:04:05+01:00[tzname=CET]'),
              typed('datetime', '2024-10-27T02:30:00[Europe/Berlin][fold=1]'), typed('date', '2024-01-02'),
              typed('time', '03:04:05.000006+01:00[fold=1]'), typed('timezone', '+01:00[tzname=CET]'),
              typed('ZoneInfo', 'Europe/Berlin'), typed('timedelta', [1, 2, 3]),
              typed('datetime', {'iso': '2024-01-02T03:04:05', 'tzinfo': typed('object', {'module': 'a', 'name': 'b'})})],
    'library': [typed('range', [1, 5, 2]), typed('UUID', UUID), typed('Decimal', '1.5E+3'), typed('Fraction', '1/3'),
                typed('PosixPath', '/a/b'), typed('PureWindowsPath', 'c:\\a'), typed('complex', [1.5, -2])],
    'numpy': [typed('float64', 1.5), typed('int32', 7), typed('bool_', True),
              typed('ndarray', {'dtype': '<i2', 'shape': [2, 1], 'data': 'AAEBAA=='}),
              typed('ndarray', {'dtype': '<f8', 'shape': [1], 'data': 'AAAAAAAA8D8=', 'order': 'F'})],
    'objects': [typed('object', {'module': 'a', 'name': 'B', 'args': [1], 'kwargs': {'x': 2}, 'state': {'y': 3}}),
                typed('object', {'module': 'a', 'name': 'B', 'new': [1], 'items': [1], 'pairs': [[1, 2]]}),
                typed('object', {'module': 'builtins', 'name': 'len'}), typed('ValueError', ['x'])],
    'odd': [typed('nothing', 1), {'$type': 1, 'value': 2}, {'$type': 'set'}, {'$type': 'a', 'value': 1, 'more': 2}],
}
EVENT = {'name': 'order-food', 'sender': 'pyvent', 'args': {'food': 'sushi', '$type': 'x', 'n': typed('set', [1])},
         'node': UUID, 'seq': 7, 'time': '2024-01-02T03:04:05.678Z'}
TEXTS = {
    'event': json.dumps(EVENT), 'event-null': json.dumps({**EVENT, 'node': None, 'seq': None, 'time': None}),
    'event-short': '{"name":"a"}', 'event-late': json.dumps({**EVENT, 'time': '9999-12-31T23:59:59.999-01:00'}),
    'spaces': ' \t\r\n[ 1 , 2 ] ', 'deep': '[' * 300 + ']' * 300, 'too-deep': '[' * 700 + ']' * 700, 'empty': '',
    'twice': '{"a":1,"a":2}', 'digits': '1' * 5000, 'surrogate': r'"\ud83c\udf63 \ud800 \udc00"', 'escape': r'"\x"',
    'float': '1e400', 'small': '1e-400', 'zero': '[-0, -0.0, 01]',
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, values in VALUES.items():
        (folder / name).write_text(json.dumps(values, ensure_ascii=False))
        (folder / (name + '-event')).write_text(json.dumps({**EVENT, 'args': {'all': values}}, ensure_ascii=False))
        for index, value in enumerate(values):
            (folder / f'{name}-{index}').write_text(json.dumps(value))
    for name, text in TEXTS.items():
        (folder / name).write_text(text)
    (folder / 'not-utf8').write_bytes(b'["\xff\xed\xa0\x80"]')


main(pathlib.Path(sys.argv[1]))
