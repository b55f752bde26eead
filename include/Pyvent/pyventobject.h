// SPDX-License-Identifier: MIT
#ifndef PYVENTOBJECT_H
#define PYVENTOBJECT_H

#include "pyventdict.h"

#include <QtCore/qshareddata.h>

#include <complex>

class PyventObjectData;

/*!
    A Python object without a closer class here. It keeps Python's description for pickling, and never runs it:
   the class or function that makes the object, the arguments, the state and the items. It prints, compares,
   and is sent back so that Python builds an equal object. Follows object.__reduce_ex__ in the documentation
   of the pickle module.

    Decimal, Fraction, complex, bytearray, Path, Enum, OrderedDict, defaultdict, deque, named tuples, data
   classes and the sender's own classes arrive like this, and so does a bare class or function. It converts
   through QVariant to the types that its kind allows: see the to…() functions.
*/
class PYVENT_EXPORT PyventObject
{
public:
    enum Kind {
        Global, //!< a class or function itself: module and name
        Call,   //!< callable(*arguments)
        New,    //!< callable.__new__(callable, *arguments, **keywordArguments), without __init__
    };

    /*! The null object, which cannot be sent. */
    PyventObject();
    /*! The class or function \a qualifiedName of \a module. */
    PyventObject(const QString &module, const QString &qualifiedName);
    PyventObject(const PyventObject &other);
    PyventObject(PyventObject &&other) noexcept;
    PyventObject &operator=(const PyventObject &other);
    PyventObject &operator=(PyventObject &&other) noexcept;
    ~PyventObject();

    /*! The object that \a callable returns for \a arguments. */
    static PyventObject call(const PyventObject &callable, const QVariantList &arguments);
    /*! A new instance of the class \a type that has not been initialised. */
    static PyventObject create(const PyventObject &type, const QVariantList &arguments = {},
                               const QVariantMap &keywordArguments = {});

    bool isNull() const;
    Kind kind() const;
    /*! Of the class or function that makes this object; of a member of an Enum, of its class. */
    QString moduleName() const;
    QString qualifiedName() const;
    /*! The name of an Enum's member where Python sent it by its name, as some releases of Python 3.11 do, that of Debian 12
        (3.11.2) among them: "LARGE" of Size.LARGE. The event then holds neither its number nor its text. Empty for all
        else: other releases send a member's value, and not its name. */
    QString memberName() const;
    /*! Whether it is made by, or is, this class or function. */
    bool isA(QLatin1String moduleName, QLatin1String qualifiedName) const;

    /*! The class or function that makes this object; null for a \l Global. */
    PyventObject callable() const;
    QVariantList arguments() const;
    QVariantMap keywordArguments() const;

    /*! The state that Python gives to __setstate__ or puts into __dict__; invalid if there is none. */
    QVariant state() const;
    void setState(const QVariant &state);
    /*! The function that puts the state in, called with object and state; null for the usual way. */
    PyventObject stateSetter() const;
    void setStateSetter(const PyventObject &setter);
    /*! The items that Python appends after creation. */
    QVariantList listItems() const;
    void setListItems(const QVariantList &items);
    /*! The items that Python assigns by key after creation. */
    PyventDict dictItems() const;
    void setDictItems(const PyventDict &items);

    /*! Decimal, Path, and an Enum of strings, if it was sent by its value: see memberName(). */
    QString toText(bool *ok = nullptr) const;
    /*! Decimal, Fraction, and an Enum of numbers, if it was sent by its value: see memberName(). */
    double toDouble(bool *ok = nullptr) const;
    /*! A whole Decimal or Fraction, and an Enum of ints, if it was sent by its value: see memberName(). */
    qlonglong toLongLong(bool *ok = nullptr) const;
    int toInt(bool *ok = nullptr) const;
    /*! complex. */
    std::complex<double> toComplex(bool *ok = nullptr) const;
    /*! deque and other list-like objects, named tuples, range; complex as real and imaginary part. */
    QVariantList toList(bool *ok = nullptr) const;
    /*! OrderedDict, defaultdict and other dict-like objects, data classes and plain instances. */
    QVariantMap toMap(bool *ok = nullptr) const;
    /*! bytearray. */
    QByteArray toByteArray(bool *ok = nullptr) const;

    /*! As near to Python's repr() as can be told without the class: "decimal.Decimal('1.5')". */
    QString toString() const;
    /*! The class's name without its module, "type" for a bare \l Global. */
    QString pythonType() const;

    friend PYVENT_EXPORT bool operator==(const PyventObject &left, const PyventObject &right);
    friend bool operator!=(const PyventObject &left, const PyventObject &right) { return !(left == right); }

private:
    QSharedDataPointer<PyventObjectData> d;
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventObject &value);

Q_DECLARE_TYPEINFO(PyventObject, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventObject)

#endif
