# SPDX-License-Identifier: MIT
"""Python values as JSON and back, exactly. peervalues.h is the same for Qt.

What JSON has no word for is {"$type": …, "value": …}: an int beyond 53 bits as its digits, a float as its eight bytes
in hexadecimal, bytes as base64, a tuple, set or frozenset as an array, a dict with keys that are no strings as an
array of pairs, datetime, date and time in ISO 8601, a timedelta as [days, seconds, microseconds], a UUID as text.
Anything else is its repr(), which is not read back.
"""
import base64
import datetime
import json
import struct
import uuid


def _typed(name, value):
    return {'$type': name, 'value': value}


def _text(value):
    return json.dumps(value, sort_keys=True, separators=(',', ':'))


def encode(value):
    kind = type(value)
    if value is None or kind in (bool, str):
        return value
    if kind is int:
        return value if abs(value) < 1 << 53 else _typed('int', str(value))
    if kind is float:
        return _typed('float', struct.pack('>d', value).hex())
    if kind is bytes:
        return _typed('bytes', base64.b64encode(value).decode())
    if kind is list:
        return [encode(item) for item in value]
    if kind is tuple:
        return _typed('tuple', [encode(item) for item in value])
    if kind in (set, frozenset):
        return _typed(kind.__name__, sorted((encode(item) for item in value), key=_text))
    if kind is dict:
        if all(type(key) is str for key in value) and '$type' not in value:
            return {key: encode(item) for key, item in value.items()}
        return _typed('dict', [[encode(key), encode(item)] for key, item in value.items()])
    if kind in (datetime.datetime, datetime.date, datetime.time):
        return _typed(kind.__name__, value.isoformat())
    if kind is datetime.timedelta:
        return _typed('timedelta', [value.days, value.seconds, value.microseconds])
    if kind is uuid.UUID:
        return _typed('UUID', str(value))
    return _typed(kind.__name__, repr(value))


_FROM_TEXT = {
    'int': int,
    'float': lambda text: struct.unpack('>d', bytes.fromhex(text))[0],
    'bytes': base64.b64decode,
    'datetime': datetime.datetime.fromisoformat,
    'date': datetime.date.fromisoformat,
    'time': datetime.time.fromisoformat,
    'timedelta': lambda parts: datetime.timedelta(*parts),
    'UUID': uuid.UUID,
}

_FROM_ITEMS = {'tuple': tuple, 'set': set, 'frozenset': frozenset}


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    if '$type' not in value:
        return {key: decode(item) for key, item in value.items()}
    name, content = value['$type'], value['value']
    if name == 'dict':
        return {decode(key): decode(item) for key, item in content}
    if name in _FROM_ITEMS:
        return _FROM_ITEMS[name](decode(item) for item in content)
    return _FROM_TEXT[name](content)
