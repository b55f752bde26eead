# SPDX-License-Identifier: MIT
"""envelope_corpus.py FOLDER: messages of an engine, as fuzz_envelope reads them, for the fuzzer to begin with."""
import pathlib
import sys

NODE, NUMBER, TIME, SENDER, BUS, LOST, NAME, _, STAMP, LEFT_OUT = range(10)
PICKLE, JSON = 'application/x-pyvent-pickle', 'application/json'
UUID = '00000001-82cd-82b4-aa10-c997affa3f6e'


def field(text):
    content = text if isinstance(text, bytes) else text.encode()
    return bytes([len(content)]) + content


def message(address, kind, payload, **headers):
    names = {'node': NODE, 'number': NUMBER, 'time': TIME, 'sender': SENDER, 'bus': BUS, 'lost': LOST, 'name': NAME,
             'stamp': STAMP, 'left_out': LEFT_OUT}
    return field(address) + field(kind) + field(payload) + b''.join(
        field(bytes([names[name]]) + value.encode()) for name, value in headers.items())


CASES = {
    'event': message('order-food', PICKLE, b'\x80\x04}.', node=UUID, number='1', time='1700000000000000', bus='one'),
    'sender': message('oven.on', PICKLE, b'}.', node=UUID, number='7', sender='till.2', lost='3'),
    'write': message('oven', PICKLE, b'}.', node=UUID, number='1', stamp='117964800000000001'),
    'compared': message('oven', PICKLE, b'}.', node=UUID, number='0', stamp='117964800000000001', bus='one'),
    'key': message('k=C3=BCche', PICKLE, b'}.', node=UUID, number='1', time='1700000000000000'),
    'large': message('oven', PICKLE, b'', node=UUID, number='0', stamp='117964800000000001', left_out='100000'),
    'bucket': message('oven', '', '{"subjects": ["$KV.b.>"], "retention": "limits", "max_msgs_per_subject": 1}'),
    'json': message('order-food', JSON, '{"food": "sushi", "n": [1, 2.5, null]}', node=UUID, number='2'),
    'typed': message('t', JSON, '{"d": {"$type": "date", "value": "2026-11-30"}}'),
    'foreign': message('a/b c', '', '42'),
    'escaped': message('%2A.%C3%BC%25', PICKLE, b'}.', node=UUID, number='1'),
    'hidden': message('%~' + 64 * '0', PICKLE, b'}.', node=UUID, number='1', name='long' + 40 * '.x'),
    'wrong': message('x', PICKLE, b'}.', node='no', number='0'),
    'far': message('x', PICKLE, b'}.', node=UUID, number='9223372036854775807', time='-1', lost='18446744073709551615'),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in CASES.items():
        (folder / name).write_bytes(content)


main(pathlib.Path(sys.argv[1]))
