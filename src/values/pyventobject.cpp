// SPDX-License-Identifier: MIT
#include "pyventobject.h"

#include "pathtext.h"
#include "pythonrepr.h"
#include "pyventinteger.h"
#include "pyventtuple.h"

#include <QtCore/qdebug.h>

#include <algorithm>
#include <cmath>
#include <optional>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class PyventObjectData : public QSharedData
{
public:
    PyventObject::Kind kind = PyventObject::Global;
    QString module; // of a Global
    QString name;
    PyventObject callable; // of the others
    QVariantList arguments;
    QVariantMap keywords;
    QVariant state;
    PyventObject stateSetter;
    QVariantList listItems;
    PyventDict dictItems;
};

namespace {

template <typename T>
T succeed(bool *ok, T value)
{
    if (ok)
        *ok = true;
    return value;
}

template <typename T>
T refuse(bool *ok)
{
    if (ok)
        *ok = false;
    return {};
}

bool isText(const QVariant &value)
{
    return value.metaType() == QMetaType::fromType<QString>();
}

bool isPlainNumber(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Int:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Double:
    case QMetaType::Bool:
        return true;
    default:
        return value.metaType() == QMetaType::fromType<PyventInteger>();
    }
}

// What copyreg._reconstructor(class, base, state) makes is an object of the class. Protocols 0 and 1 say it
// like this.
std::optional<PyventObject> reconstructedClass(const PyventObject &callable, const QVariantList &arguments)
{
    // Never deleted: the destructors of static objects may send.
    static const auto *const reconstructor = new PyventObject(u"copyreg"_s, u"_reconstructor"_s);
    if (arguments.size() != 3 || callable != *reconstructor
        || arguments[0].metaType() != QMetaType::fromType<PyventObject>())
        return std::nullopt;
    return arguments[0].value<PyventObject>();
}

// What the object is made from: the arguments, without those that only say how.
QVariantList contents(const PyventObject &object)
{
    const QVariantList arguments = object.arguments();
    if (object.kind() != PyventObject::Call || !reconstructedClass(object.callable(), arguments))
        return arguments;
    const bool isNone = arguments[2].metaType() == QMetaType::fromType<std::nullptr_t>();
    return isNone ? QVariantList() : arguments.sliced(2);
}

// What an Enum's member is made from; only the class could tell that it is one, but nothing else looks like
// it.
QVariant onlyArgument(const PyventObject &object)
{
    const bool plain = object.kind() == PyventObject::Call && !object.state().isValid() && object.listItems().isEmpty()
        && object.dictItems().size() == 0;
    const QVariantList arguments = contents(object);
    return plain && arguments.size() == 1 ? arguments.first() : QVariant();
}

bool isPath(const PyventObject &object)
{
    return object.moduleName().startsWith("pathlib"_L1) && object.qualifiedName().endsWith("Path"_L1);
}

bool isOfWindows(const PyventObject &path)
{
    return path.qualifiedName().endsWith("WindowsPath"_L1);
}

QString pathText(const PyventObject &path)
{
    QStringList parts;
    for (const QVariant &part : path.arguments())
        parts.append(part.toString());
    return isOfWindows(path) ? windowsPathText(parts) : posixPathText(parts);
}

// As Python's repr() has it, which writes the paths of Windows with '/'.
QString pathRepr(const PyventObject &path)
{
    return isOfWindows(path) ? pathText(path).replace(u'\\', u'/') : pathText(path);
}

bool isIdentifier(const QString &text)
{
    const auto isPart = [](QChar c) { return c.isLetterOrNumber() || c == u'_' || c.isSurrogate(); };
    return !text.isEmpty() && !text.front().isDigit() && std::all_of(text.begin(), text.end(), isPart);
}

// The class of an Enum's member that getattr(class, name) gets. Not said of the nested classes of protocols below 4: the
// reader makes a class of these.
std::optional<PyventObject> classOfMember(const PyventObject &callable, const QVariantList &arguments)
{
    static const PyventObject getter(u"builtins"_s, u"getattr"_s);
    if (arguments.size() != 2 || arguments[0].metaType() != QMetaType::fromType<PyventObject>() || !isText(arguments[1])
        || !isIdentifier(arguments[1].toString()) || callable != getter)
        return std::nullopt;
    const auto owner = arguments[0].value<PyventObject>();
    return owner.kind() == PyventObject::Global && !owner.isNull() ? std::optional(owner) : std::nullopt;
}

// The class or function itself.
PyventObject makerOf(const PyventObject &object)
{
    PyventObject maker = object;
    while (maker.kind() != PyventObject::Global) {
        const PyventObject callable = maker.callable();
        const QVariantList arguments = maker.arguments();
        const std::optional<PyventObject> type =
            maker.kind() == PyventObject::Call ? classOfMember(callable, arguments) : std::nullopt;
        maker = type ? *type : reconstructedClass(callable, arguments).value_or(callable);
    }
    return maker;
}

} // namespace

PyventObject::PyventObject() = default;
PyventObject::PyventObject(const PyventObject &other) = default;
PyventObject::PyventObject(PyventObject &&other) noexcept = default;
PyventObject &PyventObject::operator=(const PyventObject &other) = default;
PyventObject &PyventObject::operator=(PyventObject &&other) noexcept = default;
PyventObject::~PyventObject() = default;

PyventObject::PyventObject(const QString &module, const QString &qualifiedName)
    : d(new PyventObjectData)
{
    d->module = module;
    d->name = qualifiedName;
}

PyventObject PyventObject::call(const PyventObject &callable, const QVariantList &arguments)
{
    PyventObject object;
    if (callable.isNull())
        return object;
    object.d = new PyventObjectData;
    object.d->kind = Call;
    object.d->callable = callable;
    object.d->arguments = arguments;
    return object;
}

PyventObject PyventObject::create(const PyventObject &type, const QVariantList &arguments,
                                  const QVariantMap &keywordArguments)
{
    PyventObject object = call(type, arguments);
    if (!object.isNull()) {
        object.d->kind = New;
        object.d->keywords = keywordArguments;
    }
    return object;
}

bool PyventObject::isNull() const
{
    return !d;
}
PyventObject::Kind PyventObject::kind() const
{
    return d ? d->kind : Global;
}
PyventObject PyventObject::callable() const
{
    return d ? d->callable : PyventObject();
}
QVariantList PyventObject::arguments() const
{
    return d ? d->arguments : QVariantList();
}
QVariantMap PyventObject::keywordArguments() const
{
    return d ? d->keywords : QVariantMap();
}
QVariant PyventObject::state() const
{
    return d ? d->state : QVariant();
}
PyventObject PyventObject::stateSetter() const
{
    return d ? d->stateSetter : PyventObject();
}
QVariantList PyventObject::listItems() const
{
    return d ? d->listItems : QVariantList();
}
PyventDict PyventObject::dictItems() const
{
    return d ? d->dictItems : PyventDict();
}

QString PyventObject::moduleName() const
{
    const PyventObject maker = makerOf(*this);
    return maker.isNull() ? QString() : maker.d->module;
}

QString PyventObject::qualifiedName() const
{
    const PyventObject maker = makerOf(*this);
    return maker.isNull() ? QString() : maker.d->name;
}

QString PyventObject::memberName() const
{
    if (kind() != Call || !classOfMember(d->callable, d->arguments))
        return QString();
    return d->arguments[1].toString();
}

bool PyventObject::isA(QLatin1String moduleName, QLatin1String qualifiedName) const
{
    return this->moduleName() == moduleName && this->qualifiedName() == qualifiedName;
}

void PyventObject::setState(const QVariant &state)
{
    if (!isNull())
        d->state = state;
}

void PyventObject::setStateSetter(const PyventObject &setter)
{
    if (!isNull())
        d->stateSetter = setter;
}

void PyventObject::setListItems(const QVariantList &items)
{
    if (!isNull())
        d->listItems = items;
}

void PyventObject::setDictItems(const PyventDict &items)
{
    if (!isNull())
        d->dictItems = items;
}

QString PyventObject::toText(bool *ok) const
{
    if (kind() != Global && memberName().isEmpty() && isPath(*this))
        return succeed(ok, pathText(*this));
    const QVariant value = onlyArgument(*this);
    return isText(value) ? succeed(ok, value.toString()) : refuse<QString>(ok);
}

double PyventObject::toDouble(bool *ok) const
{
    if (isA("fractions"_L1, "Fraction"_L1)) {
        const QVariantList parts = arguments();
        if (parts.size() == 2 && isPlainNumber(parts[0]) && isPlainNumber(parts[1]) && parts[1].toDouble() != 0)
            return succeed(ok, parts[0].toDouble() / parts[1].toDouble());
    }
    const QVariant value = onlyArgument(*this);
    bool valid = false;
    double number = 0;
    if (isPlainNumber(value) || isText(value))
        number = value.toDouble(&valid);
    return valid ? succeed(ok, number) : refuse<double>(ok);
}

qlonglong PyventObject::toLongLong(bool *ok) const
{
    const QVariant value = onlyArgument(*this);
    bool valid = false;
    qlonglong number = 0;
    if (isPlainNumber(value) || isText(value))
        number = value.toLongLong(&valid);
    if (valid)
        return succeed(ok, number);
    const double real = toDouble(&valid);
    constexpr double limit = 9007199254740992; // whole doubles are exact up to here
    if (valid && std::trunc(real) == real && std::abs(real) <= limit)
        return succeed(ok, qlonglong(real));
    return refuse<qlonglong>(ok);
}

int PyventObject::toInt(bool *ok) const
{
    bool valid = false;
    const qlonglong number = toLongLong(&valid);
    return valid && number == int(number) ? succeed(ok, int(number)) : refuse<int>(ok);
}

std::complex<double> PyventObject::toComplex(bool *ok) const
{
    const QVariantList parts = arguments();
    if (!isA("builtins"_L1, "complex"_L1) || kind() != Call || parts.size() != 2 || !memberName().isEmpty())
        return refuse<std::complex<double>>(ok);
    return succeed(ok, std::complex<double>(parts[0].toDouble(), parts[1].toDouble()));
}

QVariantList PyventObject::toList(bool *ok) const
{
    if (kind() == Global || !memberName().isEmpty())
        return refuse<QVariantList>(ok);
    if (!d->listItems.isEmpty())
        return succeed(ok, d->listItems);
    const bool bare = !d->state.isValid() && d->dictItems.size() == 0;
    if (isA("collections"_L1, "deque"_L1) && bare) {
        // deque(iterable, maxlen): empty here, because items would have been appended
        return succeed(ok, QVariantList());
    }
    if (isA("builtins"_L1, "complex"_L1) && d->arguments.size() == 2)
        return succeed(ok, d->arguments);
    if (const QVariant base = onlyArgument(*this);
        d->kind == Call && base.canConvert<QVariantList>() && reconstructedClass(d->callable, d->arguments))
        return succeed(ok, base.toList());
    const bool namedTuple = d->kind == New && !d->arguments.isEmpty() && d->keywords.isEmpty();
    return namedTuple && bare ? succeed(ok, d->arguments) : refuse<QVariantList>(ok);
}

QVariantMap PyventObject::toMap(bool *ok) const
{
    if (kind() == Global || !memberName().isEmpty())
        return refuse<QVariantMap>(ok);
    if (d->dictItems.size())
        return succeed(ok, d->dictItems.toMap());
    const bool dict = moduleName() == "collections"_L1
        && (qualifiedName() == "OrderedDict"_L1 || qualifiedName() == "defaultdict"_L1);
    if (dict)
        return succeed(ok, QVariantMap());
    QVariant state = d->state;
    if (state.metaType() == QMetaType::fromType<PyventTuple>() && state.value<PyventTuple>().size() == 2)
        state = state.value<PyventTuple>().at(1); // (None, {…}): a class with __slots__
    if (state.metaType() == QMetaType::fromType<QVariantMap>())
        return succeed(ok, state.toMap());
    return refuse<QVariantMap>(ok);
}

QByteArray PyventObject::toByteArray(bool *ok) const
{
    const QVariant value = onlyArgument(*this);
    const bool bytes = isA("builtins"_L1, "bytearray"_L1) && value.metaType() == QMetaType::fromType<QByteArray>();
    return bytes ? succeed(ok, value.toByteArray()) : refuse<QByteArray>(ok);
}

QString PyventObject::toString() const
{
    if (isNull())
        return u"<null>"_s;
    const QString module = moduleName();
    QString name = module == "builtins"_L1 ? qualifiedName() : module + u'.' + qualifiedName();
    if (d->kind == Global)
        return u"<%1>"_s.arg(name);
    if (const QString member = memberName(); !member.isEmpty())
        return name + u'.' + member;
    if (d->callable.kind() != Global)
        name = d->callable.toString();
    QStringList parts;
    for (const QVariant &argument : isPath(*this) ? QVariantList{pathRepr(*this)} : contents(*this))
        parts += pythonRepr(argument);
    for (auto it = d->keywords.cbegin(); it != d->keywords.cend(); ++it)
        parts += it.key() + u'=' + pythonRepr(it.value());
    if (!d->listItems.isEmpty())
        parts += u'[' + pythonReprItems(d->listItems) + u']';
    if (d->dictItems.size())
        parts += d->dictItems.toString();
    if (d->state.metaType() == QMetaType::fromType<QVariantMap>()) {
        const QVariantMap map = d->state.toMap();
        for (auto it = map.cbegin(); it != map.cend(); ++it)
            parts += it.key() + u'=' + pythonRepr(it.value());
    } else if (d->state.isValid()) {
        parts += "state="_L1 + pythonRepr(d->state);
    }
    return name + u'(' + parts.join(", "_L1) + u')';
}

QString PyventObject::pythonType() const
{
    if (kind() == Global)
        return u"type"_s;
    const QString name = qualifiedName();
    return name.sliced(name.lastIndexOf(u'.') + 1);
}

bool operator==(const PyventObject &left, const PyventObject &right)
{
    if (left.d == right.d)
        return true;
    if (!left.d || !right.d)
        return false;
    const PyventObjectData &a = *left.d;
    const PyventObjectData &b = *right.d;
    return a.kind == b.kind && a.module == b.module && a.name == b.name && a.callable == b.callable
        && a.arguments == b.arguments && a.keywords == b.keywords && a.state == b.state
        && a.stateSetter == b.stateSetter && a.listItems == b.listItems && a.dictItems == b.dictItems;
}

QDebug operator<<(QDebug debug, const PyventObject &value)
{
    const QDebugStateSaver saver(debug);
    return debug.noquote() << value.toString();
}
