// SPDX-License-Identifier: MIT
#include "dispatch/frameevent.h"
#include "node/pyventnode_p.h"

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

std::shared_ptr<HeldValue> PyventNodePrivate::holdValue(const QString &name, std::function<void()> changed)
{
    const auto held = std::make_shared<HeldValue>();
    held->changed = std::move(changed);
    const std::weak_ptr<HeldValue> weak = held;
    held->receiver = std::make_shared<FunctionReceiver>(
        name, PyventSender::Any,
        [weak] {
            const auto self = weak.lock();
            return self && !self->hasEnded;
        },
        [node = weak_from_this()](const PyventEvent &event) {
            if (const auto self = node.lock())
                self->heardWrite(frameOf(event));
        },
        Receiver::Hears::Writes);
    Lock lock = this->lock();
    held->holder = m_session(lock).hold(name.toUtf8());
    m_feeds(lock).values.emplace(held->holder.get(), held);
    add(lock, held->receiver);
    start(lock);
    return held;
}

void PyventNodePrivate::releaseValue(const std::shared_ptr<HeldValue> &held)
{
    held->hasEnded = true;
    {
        const Lock lock = this->lock();
        auto &values = m_feeds(lock).values;
        const auto [begin, end] = values.equal_range(held->holder.get());
        for (auto value = begin; value != end; ++value) {
            if (value->second.lock() == held) {
                values.erase(value);
                break;
            }
        }
        m_session(lock).release(held->holder);
    }
    removeIf(held->receiver->pattern(), [&](const Receiver &receiver) { return &receiver == held->receiver.get(); });
}

void PyventNodePrivate::heardWrite(const PyventFrame &frame)
{
    {
        const Lock lock = this->lock();
        m_session(lock).heardWrite(frame, Clock::now());
        wantService(lock);
    }
    tell();
}

PyventNodePrivate::ValueState PyventNodePrivate::valueState(const HeldValue &held) const
{
    const Lock lock = this->lock();
    return {held.holder->write(), held.holder->since()};
}

bool PyventNodePrivate::setValue(const QString &name, const QVariant &value)
{
    bool isSent = false;
    {
        const Lock lock = this->lock();
        if (start(lock)) {
            isSent = m_session(lock).setValue(name, value, Clock::now(), m_serving(lock).unheard());
            hasSent(lock);
        }
    }
    tell();
    return isSent;
}

QFuture<bool> PyventNodePrivate::compareAndSet(const HeldValue &held, const QVariant &value,
                                               std::chrono::milliseconds timeout)
{
    const auto promise = std::make_shared<QPromise<bool>>();
    promise->start();
    const QFuture<bool> future = promise->future();
    {
        const Lock lock = this->lock();
        const quint64 number =
            start(lock) ? m_session(lock).compareAndSet(held.holder, value, after(timeout), Clock::now()) : 0;
        if (number > 0)
            m_feeds(lock).sets.emplace(number, std::pair(promise, held.holder->name()));
        wantService(lock);
    }
    tell();
    return future; // canceled by the promise's end, where nobody will finish it
}

bool PyventNodePrivate::keep(const PyventFrame &frame)
{
    const Lock lock = this->lock();
    const bool isSaid = m_session(lock).keep(frame);
    if (isSaid)
        wantService(lock);
    return isSaid;
}

bool PyventNodePrivate::askKept(quint64 after)
{
    const Lock lock = this->lock();
    const bool isAsked = m_session(lock).askKept(after);
    if (isAsked)
        wantService(lock);
    return isAsked;
}

bool PyventNodePrivate::askLast(const QString &name)
{
    const Lock lock = this->lock();
    const bool isAsked = m_session(lock).askLastFrame(name.toUtf8());
    if (isAsked)
        wantService(lock);
    return isAsked;
}

void PyventNodePrivate::collectValues(const Lock &lock)
{
    SharedValues &values = m_session(lock).values();
    Feeds &feeds = m_feeds(lock);
    for (const auto &holder : values.takeNew()) {
        const auto [begin, end] = feeds.values.equal_range(holder.get());
        for (auto value = begin; value != end; ++value) {
            m_notices(lock).add([weak = value->second](PyventNode *) {
                if (const auto held = weak.lock(); held && !held->hasEnded)
                    held->changed();
            });
        }
    }
    for (const SharedValues::Answer &answer : values.takeAnswers()) {
        const auto asked = feeds.sets.find(answer.number);
        if (asked == feeds.sets.end())
            continue;
        const auto [promise, bytes] = asked->second;
        feeds.sets.erase(asked);
        tellSet(lock, QString::fromUtf8(bytes), answer, promise);
    }
}

void PyventNodePrivate::tellSet(const Lock &lock, const QString &name, const SharedValues::Answer &answer,
                                const std::shared_ptr<QPromise<bool>> &promise)
{
    using Answer = SharedValues::Answer;
    const auto refused = [&](PyventError::Code code, const QString &why) {
        fail(lock, {code, u"'%1' was not compared and set: %2"_s.arg(name, why), name});
    };
    switch (answer.result) {
    case Answer::Done:
    case Answer::IsAnother:
        break;
    case Answer::Refused:
        refused(PyventError::EventRefused, u"the server's rules do not permit it, or it is too large"_s);
        break;
    case Answer::NotKnown:
        refused(PyventError::ServerNotResponding, u"the server has not answered in time"_s);
        break;
    case Answer::NoServer:
        refused(PyventError::NotSupported,
                u"no server has said in time that it keeps values. One of Python's does not, and one of an earlier "
                "version of this module neither"_s);
        break;
    case Answer::ServerLost:
        refused(PyventError::ServerNotResponding,
                u"the server was lost before it has answered, so it may have been written or not"_s);
        break;
    }
    const bool isAnswer = answer.result == Answer::Done || answer.result == Answer::IsAnother;
    m_notices(lock).add([promise, isAnswer, isDone = answer.result == Answer::Done](PyventNode *) {
        if (isAnswer)
            promise->addResult(isDone);
        else
            promise->future().cancel();
        promise->finish();
    });
}
