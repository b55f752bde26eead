// SPDX-License-Identifier: MIT
// What a session does for shared values, and for handlers that hear the last event first.
#include "session/session.h"

#include "pickle/picklereader.h"

#include <QtCore/qdatetime.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What a write without a stamp has at most, to be looked at: as servers have it.
constexpr qsizetype largestUnstamped = qsizetype(1024) * 1024;

bool hasValue(const QByteArray &pickle)
{
    PickleReader reader;
    QVariantMap arguments;
    QVariant sender;
    return pickle.size() <= largestUnstamped && reader.readArguments(pickle, &arguments, &sender)
        && arguments.contains(u"value"_s);
}

} // namespace

SharedValues &Session::values()
{
    if (!m_values) {
        m_values = std::make_unique<SharedValues>(m_uuid, m_wallClock, m_seed);
        m_values->setIsWrite(&hasValue);
    }
    return *m_values;
}

std::shared_ptr<SharedValues::Holder> Session::hold(const QByteArray &name)
{
    const bool isFirst = !values().find(name);
    const auto holder = values().hold(name);
    if (isFirst && m_link)
        m_link->subscribe(m_seat, valueTopic(name));
    return holder;
}

void Session::release(const std::shared_ptr<SharedValues::Holder> &holder)
{
    if (m_values->release(holder) && m_link)
        m_link->unsubscribe(m_seat, valueTopic(holder->name()));
}

bool Session::setValue(const QString &name, const QVariant &value, Clock::time_point now, quint64 *unheard)
{
    return send(name, ArgumentList{{u"value"_s, value}}, {}, now, unheard, values().nextStamp());
}

quint64 Session::compareAndSet(const std::shared_ptr<SharedValues::Holder> &holder, const QVariant &value,
                               Clock::time_point deadline, Clock::time_point now)
{
    QByteArray frame;
    const QString name = QString::fromUtf8(holder->name());
    if (const PyventError error = m_encoder.encodeForServer(name, ArgumentList{{u"value"_s, value}}, m_wallClock(),
                                                            values().nextStamp(), &frame)) {
        m_news.fail(error);
        return 0;
    }
    if (m_seat)
        m_seat->isTouched = true;
    return values().ask(holder->name(), holder->write().version, frame, deadline, now);
}

void Session::heardWrite(const PyventFrame &frame, Clock::time_point now)
{
    SharedValues::Write write;
    write.version = {frame.stamp, frame.nodeId};
    write.pickle = frame.pickle;
    write.sender = frame.sender.toUtf8();
    write.time = frame.nodeId.isNull() && frame.time == 0 ? m_wallClock() : frame.time;
    values().heard(frame.name.toUtf8(), write, now);
    if (m_seat)
        m_seat->isTouched = true;
}

// When this node hears what others tell, and when it does not any more.
void Session::valuesAreReady(Clock::time_point now)
{
    if (m_values)
        m_values->ready(now);
    for (const QByteArray &name : std::exchange(m_lastWanted, {})) {
        m_link->sendControl(Control::AskLast{m_uuid, name}.toFrame());
        m_lastAsked.insert(name);
    }
}

void Session::valuesAreLost(Clock::time_point now)
{
    if (m_values)
        m_values->lost(now);
    m_lastWanted.unite(std::exchange(m_lastAsked, {}));
    m_lastFramesAsked.clear();
    m_keptAsked.reset();
}

void Session::tellValues(Clock::time_point now)
{
    if (!m_values || !m_link)
        return;
    for (QByteArray &message : m_values->takeOutgoing(now))
        m_link->sendControl(std::move(message), true);
    if (const auto implausible = m_values->takeImplausible();
        implausible.count > 0 && !m_toldImplausible.contains(implausible.name) && m_toldImplausible.size() < 1000) {
        m_toldImplausible.insert(implausible.name);
        const auto time =
            QDateTime::fromMSecsSinceEpoch(HybridClock::microsecondsOf(implausible.stamp) / 1000, Qt::UTC);
        m_news.fail(
            {PyventError::UnreadableFrame,
             u"a write of the value '%1' is ignored: its stamp is of %2, and by this machine's clock that is more "
             "than a year ahead. One of the two clocks is wrong. More like it are ignored as well"_s.arg(
                 QString::fromUtf8(implausible.name), time.toString(Qt::ISODate)),
             QString::fromUtf8(implausible.name)});
    }
}

void Session::heardLast(QByteArrayView payload, Clock::time_point now)
{
    const auto last = Control::LastEvent::read(payload);
    if (last && heardLastFrame(*last))
        return;
    if (!last || !m_lastAsked.remove(last->name) || last->frame.isEmpty() || topicOf(last->frame) != last->name)
        return;
    m_reception.heardLast(last->frame, now);
}

} // namespace Pyvent::Internal
