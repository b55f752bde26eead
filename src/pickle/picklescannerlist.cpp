// SPDX-License-Identifier: MIT
// What the standard list lets a pickle name: what Python's pickles of harmless values name, and those of this library. A class is
// here only if nothing that a pickle can do with it runs code, opens a file, imports beyond its own module, takes memory or time
// that the pickle's size does not account for, or writes where it should not.
#include "pickleallowlist.h"

#include <iterator>

namespace Pyvent::Internal {

namespace {

using Call = PickleCall;
using Allowed = PickleAllowed;

constexpr PickleStandardName standardPickleNames[] = {
    // Only named, for the most part as a defaultdict's factory, which is called without arguments, if ever. Calls with
    // arguments would take memory (bytes(10 ** 11)) or time (int of a million digits).
    {"builtins", "bool", Call::Never, Allowed::Factory},
    {"builtins", "dict", Call::Never, Allowed::Factory},
    {"builtins", "float", Call::Never, Allowed::Factory},
    {"builtins", "int", Call::Never, Allowed::Factory},
    {"builtins", "list", Call::Never, Allowed::Factory},
    {"builtins", "str", Call::Never, Allowed::Factory},
    {"builtins", "tuple", Call::Never, Allowed::Factory},
    {"builtins", "Ellipsis", Call::Never},
    {"builtins", "NotImplemented", Call::Never},
    // Copies of what the pickle has. Their arguments must not come from the memo, or a long one could be copied by every few
    // bytes; nor may bytearray() get a number, which would be its size.
    {"builtins", "bytes", Call::EmptyBytes, Allowed::Factory},
    {"builtins", "bytearray", Call::ByteArray, Allowed::Factory},
    {"builtins", "set", Call::SetOfList, Allowed::Factory},
    {"builtins", "frozenset", Call::SetOfList, Allowed::Factory},
    // bytes in protocols 0 to 2. With "latin1" only: other names import modules, and there are codecs that unzip.
    {"_codecs", "encode", Call::Encode},
    // Numbers only: given objects, these would call their methods.
    {"builtins", "complex", Call::Complex, Allowed::Factory},
    {"builtins", "range", Call::Range},
    {"builtins", "slice", Call::Slice},
    // It has no attributes and no state.
    {"builtins", "object", Call::Nothing, Allowed::MadeByNew | Allowed::Factory},
    // An exception that nobody raises keeps its arguments. Its state would set any attribute, so it gets none.
    {"builtins", "ArithmeticError", Call::Any},
    {"builtins", "AssertionError", Call::Any},
    {"builtins", "AttributeError", Call::Any},
    {"builtins", "BrokenPipeError", Call::Any},
    {"builtins", "ConnectionAbortedError", Call::Any},
    {"builtins", "ConnectionError", Call::Any},
    {"builtins", "ConnectionRefusedError", Call::Any},
    {"builtins", "ConnectionResetError", Call::Any},
    {"builtins", "EOFError", Call::Any},
    {"builtins", "Exception", Call::Any},
    {"builtins", "FileExistsError", Call::Any},
    {"builtins", "FileNotFoundError", Call::Any},
    {"builtins", "IndexError", Call::Any},
    {"builtins", "InterruptedError", Call::Any},
    {"builtins", "IsADirectoryError", Call::Any},
    {"builtins", "KeyError", Call::Any},
    {"builtins", "LookupError", Call::Any},
    {"builtins", "MemoryError", Call::Any},
    {"builtins", "NotADirectoryError", Call::Any},
    {"builtins", "NotImplementedError", Call::Any},
    {"builtins", "OSError", Call::Any},
    {"builtins", "OverflowError", Call::Any},
    {"builtins", "PermissionError", Call::Any},
    {"builtins", "RecursionError", Call::Any},
    {"builtins", "RuntimeError", Call::Any},
    {"builtins", "TimeoutError", Call::Any},
    {"builtins", "TypeError", Call::Any},
    {"builtins", "ValueError", Call::Any},
    {"builtins", "ZeroDivisionError", Call::Any},
    // Containers, filled by their own C methods. A defaultdict's factory must be on the list too. CPython frees nested deques and
    // defaultdicts by recursion, and crashes of a hundred thousand: a pickle has fewer.
    {"collections", "Counter", Call::Counter, Allowed::TakesPairs | Allowed::Factory},
    {"collections", "OrderedDict", Call::OrderedDict, Allowed::TakesPairs | Allowed::Factory},
    {"collections", "defaultdict", Call::DefaultDict, Allowed::TakesPairs | Allowed::EndsRecursive},
    {"collections", "deque", Call::Deque, Allowed::TakesItems | Allowed::Factory | Allowed::EndsRecursive},
    // The first argument is the value's bytes, or three ints; a tzinfo is a timezone.
    {"datetime", "datetime", Call::DateTime},
    {"datetime", "date", Call::Date},
    {"datetime", "time", Call::Time},
    {"datetime", "timedelta", Call::TimeDelta},
    {"datetime", "timezone", Call::TimeZone},
    // Decimal("1e999999999") is small. Fraction("1e999999999") would compute a power of ten: digits and "/" only.
    {"decimal", "Decimal", Call::Decimal},
    {"fractions", "Fraction", Call::Fraction},
    // Its __setstate__() takes two ints out of the dict; before Python 3.7 the dict becomes its attributes.
    {"uuid", "UUID", Call::Never, Allowed::MadeByNew | Allowed::TakesDict},
    // How protocols 0 and 1 make a UUID or an object: of these classes only, with object as the base.
    {"copyreg", "_reconstructor", Call::Reconstructor},
    // Made of texts, which nobody opens.
    {"pathlib", "PosixPath", Call::Path},
    {"pathlib", "PurePosixPath", Call::Path},
    {"pathlib", "PureWindowsPath", Call::Path},
    {"pathlib", "WindowsPath", Call::Path},
    {"pathlib._local", "PosixPath", Call::Path}, // Python 3.13
    {"pathlib._local", "PurePosixPath", Call::Path},
    {"pathlib._local", "PureWindowsPath", Call::Path},
    {"pathlib._local", "WindowsPath", Call::Path},
    {"ipaddress", "IPv4Address", Call::Address},
    {"ipaddress", "IPv4Interface", Call::Address},
    {"ipaddress", "IPv4Network", Call::Address},
    {"ipaddress", "IPv6Address", Call::Address},
    {"ipaddress", "IPv6Interface", Call::Address},
    {"ipaddress", "IPv6Network", Call::Address},
    // Arrays of numbers, texts and dates. An array of objects would take bytes for pointers, and a type's state could say that it
    // has some: types and states are compared with what numpy writes for those. _reconstruct() makes an array of no items.
    {"numpy", "ndarray", Call::Never, Allowed::TakesTuple},
    {"numpy", "dtype", Call::ArrayType, Allowed::TakesTuple},
    {"numpy.core.multiarray", "_reconstruct", Call::ArrayReconstruct, Allowed::TakesTuple},
    {"numpy.core.multiarray", "scalar", Call::ArrayScalar},
    {"numpy.core.numeric", "_frombuffer", Call::ArrayFromBuffer},
    {"numpy._core.multiarray", "_reconstruct", Call::ArrayReconstruct, Allowed::TakesTuple},
    {"numpy._core.multiarray", "scalar", Call::ArrayScalar},
    {"numpy._core.numeric", "_frombuffer", Call::ArrayFromBuffer},
};

} // namespace

const PickleStandardName *pickleStandardNames(qsizetype *count)
{
    *count = qsizetype(std::size(standardPickleNames));
    return standardPickleNames;
}

} // namespace Pyvent::Internal
