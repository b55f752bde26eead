// SPDX-License-Identifier: MIT
#include "asking/slotanswering.h"

#include "dispatch/slotcallback.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

PyventBinding::Answering slotAnswering(QObject *object, QByteArrayView slot, QString *why)
{
    QMetaType type;
    SlotFunction call = slotFunction(object, slot, &type, why);
    if (!call)
        return {};
    const bool isOfVariant = type == QMetaType::fromType<QFuture<QVariant>>();
    const bool isOfAnswer = type == QMetaType::fromType<QFuture<PyventAnswer>>();
    const bool isAnswer = type == QMetaType::fromType<PyventAnswer>();
    const QByteArrayView name(type.name());
    if (name.startsWith("QFuture<") && !isOfVariant && !isOfAnswer) {
        *why = u"the slot %1 returns a %2; a slot that works for longer returns a QFuture<PyventAnswer> or a "
               "QFuture<QVariant>"_s.arg(QString::fromUtf8(slot), QString::fromUtf8(name));
        return {};
    }
    return [=, call = std::move(call)](const PyventEvent &event, PyventBinding::Outcome *outcome) {
        QVariant result;
        const QString reason = call(PyventBinding::withoutReplyTo(event), &result);
        if (!reason.isEmpty())
            return reason;
        if (isOfVariant)
            PyventBinding::setOutcome(outcome, result.value<QFuture<QVariant>>());
        else if (isOfAnswer)
            PyventBinding::setOutcome(outcome, result.value<QFuture<PyventAnswer>>());
        else if (isAnswer)
            outcome->answer = result.value<PyventAnswer>();
        else
            outcome->answer = PyventAnswer(result);
        return QString();
    };
}

} // namespace Pyvent::Internal
