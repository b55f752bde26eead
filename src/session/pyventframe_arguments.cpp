// SPDX-License-Identifier: MIT
#include "pyventframe.h"

#include "pickle/picklereader.h"
#include "pickle/picklewriter.h"
#include "session/eventencoder.h"

#include <memory>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

// Its memory is used again for the next one.
PickleReader *reader()
{
    static thread_local const auto own = std::make_unique<PickleReader>();
    return own.get();
}

bool isDefaultSender(const QString &sender)
{
    return sender.isEmpty() || sender == "pyvent"_L1 || sender.startsWith("pyvent."_L1);
}

} // namespace

std::optional<QVariantMap> PyventFrame::arguments(QString *from, QString *whyNot) const
{
    QVariantMap args;
    QVariant named;
    QString why;
    if (!pickle.isEmpty() && !reader()->readArguments(pickle, &args, &named))
        why = reader()->error().text;
    else if (named.isValid() && named.metaType() != QMetaType::fromType<QString>())
        why = u"the sender of '%1' is no string"_s.arg(name);
    if (from)
        *from = named.toString();
    if (why.isEmpty())
        return args;
    if (whyNot)
        *whyNot = why;
    return std::nullopt;
}

bool PyventFrame::setArguments(const QVariantMap &args, const QString &from, QString *whyNot)
{
    QString full = from;
    QByteArray bytes;
    PickleError error;
    QString why = EventEncoder::checkArguments(name, args, &full).text;
    if (why.isEmpty() && !writeArguments(args, isDefaultSender(full) ? QString() : full, &bytes, &error))
        why = error.text;
    if (!why.isEmpty()) {
        if (whyNot)
            *whyNot = why;
        return false;
    }
    pickle = bytes;
    if (!full.isEmpty())
        sender = full;
    return true;
}
