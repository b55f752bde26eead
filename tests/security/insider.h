// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_INSIDER_H
#define PYVENT_TESTS_SECURITY_INSIDER_H

#include "support/rawconnection.h"

#include <QtCore/qbytearraylist.h>
#include <QtCore/qlist.h>
#include <QtCore/quuid.h>

namespace PyventTests {

// Somebody who may be on a bus, and abuses it: it hears everything, learns who is there, and sends what it likes, in any node's name.
class Insider
{
public:
    explicit Insider(int port);

    // Whether it knows an honest sender's stream, and who is there, by now.
    bool learn();

    // Who sends the stream "honest", and the number of its newest event as far as it was heard.
    const QUuid &sender() const { return m_sender; }
    quint64 newest() const { return m_newest; }

    // All nodes that have said that they are there.
    const QList<QUuid> &nodes() const { return m_nodes; }

    // Sends a frame; false if the server has hung up, or does not read.
    bool send(const QByteArray &frame);
    bool sendAll(const QByteArrayList &frames);

    // An event of the stream "honest", as its sender would write it.
    QByteArray forged(quint64 sequence) const;

private:
    void hear();

    const QUuid m_own = QUuid::createUuid();
    RawConnection m_sends;
    RawConnection m_hears;
    QByteArray m_heard;
    bool m_isGreeted = false; // by the server
    QUuid m_sender;
    quint64 m_newest = 0;
    QList<QUuid> m_nodes;
};

} // namespace PyventTests

#endif
