# SPDX-License-Identifier: MIT
"""The other side of tst_picklescanner and tst_picklescanneroracle: CPython's own unpickler, which notes what it is made to do.

Messages are those of oracle.py. The first byte of a request says what is wanted:
  l<names>          the allow list, a line for each "module.name"
  v                 harmless values: of each a line that says what it is, its length in four bytes, and the pickle
  h                 the same of pickles that do harm, or would
  g<seed> <index>   a random value, pickled in many ways, as in oracle.py
  s<pickle>         load it: empty if that did nothing beyond the list, or "!" and the exception, if there was one; else what it did
"""
import _codecs
import _compat_pickle
import array
import collections
import copyreg
import datetime
import decimal
import fractions
import importlib
import io
import ipaddress
import os
import pathlib
import pickle
import pickletools
import resource
import signal
import struct
import sys
import uuid
import zoneinfo

os.environ['OPENBLAS_NUM_THREADS'] = '1'  # its threads reserve much address space
try:
    import numpy
except ImportError:  # the rows that need it are left out then
    numpy = None

import oracle

MEMORY = 1 << 30  # bytes more than this process has when it begins
SECONDS = 10  # of the processor, for one pickle; then the process ends

# What any of the modules that are allowed do when they are first used is done before anybody looks.
pickle._loads(b"(Vx\nS'x'\nU\x01xL1L\nF1\nl."), _codecs.encode('x', 'latin1'), bytearray('x', 'latin-1'), decimal.Decimal('1.5'), fractions.Fraction('1/3')


class Noter(pickle.Unpickler):
    """Unpickles, and notes what it is asked for."""
    noted = None
    is_watching = False
    allowed = {}

    @classmethod
    def check(cls, module, name):
        new = _compat_pickle.NAME_MAPPING.get((module, name)) or (_compat_pickle.IMPORT_MAPPING.get(module, module), name)
        if (module, name) not in cls.allowed and new not in cls.allowed:
            cls.note(f'find_class({module!r}, {name!r})')

    def find_class(self, module, name):
        Noter.is_watching = False  # a module may be imported for the first time; it is on the list
        try:
            self.check(module, name)
            found = super().find_class(module, name)
            if not any(found is one for one in self.allowed.values()):
                return self.note(f'find_class({module!r}, {name!r}) -> {found!r}')
            return found
        finally:
            Noter.is_watching = True

    def persistent_load(self, pid):
        return self.note(f'persistent_load({pid!r})')

    @classmethod
    def note(cls, what):
        cls.noted.append(what)
        raise pickle.UnpicklingError(what)


HARMLESS_EVENTS = ('object.__getattr__', 'object.__setattr__', 'object.__delattr__', 'gc.', 'sys._getframe')


def watch(name, args):
    if Noter.is_watching and name == 'pickle.find_class':
        Noter.check(*args)
    elif Noter.is_watching and not name.startswith(HARMLESS_EVENTS):
        Noter.noted.append(f'{name}{args!r}'[:300])


def resolve(name):
    module, _, attribute = name.rpartition('.')
    try:
        return getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError):
        return None


class Call:
    """What a __reduce__() says."""
    def __init__(self, *parts):
        self.parts = parts

    def __reduce__(self):
        return tuple(iter(part) if isinstance(part, list) else part for part in self.parts)


def harmless_values():
    utc, cet = datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=1), 'CET')
    shared = (1, 2, 'x')
    recursive = collections.OrderedDict()
    recursive['self'] = recursive
    items = []
    items.append(items)
    values = {
        'event': {'food': 'sushi', 'drink': 'sake', 'count': 3, 'sender': 'customer-manager'},
        'plain': [None, True, False, 0, 1, -1, 300, 70000, 2**31, -2**31, 2**40, 2**64, -2**70, 2**5000, 1.5, 1e300, -0.0,
                  float('inf'), float('nan'), 'ä🍣\\\n\r\0', 'x' * 300, 'x' * 70000, b'', b'b', b'\0\xff\n\\', b'x' * 300],
        'containers': {1: (1,), 'x': [[], {}, (), set(), {1, 2}, frozenset(), frozenset({1, (2, 3)})], b'y': {'z': {4}},
                       (): (1, 2, 3, 4)},
        'many': list(range(3000)), 'many texts': [f'text {i}' for i in range(3000)], 'shared': [shared] * 300,
        'many keys': {(i, i): i for i in range(3000)}, 'nested': [[[[[[()]]]]]], 'recursive list': items,
        'dates': [datetime.datetime(2024, 1, 2, 3, 4, 5, 6), datetime.datetime(2024, 12, 31, tzinfo=utc, fold=1),
                  datetime.datetime.max, datetime.datetime.min, datetime.datetime(1, 2, 3, 4, tzinfo=cet),
                  datetime.date(1, 1, 1), datetime.date.max, datetime.time(1, tzinfo=cet), datetime.time(), utc, cet,
                  datetime.timedelta(-1), datetime.timedelta.max],
        'ids': [uuid.UUID(int=5), uuid.uuid1(), uuid.UUID(int=2**128 - 1), uuid.UUID(int=0)],
        'numbers': [decimal.Decimal('1.5'), decimal.Decimal('NaN'), decimal.Decimal('-1E+999999'), decimal.Decimal(2**5000),
                    fractions.Fraction(1, 3), fractions.Fraction(-7), fractions.Fraction(-10**20, 7), 1 + 2j,
                    complex('nan')],
        'bytearrays': [bytearray(), bytearray(b'x'), bytearray(b'x'), bytearray(b'\0\xff' * 300)],
        'ranges': [range(3), range(0, -10**30, -1)],
        'collections': [recursive, collections.OrderedDict(a=1), collections.deque([1]), collections.deque([1], 3),
                        collections.deque(), collections.Counter('sushi'), collections.Counter(),
                        collections.defaultdict(list, {1: [2]}), collections.defaultdict(None, a=1),
                        collections.defaultdict(collections.OrderedDict), collections.defaultdict(set)],
        'paths': [pathlib.PurePosixPath('/a/b'), pathlib.PureWindowsPath('C:\\a'), pathlib.PosixPath(), pathlib.Path('x/y')],
        'addresses': [ipaddress.ip_address('127.0.0.1'), ipaddress.ip_address('::1'), ipaddress.ip_network('10.0.0.0/8'),
                      ipaddress.ip_network('2001:db8::/32'), ipaddress.ip_interface('10.1.2.3/8'),
                      ipaddress.ip_interface('::1/64')],
        'errors': [ValueError('x', 1), KeyError(), OSError(2, 'no'), RuntimeError('x'), ZeroDivisionError('division by zero')],
        'names': [Ellipsis, NotImplemented, int, list, dict, str, set, object, datetime.datetime],
        'object': [object(), object()],
    }
    if sys.version_info >= (3, 8) and hasattr(slice, '__reduce__'):
        values['slice'] = [slice(1, None, 2), slice(3)]
    if numpy is not None:
        values['arrays'] = [numpy.arange(6, dtype='<i2').reshape(2, 3), numpy.zeros((2, 3, 4), order='F'), numpy.zeros(()),
                            numpy.zeros((0, 3)), numpy.array([True, False]), numpy.arange(3, dtype='>u4'),
                            numpy.arange(3, dtype='f2'), numpy.arange(3, dtype='c16'), numpy.arange(9.)[::2]]
        values['array texts'] = [numpy.array(['a', 'bcä']), numpy.array([b'a', b'bc']), numpy.array(['a'], '>U7')]
        values['array times'] = [numpy.zeros(2, 'M8[us]'), numpy.zeros(2, 'm8[25s]'), numpy.datetime64('2024-01-02')]
        values['scalars'] = [numpy.float64(1.5), numpy.int8(1), numpy.bool_(True), numpy.str_('x'), numpy.bytes_(b'x')]
        values['dtypes'] = [numpy.dtype('f8'), numpy.dtype('>i4'), numpy.dtype('U3')]
    return values


def ways(value):
    """Pickles of the value, with what each is."""
    for protocol in range(6):
        try:
            data = pickle.dumps(value, protocol)
        except (TypeError, pickle.PicklingError):
            continue
        yield f'protocol {protocol}', data
        yield f'protocol {protocol}, optimised', pickletools.optimize(data)
        try:
            yield f'protocol {protocol}, Python', pickle._dumps(value, protocol)
        except (AssertionError, RecursionError):  # which trips over two temporary objects of one id
            pass


def harmful_values():
    call = Call(os.system, ('true',))
    values = {
        'os.system': call, 'eval': Call(eval, ('1',)), 'exec': Call(exec, ('',)), 'getattr': Call(getattr, (1, 'real')),
        'open': Call(open, ('/dev/null',)), '__import__': Call(__import__, ('os',)), 'nested': {'a': [(1, {'b': call})]},
        'in a key': {call: 1}, 'in a set': {call}, 'in a call': Call(collections.deque, ((), call)),
        'state': Call(uuid.UUID, ('0' * 32,), {'int': call}), 'items': Call(collections.deque, (), None, [call]),
        'pairs': Call(collections.OrderedDict, (), None, None, [(1, call)]),
        'setter': Call(collections.OrderedDict, (), {'a': 1}, None, None, setattr) if sys.version_info >= (3, 8) else call,
        'factory': collections.defaultdict(os.getcwd), 'codec': Call(pickle.codecs.encode, ('x', 'rot13')),
        'unzip': Call(pickle.codecs.decode, (b'x', 'zlib')), 'bytearray of a size': Call(bytearray, (10**9,)),
        'bytes of a size': Call(bytes, (10**9,)), 'power': Call(fractions.Fraction, ('1e999999999',)),
        'copyreg': Call(copyreg._reconstructor, (collections.OrderedDict, object, None)),
        'copyreg of a list': Call(copyreg._reconstructor, (list, list, [1])), 'zone': zoneinfo.ZoneInfo('UTC'),
        'class': Plain(), 'function': os.getcwd, 'method': ''.join, 'partial': Call(importlib.import_module, ('os',)),
        'type': Call(type, ('X', (), {})), 'str of a number': Call(str, (1,)), 'list of a range': Call(list, (range(10**9),)),
        'array': array.array('i', [1]), 'memoryview': Call(memoryview, (b'x',)), 'set of a range': Call(set, (range(10**9),)),
        'deque of a range': Call(collections.deque, (range(10**9), 3)), 'complex of a text': Call(complex, ('1',)),
        'timezone of None': Call(datetime.timezone, (None,)), 'datetime of a call': Call(datetime.datetime, (b'x' * 10, call)),
        'state of a set': Call(set, ([],), {'a': 1}), 'path of a list': Call(pathlib.PurePosixPath, ([],)),
    }
    if numpy is not None:
        values['array of objects'] = numpy.array([None, 'x'])
        values['record'] = numpy.zeros(2, 'i4,f8')
        values['void'] = numpy.zeros(2, 'V3')
        values['object type'] = numpy.dtype('O')
        values['array of a size'] = Call(numpy.core.multiarray._reconstruct, (numpy.ndarray, (10**9,), b'b'))
        values['array of an object type'] = Call(numpy.core.multiarray._reconstruct, (numpy.ndarray, (0,), 'O'))
        values['scalar of an object'] = Call(numpy.core.multiarray.scalar, (numpy.dtype('O'), b'x' * 8))
        values['flags'] = Call(numpy.dtype, ('f8', False, True), (3, '<', None, None, None, -1, -1, 63))
        values['size of a number'] = Call(numpy.dtype, ('S8', False, True), (3, '|', None, None, None, -8, 1, 0))
        values['no copy of the type'] = Call(numpy.dtype, ('f8', False, False), (3, '>', None, None, None, -1, -1, 0))
        values['negative sizes'] = Call(numpy.core.multiarray._reconstruct, (numpy.ndarray, (0,), b'b'),
                                        (1, (-1, -8), numpy.dtype('i1'), False, b'x' * 8))
        values['no unit'] = Call(numpy.dtype, ('M8', False, True),
                                 (4, '<', None, None, None, -1, -1, 0, ({}, (b'us', 1, 0, 1))))
    return values


class Plain:
    pass


class Server(oracle.Server):
    def l(self, data):
        Noter.allowed = {}
        for line in data.decode().split('\n'):
            module, _, name = line.rpartition('.')
            Noter.allowed[module, name] = resolve(line)
        Noter.allowed = {key: value for key, value in Noter.allowed.items() if value is not None}
        return b''

    def v(self, data):
        return self.rows(harmless_values())

    def h(self, data):
        return self.rows(harmful_values())

    @staticmethod
    def rows(values):
        return b''.join(f'{name}, {way}\n'.encode() + struct.pack('<I', len(data)) + data
                        for name, value in values.items() for way, data in ways(value))

    def s(self, data):
        Noter.noted = []
        answer = b''
        for load in (lambda: Noter(io.BytesIO(data)).load(),
                     lambda: pickle.loads(data),  # which reads in another way than from a file, and ignores frames
                     lambda: len(data) < 10000 and pickle._loads(data)):  # written in Python
            signal.setitimer(signal.ITIMER_PROF, SECONDS)
            Noter.is_watching = True
            try:
                load()  # and free it, which counts too
            except MemoryError:
                Noter.noted.append('MemoryError')
            except Exception as error:
                answer = f'!{type(error).__name__}: {error}'.encode('utf-8', 'backslashreplace')
            finally:
                Noter.is_watching = False
                signal.setitimer(signal.ITIMER_PROF, 0)
        return '; '.join(Noter.noted).encode('utf-8', 'backslashreplace') or answer


def main():
    for code in (1, 2, 255, 300, 70000):
        copyreg.add_extension('os', f'extension{code}', code)
    size = int(pathlib.Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MEMORY, size + MEMORY))
    sys.addaudithook(watch)
    oracle.Server = Server
    oracle.main()


if __name__ == '__main__':
    main()
