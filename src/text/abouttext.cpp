// SPDX-License-Identifier: MIT
#include "abouttext.h"

#include "eventline.h"
#include "pythontext.h"

#include <PyventEvent>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

QString bridgeText(const QVariantMap &bridge)
{
    const auto text = [&](const QString &key) { return printable(bridge.value(key).toString()); };
    const QString role = bridge.value(u"active"_s).toBool() ? u"works"_s
        : bridge.value(u"up"_s).toBool()                    ? u"stands by"_s
                                                            : u"does not reach it"_s;
    const qint64 waiting = bridge.value(u"waiting"_s).toLongLong();
    const QString what =
        u"bridge of '%1' to %2 at %3: %4"_s.arg(text(u"bus"_s), text(u"link"_s), text(u"engine"_s), role);
    if (waiting == 0)
        return what;
    return u"%1, %2 events wait, the oldest for %3 s"_s.arg(
        what, QString::number(waiting), QString::number(double(bridge.value(u"age"_s).toLongLong()) / 1000, 'f', 1));
}

} // namespace

QString aboutText(const PyventNodeInfo &node)
{
    QStringList texts;
    PyventEvent rest;
    rest.args = node.about;
    if (const QVariantMap bridge = rest.args.take(u"bridge"_s).toMap(); !bridge.isEmpty())
        texts += bridgeText(bridge);
    if (!rest.args.isEmpty())
        texts += QString::fromUtf8(argumentsAsText(rest));
    return texts.join(u"; "_s);
}

} // namespace Pyvent::Text
