// SPDX-License-Identifier: MIT
#include "dispatch/slotcallback.h"

#include "values/typeregistry.h"

#include <QtCore/qmetaobject.h>

#include <array>
#include <optional>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using PyventBinding::bindArgument;

namespace {

constexpr int maximumParameters = 10; // what QMetaMethod::invoke() takes

// Moc writes one method for each C++ default argument that may be left out; they are marked as clones.
bool isClone(const QMetaMethod &method)
{
    return method.attributes() & QMetaMethod::Cloned;
}

QString describe(const QMetaObject *type, const QByteArray &slot)
{
    return u"%1 has no slot or invokable method '%2'"_s.arg(QString::fromLatin1(type->className()),
                                                            QString::fromUtf8(slot));
}

// The methods that \a slot may mean, without the clones. A derived class's method hides the base's.
QList<QMetaMethod> candidates(const QMetaObject *type, const QByteArray &slot)
{
    const bool isSignature = slot.contains('(');
    const QByteArray wanted = isSignature ? QMetaObject::normalizedSignature(slot.constData()) : slot;
    QList<QMetaMethod> found;
    for (int i = type->methodCount() - 1; i >= 0; --i) {
        const QMetaMethod method = type->method(i);
        if (isClone(method) || method.methodType() == QMetaMethod::Signal
            || (isSignature ? method.methodSignature() : method.name()) != wanted)
            continue;
        const bool hidden = std::any_of(found.cbegin(), found.cend(), [&](const QMetaMethod &other) {
            return other.methodSignature() == method.methodSignature();
        });
        if (!hidden)
            found.append(method);
    }
    return found;
}

// How many of the method's parameters have no C++ default: the fewest that any of its clones has.
int requiredCount(const QMetaObject *type, const QMetaMethod &method)
{
    int required = method.parameterCount();
    for (int i = method.methodIndex() + 1;
         i < type->methodCount() && isClone(type->method(i)) && type->method(i).name() == method.name(); ++i)
        required = type->method(i).parameterCount();
    return required;
}

bool takesEverything(const QMetaMethod &method)
{
    if (method.parameterCount() != 1)
        return false;
    const QMetaType type = method.parameterMetaType(0);
    return type == QMetaType::fromType<QVariantMap>() || type == QMetaType::fromType<PyventEvent>();
}

// Whether there can be a new object of this type for an argument to be written to.
bool canBeMade(QMetaType type)
{
    void *object = type.create();
    if (object)
        type.destroy(object);
    return object;
}

// Why no argument can be given to parameter \a i; empty if one can. A type that nothing converts to is as good as any where
// C++ has a default.
QString objectionTo(const QMetaMethod &method, int i, bool isRequired)
{
    const QString place =
        u"parameter %1 of the slot %2"_s.arg(QString::number(i + 1), QString::fromLatin1(method.methodSignature()));
    const QMetaType type = method.parameterMetaType(i);
    if (method.parameterNames().at(i).isEmpty())
        return place + u" has no name, so no argument can be given to it"_s;
    if (!type.isValid())
        return place + u" is of a type that is not known to Qt's meta-type system"_s;
    if (!canBeMade(type))
        return place + u" is of a type that cannot be made without a value"_s;
    if (!isRequired || isReadable(type))
        return QString();
    const QString advice = registrationAdvice(type);
    return u"%1 is of the type %2, and no argument converts to it%3"_s.arg(
        place, readableName(type), advice.isEmpty() ? advice : u"; "_s + advice);
}

bool mayBeMissing(QMetaType type)
{
    const PyventBinding::Conversion *conversion = conversionFor(type);
    return conversion && conversion->mayBeMissing();
}

struct Slot
{
    QObject *object;
    QList<QMetaMethod> byCount; // the method that takes this many arguments; invalid where there is none
    PyventParameters parameters;
    bool takesEverything;

    QString operator()(const PyventEvent &event, QVariant *result = nullptr) const;
    bool isArgument(const PyventEvent &event, qsizetype i) const;
    bool isSenderOrSignal(qsizetype i) const;
    QString invoke(const QMetaMethod &method, const std::vector<QVariant> &arguments, QVariant *result) const;
};

bool Slot::isArgument(const PyventEvent &event, qsizetype i) const
{
    return event.args.contains(parameters[i].name());
}

bool Slot::isSenderOrSignal(qsizetype i) const
{
    return parameters[i].name() == "sender"_L1 || parameters[i].name() == "signal"_L1;
}

QString Slot::operator()(const PyventEvent &event, QVariant *result) const
{
    const QMetaMethod &full = byCount.constLast();
    if (takesEverything) {
        const bool wantsMap = full.parameterMetaType(0) == QMetaType::fromType<QVariantMap>();
        return invoke(full, {wantsMap ? QVariant(event.args) : QVariant::fromValue(event)}, result);
    }
    qsizetype count = 0; // C++ can leave out arguments only at the end
    for (qsizetype i = 0; i < parameters.size(); ++i) {
        if (isArgument(event, i))
            count = i + 1;
    }
    while (!byCount[count].isValid() || (count < parameters.size() && isSenderOrSignal(count)))
        ++count;

    std::vector<QVariant> arguments;
    for (qsizetype i = 0; i < count; ++i) {
        if (!isArgument(event, i) && !isSenderOrSignal(i) && byCount[i].isValid()
            && !mayBeMissing(full.parameterMetaType(int(i)))) {
            return u"the argument '%1' is missing; C++ can use its default only if those after it are missing, too"_s
                .arg(parameters[i].name());
        }
        const QMetaType type = full.parameterMetaType(int(i));
        QVariant argument = type == QMetaType::fromType<QVariant>() ? QVariant() : QVariant(type);
        QString why;
        void *storage = type == QMetaType::fromType<QVariant>() ? &argument : argument.data();
        if (!bindArgument(event, parameters[i], type, storage, &why))
            return why;
        arguments.push_back(std::move(argument));
    }
    return invoke(byCount[count], arguments, result);
}

QString Slot::invoke(const QMetaMethod &method, const std::vector<QVariant> &arguments, QVariant *result) const
{
    const QMetaType returned = method.returnMetaType();
    const bool returnsVariant = returned == QMetaType::fromType<QVariant>();
    if (result && !returnsVariant && returned.isValid() && returned.id() != QMetaType::Void)
        *result = QVariant(returned);
    const bool isKept = result && (returnsVariant || result->isValid());
    const QGenericReturnArgument to(isKept ? method.typeName() : nullptr,
                                    isKept ? (returnsVariant ? static_cast<void *>(result) : result->data()) : nullptr);
    std::array<QGenericArgument, maximumParameters> generic;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const QMetaType type = method.parameterMetaType(int(i));
        const bool isVariant = type == QMetaType::fromType<QVariant>();
        generic[i] = QGenericArgument(type.name(),
                                      isVariant ? static_cast<const void *>(&arguments[i]) : arguments[i].constData());
    }
    const bool called = method.invoke(object, Qt::DirectConnection, to, generic[0], generic[1], generic[2], generic[3],
                                      generic[4], generic[5], generic[6], generic[7], generic[8], generic[9]);
    return called ? QString() : u"Qt could not call %1"_s.arg(QString::fromLatin1(method.methodSignature()));
}

} // namespace

static std::optional<Slot> findSlot(QObject *object, QByteArrayView slotName, QString *why)
{
    const QMetaObject *type = object->metaObject();
    const QByteArray slot = slotName.toByteArray();
    const QList<QMetaMethod> methods = candidates(type, slot);
    if (methods.isEmpty()) {
        *why = describe(type, slot);
        return {};
    }
    if (methods.size() > 1) {
        *why = u"%1 has several slots named '%2'; give the signature, '%3'"_s.arg(
            QString::fromLatin1(type->className()), QString::fromUtf8(slot),
            QString::fromLatin1(methods.constFirst().methodSignature()));
        return {};
    }
    const QMetaMethod method = methods.constFirst();
    const QString signature = QString::fromLatin1(method.methodSignature());
    if (method.parameterCount() > maximumParameters) {
        *why = u"the slot %1 has more than %2 parameters"_s.arg(signature).arg(maximumParameters);
        return {};
    }
    Slot result{object, {}, {}, takesEverything(method)};
    const QByteArrayList names = method.parameterNames();
    const int required = requiredCount(type, method);
    for (int i = 0; i < method.parameterCount() && !result.takesEverything; ++i) {
        *why = objectionTo(method, i, i < required);
        if (!why->isEmpty())
            return {};
        result.parameters.append(PyventParameter(QString::fromUtf8(names[i])));
    }
    result.byCount.resize(method.parameterCount() + 1);
    for (int count = required; count <= method.parameterCount(); ++count)
        result.byCount[count] = type->method(method.methodIndex() + method.parameterCount() - count);
    return result;
}

PyventBinding::Callback slotCallback(QObject *object, QByteArrayView slot, QString *why)
{
    std::optional<Slot> found = findSlot(object, slot, why);
    if (!found)
        return {};
    const QMetaType returns = found->byCount.constLast().returnMetaType();
    const bool isOfVariant = returns == QMetaType::fromType<QFuture<QVariant>>();
    if (!isOfVariant && returns != QMetaType::fromType<QFuture<void>>())
        return [call = *std::move(found)](const PyventEvent &event) { return call(event); };
    return [isOfVariant, call = *std::move(found)](const PyventEvent &event) {
        QVariant result;
        const QString reason = call(event, &result);
        if (reason.isEmpty() && isOfVariant)
            PyventBinding::goesOn(event, result.value<QFuture<QVariant>>());
        else if (reason.isEmpty())
            PyventBinding::goesOn(event, result.value<QFuture<void>>());
        return reason;
    };
}

SlotFunction slotFunction(QObject *object, QByteArrayView slot, QMetaType *returns, QString *why)
{
    std::optional<Slot> found = findSlot(object, slot, why);
    if (!found)
        return {};
    *returns = found->byCount.constLast().returnMetaType();
    return [call = *std::move(found)](const PyventEvent &event, QVariant *result) { return call(event, result); };
}

} // namespace Pyvent::Internal
