// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLEALLOWLIST_H
#define PYVENT_PICKLEALLOWLIST_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearraylist.h>
#include <QtCore/qlist.h>

namespace Pyvent::Internal {

// With which arguments a class or function may be called by a pickle (REDUCE). All but the first three say: with those that
// Python's own pickles have.
enum class PickleCall : quint8 {
    Unchecked, // with any, and whatever else a pickle can do: a name that a user put on the list
    Never,     // it is only named, as an argument or a value
    Any,       // with any values; nothing else is done to the object
    Nothing,
    Encode,
    EmptyBytes,
    ByteArray,
    SetOfList,
    Complex,
    Range,
    Slice,
    OrderedDict,
    DefaultDict,
    Deque,
    Counter,
    DateTime,
    Date,
    Time,
    TimeDelta,
    TimeZone,
    Decimal,
    Fraction,
    Path,
    Address,
    Reconstructor,
    ArrayReconstruct,
    ArrayScalar,
    ArrayFromBuffer,
    ArrayType,
};

// A class or function that a pickle may name.
struct PickleAllowed
{
    enum Ability : quint8 {
        MadeByNew = 1,     // NEWOBJ without arguments
        TakesItems = 2,    // APPEND, APPENDS
        TakesPairs = 4,    // SETITEM, SETITEMS
        TakesDict = 8,     // BUILD with a dict
        TakesTuple = 16,   // BUILD with the tuple that Python's own pickles have
        Factory = 32,      // a defaultdict calls it, without arguments
        EndsRecursive = 64 // CPython frees one within another by recursion
    };

    QByteArray module;
    QByteArray name;
    PickleCall call = PickleCall::Unchecked;
    quint8 abilities = 0;

    bool can(Ability ability) const { return abilities & ability; }
};

// The classes and functions that a pickle may name before it counts as harmless. picklescannerlist.cpp has the standard ones, and
// what each may be called with.
class PickleAllowList
{
public:
    // Each of \a names is "module.name". One of the standard list has that list's checks of its arguments; any other has none:
    // who lists it vouches for what it does whatever it is called with, and whatever state and items its objects get. A name with
    // dots, such as that of a class within a class, cannot be allowed. What is no such name allows nothing.
    explicit PickleAllowList(const QByteArrayList &names);

    static QByteArrayList standardNames();

    // The index of what has these names in Python 3; -1 where it may not be named.
    int find(QByteArrayView module, QByteArrayView name) const;
    const PickleAllowed &at(int index) const { return m_entries[index]; }

    static constexpr int most = 4095; // names; what is more is not allowed

private:
    static quint32 hash(QByteArrayView module, QByteArrayView name);

    QList<PickleAllowed> m_entries;
    QList<qint16> m_buckets; // indices by hash, -1 where there is none
    QList<qint16> m_next;    // of the same bucket
};

// The standard list.
struct PickleStandardName
{
    const char *module;
    const char *name;
    PickleCall call;
    quint8 abilities = 0;
};
const PickleStandardName *pickleStandardNames(qsizetype *count);

} // namespace Pyvent::Internal

#endif
