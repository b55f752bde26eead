// SPDX-License-Identifier: MIT
#include "pyventnode.h"

#include "asking/replyaddress.h"
#include "asking/slotanswering.h"
#include "node/pyventnode_p.h"

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

QFuture<PyventAnswer> refused(const PyventError &error)
{
    return endedFuture(PyventAskError{PyventAskError::NotSent, error.text});
}

// Each question is to be heard, when it is asked: somebody waits for its answer. Says which part of a filter is against that, and why.
QString whyNoAnswers(const PyventFilter &filter)
{
    if (!filter.replay.isNone())
        return u"'replay': nobody waits for answers to questions of the past"_s;
    if (filter.last)
        return u"'last': nobody waits for the answer to a question of the past"_s;
    if (filter.latest)
        return u"'latest': whoever asks a question that is skipped waits for its answer"_s;
    if (filter.atMostEvery > std::chrono::milliseconds(0))
        return u"'atMostEvery': whoever asks a question that is skipped waits for its answer"_s;
    if (!filter.share.isEmpty())
        return u"'share': all who answer hear each question, and the first answer wins"_s;
    return {};
}

} // namespace

QFuture<PyventAnswer> PyventNode::ask(QAnyStringView name, const QVariantMap &args, const PyventAskOptions &options)
{
    const QString text = name.toString();
    return checkQuestion(text, args, options) ? d->ask(text, args, options, Asker::Wants::First) : refused(lastError());
}

QFuture<PyventAnswer> PyventNode::askAll(QAnyStringView name, const QVariantMap &args, const PyventAskOptions &options)
{
    const QString text = name.toString();
    return checkQuestion(text, args, options) ? d->ask(text, args, options, Asker::Wants::All) : refused(lastError());
}

bool PyventNode::checkQuestion(const QString &name, const QVariantMap &args, const PyventAskOptions &options)
{
    if (!checkName(name) || (!options.sender.isEmpty() && !checkSender(options.sender)))
        return false;
    if (!args.contains(replyToArgument))
        return true;
    refuse({PyventError::InvalidArgument,
            u"'%1' was not asked: its argument 'reply_to' says where the answer goes, and ask() gives it"_s.arg(name),
            name});
    return false;
}

QMetaObject::Connection PyventNode::answer(QAnyStringView name, QObject *context, const char *slot)
{
    return answer(name, PyventFilter(), context, slot);
}

QMetaObject::Connection PyventNode::answer(QAnyStringView name, const PyventFilter &filter, QObject *context,
                                           const char *slot)
{
    QString why = context ? QString() : u"the context object is null"_s;
    PyventBinding::Answering function;
    if (context)
        function = slotAnswering(context, slot, &why);
    if (function)
        return addAnswerer(name, filter, context, std::move(function));
    refuse({PyventError::InvalidHandler, u"'%1' is not answered: %2"_s.arg(name.toString(), why),
            QString::fromUtf8(slot)});
    return {};
}

QMetaObject::Connection PyventNode::addAnswerer(QAnyStringView name, const PyventFilter &filter, const QObject *context,
                                                PyventBinding::Answering function)
{
    const QString pattern = name.toString();
    if (!checkHandler(pattern, filter, context))
        return {};
    if (const QString why = whyNoAnswers(filter); !why.isEmpty()) {
        refuse({PyventError::InvalidHandler, u"'%1' is not answered with the filter %2"_s.arg(pattern, why), pattern});
        return {};
    }
    const QMetaObject::Connection connection = d->addAnswerer(pattern, filter, context, std::move(function));
    d->tell();
    return connection;
}
