# SPDX-License-Identifier: MIT
"""The other side of tst_pickleoracle: CPython's own pickle, asked over pipes.

A message is its length in four bytes, lowest first, and as many bytes. The first byte of a request says what is wanted:
  g<seed> <index>   make the random value of this seed and index; the answer holds it pickled in many ways, each with its
                    length in four bytes before it
  c<n><pickle>      is this the value that the n-th pickle of the last "g" holds? Empty if so, else what differs
  r<p><pickle>      load it, and pickle it again in the protocol that the byte <p> says: "=" and the pickle, or "!" and why
  d<n><pickle><pickle>  what differs between two pickles, the first of which has n bytes, in four bytes as above
  e<pickle>         load it; the answer is its repr() in UTF-8
"""
import collections
import dataclasses
import datetime
import decimal
import enum
import fractions
import math
import pathlib
import pickle
import pickletools
import random
import re
import struct
import sys
import uuid
import zoneinfo

try:
    import numpy
except ImportError:  # the values that need it are left out then
    numpy = None


class Colour(enum.Enum):
    RED = 'r'
    BLUE = 'b'


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Right(enum.IntFlag):
    READ = 1
    WRITE = 2


Point = collections.namedtuple('Point', 'x y')


@dataclasses.dataclass
class Order:
    food: str = 'sushi'
    count: object = 1


class Plain:
    def __eq__(self, other):
        return type(self) is type(other) and same(vars(self), vars(other))

    __hash__ = object.__hash__

    class Inner(enum.Enum):
        ONE = 1


class Slotted:
    __slots__ = ('a', 'b')

    def __init__(self, a=1, b=2):
        self.a, self.b = a, b


class Keyword:
    def __new__(cls, *, size):
        self = super().__new__(cls)
        self.size = size
        return self

    def __getnewargs_ex__(self):
        return (), {'size': self.size}


class WithSetter:
    def __init__(self, value=0):
        self.value = value

    def __reduce__(self):
        return WithSetter, (), {'value': self.value}, None, None, set_state


def set_state(target, state):
    target.value = state['value']


class MyList(list):
    pass


class MyDict(dict):
    pass


class MyInt(int):
    pass


class MyStr(str):
    pass


class MySet(set):
    pass


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)

    def text(self):
        pick = self.random.choice
        alphabets = ('abc xyz_-\'"\\\n\r\t\0', 'äöüß€éñ\x85\xa0', 'すし日本語', '😀🍣𝄞', '\ud800\udfff', '\\u\\U\\x\n')
        alphabet = pick(alphabets) + pick(alphabets)
        length = pick((0, 1, 2, 5, 20, 84, 85, 86, 127, 128, 255, 256, 300))
        text = ''.join(self.random.choices(alphabet, k=length))
        return re.sub('\ud800+\udfff', '', text)  # which is one character in UTF-16

    def binary(self):
        return self.random.randbytes(self.random.choice((0, 1, 3, 20, 255, 256, 700)))

    def integer(self):
        power = self.random.choice((0, 7, 8, 15, 16, 31, 32, 63, 64, 65, 127, 128, 255, 1000, 2040, 2048, 5000))
        value = (1 << power) + self.random.choice((-1, 0, 1, self.random.getrandbits(power + 1)))
        return self.random.choice((value, -value, self.random.randint(-300, 300)))

    def real(self):
        pick = self.random.choice
        return pick((0.0, -0.0, math.inf, -math.inf, math.nan, 5e-324, 1.7976931348623157e308, self.random.random(),
                     self.random.gauss(0, 1e10), float(self.random.randint(-5, 5))))

    def delta(self):
        whole = datetime.timedelta(self.random.randint(-999999999, 999999998), self.random.randint(0, 86399),
                                   self.random.randint(0, 999999))
        return self.random.choice((whole, datetime.timedelta(microseconds=self.random.randint(-10**9, 10**9)),
                                   datetime.timedelta.min, datetime.timedelta.max, datetime.timedelta()))

    def zone(self):
        offset = datetime.timedelta(seconds=self.random.randint(-86399, 86399))
        return self.random.choice((None, datetime.timezone.utc, datetime.timezone(offset),
                                   datetime.timezone(datetime.timedelta(hours=2)),
                                   datetime.timezone(datetime.timedelta(hours=1), 'CET'),
                                   zoneinfo.ZoneInfo('Europe/Berlin')))

    def date(self):
        return datetime.date.fromordinal(self.random.choice((1, 3652059, self.random.randint(1, 3652059))))

    def time(self):
        parts = [self.random.randrange(n) for n in (24, 60, 60, 1000000)]
        return datetime.time(*parts, tzinfo=self.zone(), fold=self.random.randrange(2))

    def moment(self):
        return datetime.datetime.combine(self.date(), self.time())

    def decimal(self):
        return self.random.choice((decimal.Decimal(self.integer()) / 7, decimal.Decimal('NaN'), decimal.Decimal('-0'),
                                   decimal.Decimal('sNaN12'), decimal.Decimal('Infinity'), decimal.Decimal('1E+30')))

    def fraction(self):
        return fractions.Fraction(self.random.randint(-10**20, 10**20), self.random.randint(1, 10**6))

    def array(self):
        if numpy is None:
            return None
        pick = self.random.choice
        dtype = pick(('?', 'i1', 'u1', '<i2', '>i2', '<u4', '<i8', '>i8', '<f2', '<f4', '<f8', '>f8', '<c8', '<c16', '<U3',
                      'S4', 'M8[us]', 'm8[s]', 'O', 'i4,f8'))
        shape = pick(((), (0,), (3,), (2, 3), (1, 2, 2), (0, 4)))
        result = numpy.zeros(shape, dtype, order=pick('CF'))
        if dtype == 'O':
            result.fill('food')
        elif dtype != 'i4,f8' and dtype[0] not in 'Mm':
            count = result.size * result.dtype.itemsize
            if dtype in ('<U3',):
                result.fill('aé')
            else:
                raw = bytes(self.random.choice((0, 1)) for _ in range(count))
                result = numpy.frombuffer(raw, dtype).reshape(shape, order=pick('CF')).copy(order='K')
        if result.ndim > 1 and pick((True, False)):
            result = result.T
        if pick((True, False)) and result.size:
            return result.flat[0]
        return result

    def other(self):
        number = self.random.randint(0, 9)
        return self.random.choice((
            range(number), Ellipsis, NotImplemented, int, dict, Colour, len, type(None), collections.OrderedDict,
            Colour.RED, Level.HIGH, Right.READ | Right.WRITE, Plain.Inner.ONE, ValueError('x', number), KeyError(),
            OSError(2, 'no'), pathlib.PurePosixPath('/a/b'), pathlib.PurePosixPath('c'), pathlib.PurePosixPath(),
            pathlib.PureWindowsPath('C:\\d'), pathlib.Path('/tmp/x'), uuid.UUID(int=self.random.getrandbits(128)),
            uuid.UUID(int=0), uuid.UUID(int=1), uuid.UUID(int=2**64 - 1), uuid.UUID(int=2**128 - 1), uuid.uuid1(),
            complex(self.real(), self.real()), bytearray(self.binary()), MyInt(number), MyStr(self.text()),
            collections.Counter('sushi'), Keyword(size=number), datetime.timezone.utc, zoneinfo.ZoneInfo('UTC'),
            slice(1, None, 2) if sys.version_info >= (3, 12) else None, object()))

    def key(self, depth):
        kind = self.random.randrange(10)
        if kind < 6:
            return self.text()
        if kind == 9 and depth > 0:
            return tuple(self.key(depth - 1) for _ in range(self.random.randrange(3)))
        return self.random.choice((None, True, self.random.randint(-5, 5), 2**70, 1.5, b'k', self.date(), frozenset({1}),
                                   Level.LOW, uuid.UUID(int=7), decimal.Decimal('2.5')))

    def items(self, depth):
        return [self.value(depth - 1) for _ in range(self.random.choice((0, 1, 2, 3, 4, 7)))]

    def pairs(self, depth):
        keys = {self.key(depth - 1) for _ in range(self.random.choice((0, 1, 2, 3, 6)))}
        return {key: self.value(depth - 1) for key in keys}

    def container(self, depth):
        items = self.items(depth)
        plain = Plain()
        vars(plain).update((f'a{i}', item) for i, item in enumerate(items))
        keys = {self.key(depth - 1) for _ in range(4)}
        texts = {self.text(): item for item in items}
        shared = [items, tuple(items), items]
        pick = self.random.randrange(21)
        if pick < 5:
            return texts
        return (items, tuple(items), self.pairs(depth), keys, frozenset(keys), collections.OrderedDict(self.pairs(depth)),
                collections.defaultdict(list, self.pairs(depth)), collections.deque(items, self.random.choice((None, 9))),
                Point(self.value(depth - 1), items), Order(self.text(), items), plain, Slotted(items, None), shared,
                MyList(items), MyDict(texts), MySet(keys))[pick - 5]

    def value(self, depth):
        kind = self.random.randrange(16)
        if kind < 5 and depth > 0:
            return self.container(depth)
        leaf = (self.text, self.integer, self.real, self.binary, self.text, self.integer, self.moment, self.date,
                self.time, self.delta, self.decimal, self.fraction, self.array, self.other, self.other,
                lambda: self.random.choice((None, True, False)))
        return self.random.choice(leaf)()


def same(left, right):
    """== that knows types, nan, -0.0, fold and tzinfo."""
    if type(left) is not type(right):
        return False
    if type(left) is float:
        return struct.pack('d', left) == struct.pack('d', right) or left != left and right != right
    if type(left) is complex:
        return same(left.real, right.real) and same(left.imag, right.imag)
    if isinstance(left, (list, tuple, collections.deque)):
        return len(left) == len(right) and all(map(same, left, right)) and same_attributes(left, right)
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left) \
            and (not isinstance(left, collections.OrderedDict) or list(left) == list(right)) \
            and getattr(left, 'default_factory', None) is getattr(right, 'default_factory', None)
    if isinstance(left, (datetime.datetime, datetime.time)):
        return left.replace(tzinfo=None) == right.replace(tzinfo=None) and left.fold == right.fold \
            and repr(left.tzinfo) == repr(right.tzinfo)
    if isinstance(left, decimal.Decimal):
        return str(left) == str(right)
    if isinstance(left, BaseException):
        return same(left.args, right.args) and same_attributes(left, right)
    if isinstance(left, Slotted):
        return same(left.a, right.a) and same(left.b, right.b)
    if isinstance(left, (WithSetter, Keyword, Order)):
        return same_attributes(left, right)
    if type(left) is object:
        return True
    if numpy is not None and isinstance(left, (numpy.ndarray, numpy.generic)):
        return same_array(left, right)
    return left == right


def same_array(left, right):
    """numpy itself turns arrays into the machine's byte order when it loads them from protocols 0 to 4."""
    left, right = (array.astype(array.dtype.newbyteorder('=')) for array in (left, right))
    return left.dtype == right.dtype and left.shape == right.shape and (
        left.tolist() == right.tolist() if left.dtype == object else left.tobytes() == right.tobytes())


def same_attributes(left, right):
    return same(getattr(left, '__dict__', None), getattr(right, '__dict__', None))


def pickles_of(value, choose):
    protocols = range(6)
    try:
        pickle.dumps(value, 0)
    except TypeError:  # slots need protocol 2
        protocols = range(2, 6)
    plain = [pickle.dumps(value, protocol) for protocol in protocols]
    optimised = pickletools.optimize(choose(plain))
    try:
        return plain + [optimised, pickle._dumps(value, choose(protocols))]
    except AssertionError:  # the pickler in Python trips over two temporary objects of one id
        return plain + [optimised]


def difference(original, other):
    original, other = pickle.loads(original), pickle.loads(other)
    if same(original, other):
        return b''
    original, other = innermost(original, other)
    return f'{original!r} came back as {other!r}'.encode('utf-8', 'backslashreplace')


def innermost(left, right):
    """The smallest parts that differ."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        parts = [(left[key], right[key]) for key in left]
    elif isinstance(left, (list, tuple, collections.deque)) and type(left) is type(right):
        parts = list(zip(left, right))
    else:
        parts = [(getattr(left, '__dict__', None), getattr(right, '__dict__', None))]
    for part in parts:
        if not same(*part):
            return innermost(*part)
    return left, right


class Server:
    def __init__(self):
        self.pickles = []

    def g(self, data):
        seed, index = data.decode().split()
        generator = Generator(f'{seed}/{index}')
        value = generator.value(4)
        if index == '0':
            value = [WithSetter([1, 2]), {'again': WithSetter('x')}]
        self.pickles = pickles_of(value, generator.random.choice)
        return b''.join(struct.pack('<I', len(data)) + data for data in self.pickles)

    def c(self, data):
        return difference(self.pickles[data[0]], data[1:])  # older protocols drop some things, such as fold

    def d(self, data):
        size = 4 + struct.unpack_from('<I', data)[0]
        return difference(data[4:size], data[size:])

    def r(self, data):
        return b'=' + pickle.dumps(pickle.loads(data[1:]), data[0])

    def e(self, data):
        return repr(pickle.loads(data)).encode('utf-8', 'backslashreplace')


def main():
    server = Server()
    read, write = sys.stdin.buffer.read, sys.stdout.buffer.write
    while header := read(4):
        request = read(struct.unpack('<I', header)[0])
        try:
            answer = getattr(server, chr(request[0]))(request[1:])
        except Exception as error:  # told to the test, which fails
            answer = f'!{type(error).__name__}: {error}'.encode('utf-8', 'backslashreplace')
        write(struct.pack('<I', len(answer)) + answer)
        sys.stdout.buffer.flush()


if __name__ == '__main__':
    main()
