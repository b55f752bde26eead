// SPDX-License-Identifier: MIT
#ifndef PYVENT_ASKING_REPLYADDRESS_H
#define PYVENT_ASKING_REPLYADDRESS_H

#include "pyventevent.h"

#include <optional>

namespace Pyvent::Internal {

// The argument of a question that says where its answer goes.
inline constexpr QLatin1StringView replyToArgument("reply_to");

// Where an answer goes. All answers to a node of this module are events of one name, with the question's number, so that they are one
// stream; others get theirs as an event of the very name that they have given.
struct ReplyAddress
{
    QString name;
    std::optional<quint64> number; // of the question; none: the name says it all
    QUuid asker;                   // null: a Python node

    // Nothing where the event is no question, or what it says is no name that an answer may have.
    static std::optional<ReplyAddress> of(const PyventEvent &event);

    // What a question number \a number says, whose answers are to go to \a prefix.
    static QString text(const QString &prefix, quint64 number) { return prefix + u'.' + QString::number(number); }

    // A new prefix for a node's answers: nobody has had it before, and nobody guesses it.
    static QString newPrefix();
};

} // namespace Pyvent::Internal

#endif
