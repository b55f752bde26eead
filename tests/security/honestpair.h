// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_HONESTPAIR_H
#define PYVENT_TESTS_SECURITY_HONESTPAIR_H

#include <PyventNode>

#include <QtCore/qelapsedtimer.h>
#include <QtCore/qtimer.h>

#include <vector>

namespace PyventTests {

// Two nodes, of which one sends the other 500 events a second, a large one among 250.
class HonestPair : public QObject
{
public:
    explicit HonestPair(int port, const PyventOptions &options = {});

    // The receiver hears events of this name as well, whoever sends them.
    void hearAlso(const QString &name);

    // How many of these it has heard, and how many it could not read.
    qint64 heardAlso() const { return m_heardAlso; }
    quint64 unreadable() const { return m_receiver.unreadableFrames(); }

    // Both are Ready.
    bool isReady() const;

    void start();

    // Sends no more. Returns whether all that was sent has been heard, in order and once each.
    bool finish();

    // How long an event took at most, for 99 % of them; in milliseconds.
    double latency() const;

    QString describe() const;

private:
    void sendDue();

    PyventNode m_sender;
    PyventNode m_receiver;
    QTimer m_timer;
    QElapsedTimer m_clock;
    qint64 m_sent = 0;
    qint64 m_heard = 0;
    qint64 m_heardAlso = 0;
    quint64 m_lost = 0;
    bool m_isOrdered = true;
    std::vector<double> m_latencies;
};

} // namespace PyventTests

#endif
