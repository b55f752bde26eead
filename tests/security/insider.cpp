// SPDX-License-Identifier: MIT
#include "insider.h"

#include "wire/control.h"
#include "wire/frame.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearraylist.h>
#include <QtCore/qdatetime.h>

#include <chrono>
#include <thread>

namespace PyventTests {

using namespace Pyvent::Internal;
using namespace std::chrono_literals;

Insider::Insider(int port)
    : m_sends(port)
    , m_hears(port + 1)
{
    m_sends.greet("DEALER");
    m_hears.greet("SUB");
    // As a node of this module's: Python's are not told what nodes tell each other.
    m_hears.send(Zmtp::commandFrame("SUBSCRIBE", nodeTopic(m_own, {}).chopped(1))
                 + Zmtp::commandFrame("SUBSCRIBE", {}));
}

bool Insider::learn()
{
    for (int i = 0; i < 500 && (m_sender.isNull() || m_nodes.size() < 2); ++i) {
        if (i % 100 == 10)
            send(commonTopic(Control::who) + m_own.toByteArray(QUuid::WithoutBraces));
        std::this_thread::sleep_for(10ms);
        hear();
    }
    return !m_sender.isNull() && m_nodes.size() >= 2;
}

void Insider::hear()
{
    m_heard += m_hears.takeBytes();
    if (!m_isGreeted && m_heard.size() >= Zmtp::greetingSize) {
        m_heard.remove(0, Zmtp::greetingSize);
        m_isGreeted = true;
    }
    QByteArrayView rest = m_isGreeted ? QByteArrayView(m_heard) : QByteArrayView();
    for (auto header = Zmtp::readHeader(rest); header && rest.size() >= header->size + qsizetype(header->bodySize);
         header = Zmtp::readHeader(rest)) {
        const QByteArrayView body = rest.sliced(header->size, qsizetype(header->bodySize));
        rest = rest.sliced(header->size + body.size());
        if (const auto message = Control::Message::of(body); message && message->kind == Control::Kind::Here) {
            if (const auto node = message->origin(); node && !m_nodes.contains(*node))
                m_nodes.append(*node);
        }
        const Frame event = parseFrame(body);
        if (event.topic == "honest" && event.trailerState == TrailerState::Read) {
            m_sender = event.trailer.nodeId;
            m_newest = event.trailer.sequence;
        }
    }
    if (m_isGreeted)
        m_heard = rest.toByteArray();
}

bool Insider::send(const QByteArray &frame)
{
    m_sends.isHungUp(); // reads acknowledgements
    return m_sends.send(Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, frame));
}

bool Insider::sendAll(const QByteArrayList &frames)
{
    QByteArray bytes;
    for (const QByteArray &frame : frames)
        bytes += Zmtp::frame(Zmtp::Header::More, {}) + Zmtp::frame(0, frame);
    m_sends.isHungUp();
    return m_sends.send(bytes);
}

QByteArray Insider::forged(quint64 sequence) const
{
    QByteArray frame = "honest \x80\x02}."; // without arguments, which the honest receiver notices
    appendTrailer({.nodeId = m_sender,
                   .sequence = sequence,
                   .time = QDateTime::currentMSecsSinceEpoch() * 1000,
                   .previous = QDateTime::currentMSecsSinceEpoch() * 1000 - 1},
                  &frame);
    return frame;
}

} // namespace PyventTests
