// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SAMPLEVALUES_H
#define PYVENT_TESTS_SAMPLEVALUES_H

#include "pyventbinding.h"

#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "pyventobject.h"

// Values as they arrive from Python, for the tests of what becomes of them.
namespace PyventTests {

using namespace Qt::StringLiterals;

// What Debian 12's Python sends for Size.LARGE, and other releases.
inline PyventObject memberByName(const QString &type, const QString &name)
{
    const PyventObject getter(u"builtins"_s, u"getattr"_s);
    return PyventObject::call(getter, {QVariant::fromValue(PyventObject(u"till"_s, type)), name});
}

inline PyventObject memberByValue(const QString &type, const QVariant &value)
{
    return PyventObject::call(PyventObject(u"till"_s, type), {value});
}

inline PyventObject combined(const PyventObject &left, const PyventObject &right)
{
    return PyventObject::call(PyventObject(u"_operator"_s, u"or_"_s),
                              {QVariant::fromValue(left), QVariant::fromValue(right)});
}

inline PyventObject deque(const QVariantList &items)
{
    PyventObject object = PyventObject::call(PyventObject(u"collections"_s, u"deque"_s), {});
    object.setListItems(items);
    return object;
}

inline PyventObject counter(const QList<PyventDict::Pair> &pairs)
{
    PyventObject object = PyventObject::call(PyventObject(u"collections"_s, u"OrderedDict"_s), {});
    object.setDictItems(PyventDict(pairs));
    return object;
}

inline PyventObject dataClass(const QVariantMap &state)
{
    PyventObject object = PyventObject::create(PyventObject(u"till"_s, u"Point"_s));
    object.setState(state);
    return object;
}

template <typename T>
QVariant any(const T &value)
{
    return QVariant::fromValue(value);
}

inline QVariant tuple(const QVariantList &items)
{
    return any(PyventTuple(items));
}

inline PyventEvent eventWith(const QVariantMap &args)
{
    PyventEvent result;
    result.name = u"plot"_s;
    result.sender = u"pyvent"_s;
    result.args = args;
    return result;
}

// As another process would hear it.
inline QVariantMap sent(const QVariantMap &args, QString *error)
{
    QByteArray pickle;
    Pyvent::Internal::PickleError wrong;
    if (!Pyvent::Internal::writeArguments(args, QString(), &pickle, &wrong)) {
        *error = wrong.text;
        return {};
    }
    Pyvent::Internal::PickleReader reader;
    if (!reader.read(pickle)) {
        *error = reader.error().text;
        return {};
    }
    return reader.toVariant().toMap();
}

} // namespace PyventTests

#endif
