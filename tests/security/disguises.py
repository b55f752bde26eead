#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Prints pickles that make whoever loads them write to a file: a line each, with a name, a tab, and the bytes in hexadecimal.

The file's path is the argument; with --load, the lines are read instead, and each is loaded, as Python's nodes do.
"""
import copyreg
import os
import pickle
import pickletools
import struct
import sys

path = sys.argv[-1]
command = f'echo x >> {path}'


class Reduced:
    """What __reduce__ says."""
    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return self.parts


def short(text):
    data = text.encode()
    return b'\x8c' + bytes([len(data)]) + data


def in_arguments(value):
    """The arguments of an event, {'a': value}, where value is opcodes."""
    return b'}' + b'X' + struct.pack('<I', 1) + b'a' + value + b's.'


def by_pickle():
    call = Reduced(os.system, (command,))
    values = {
        'reduce': call,
        'in a list': [[call]],
        'as a key': {('x',): {call: 1}},
        'eval': Reduced(eval, (f'__import__("os").system({command!r})',)),
        'exec': Reduced(exec, (f'import os; os.system({command!r})',)),
        'by getattr': Reduced(getattr, (Reduced(__import__, ('os',)), 'system')),
        'copyreg': Reduced(copyreg._reconstructor, (Reduced(os.system, (command,)), object, None)),
        'state of an exception': Reduced(ValueError, (), {'a': call}),
        'nested state': Reduced(ValueError, (), {'a': Reduced(ValueError, (), {'b': call})}),
        'items': Reduced(list, (), None, iter([call])),
        'map': Reduced(list, (Reduced(map, (os.system, [command])),)),
    }
    for name, value in values.items():
        for protocol in range(6):
            try:
                data = pickle.dumps({'a': value}, protocol)
            except Exception:
                continue
            yield f'{name}, protocol {protocol}', data
            yield f'{name}, protocol {protocol}, optimised', pickletools.optimize(data)
            yield f'{name}, protocol {protocol}, before a trailer', data + b'more' * 20 + b'\xf5'


def by_hand():
    argument = b'X' + struct.pack('<I', len(command)) + command.encode()
    call = argument + b'\x85R'
    old = f'(S{command!r}\n'.encode()
    yield 'GLOBAL', b'\x80\x02' + in_arguments(b'cos\nsystem\n' + call)
    yield 'INST', in_arguments(b'(' + argument + b'ios\nsystem\n')
    yield 'OBJ', b'\x80\x02' + in_arguments(b'(cos\nsystem\n' + argument + b'o')
    yield 'STACK_GLOBAL', b'\x80\x04' + in_arguments(short('os') + short('system') + b'\x93' + call)
    yield 'STACK_GLOBAL of the memo', b'\x80\x04' + in_arguments(
        short('system') + b'\x94' + b'0' + short('os') + b'h\x00' + b'\x93' + call)
    yield 'memo overwritten', b'\x80\x04' + in_arguments(
        short('collections') + b'q\x050' + short('os') + b'q\x050' + b'h\x05' + short('system') + b'\x93' + call)
    yield 'MEMOIZE and PUT', b'\x80\x04' + in_arguments(
        short('os') + b'p1\n0' + short('x') + b'\x940' + b'h\x01' + short('system') + b'\x93' + call)
    yield 'the name of a class of the list', b'\x80\x04' + in_arguments(
        short('collections') + short('OrderedDict.__init__.__globals__') + b'\x93' + b'0' + b'cos\nsystem\n' + call)
    yield 'a name of Python 2', in_arguments(b'c__builtin__\neval\n' + (
        f'(S{("__import__(" + chr(34) + "os" + chr(34) + ").system(" + repr(command) + ")")!r}\ntR').encode())
    yield 'popped', b'\x80\x02' + in_arguments(b'cos\nsystem\n' + call + b'0N')
    yield 'DUP', b'\x80\x02' + in_arguments(b'cos\nsystem\n2' + b'0' + call)
    yield 'in a frame', b'\x80\x04\x95' + struct.pack('<Q', len(in_arguments(b'cos\nsystem\n' + call))) + in_arguments(
        b'cos\nsystem\n' + call)
    yield 'NEWOBJ', b'\x80\x02' + in_arguments(
        b'csubprocess\nPopen\n' + b'X' + struct.pack('<I', 4) + b'true' + b'\x85\x81' + b'0cos\nsystem\n' + call)
    yield 'without PROTO', in_arguments(b'cos\nsystem\n' + old + b'tR')
    yield 'before the event', b'cos\nsystem\n' + old + b'tR0' + in_arguments(b'N')
    # Extensions and persistent ids need a receiver's help; they are here so that nobody asks for it.
    yield 'EXT1', b'\x80\x02' + in_arguments(b'\x82\x01' + call)
    yield 'BINPERSID', b'\x80\x02' + in_arguments(argument + b'Q')
    yield 'PERSID', in_arguments(b'P' + command.encode() + b'\n')


if sys.argv[1] == '--load':
    for line in sys.stdin:
        name, data = line.rstrip('\n').split('\t')
        before = os.path.exists(path) and os.path.getsize(path)
        try:
            pickle.loads(bytes.fromhex(data))
        except Exception:
            pass
        after = os.path.exists(path) and os.path.getsize(path)
        print(f'{name}\t{int(after > before)}')
else:
    for name, data in [*by_pickle(), *by_hand()]:
        print(f'{name}\t{data.hex()}')
