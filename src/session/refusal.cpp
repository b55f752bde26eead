// SPDX-License-Identifier: MIT
#include "session/refusal.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

QString whyRefused(const Control::Refused &refused)
{
    const QString name = QString::fromUtf8(refused.topic);
    const QString text = QString::fromUtf8(refused.text);
    switch (refused.reason) {
    case Control::Refused::Impersonation:
        return u"the server did not pass on %1 messages that spoke for the node %2, which is another program's"_s
            .arg(refused.count)
            .arg(refused.as.toString(QUuid::WithoutBraces));
    case Control::Refused::NotPermitted:
        return u"'%1' was not passed on: the server's rules do not let this program send it%2"_s.arg(
            name, text.isEmpty() ? QString() : u" (%1)"_s.arg(text));
    case Control::Refused::UnsafePickle:
        return u"'%1' was not passed on to Python's nodes: %2"_s.arg(name, text);
    case Control::Refused::Other:
        break;
    }
    return u"'%1' was not passed on by the server%2"_s.arg(name, text.isEmpty() ? QString() : u": "_s + text);
}

QString whyNotForwarded(const Control::Refused &refused, const QString &subject)
{
    const QString name = QString::fromUtf8(refused.topic);
    const QString text = QString::fromUtf8(refused.text);
    return u"'%1' was not forwarded: the server does not let this program send it in the name of the node %2%3. Its "
           u"rules "
           "(PyventSecurity::rulesFile, pyvent serve --rules FILE) need the line 'allow %4 send, speak-for-others %1', "
           "before any that denies it. A server without rules lets only programs of its own user speak for others, on "
           "its "
           "machine and for nodes that are not on its bus; one with rules needs lines for all who are to send or hear "
           "something. The event is lost to this bus, and its name is not tried again for 5 s"_s.arg(
               name, (refused.as.isNull() ? refused.node : refused.as).toString(QUuid::WithoutBraces),
               text.isEmpty() ? QString() : u" (%1)"_s.arg(text), subject);
}

} // namespace Pyvent::Internal
