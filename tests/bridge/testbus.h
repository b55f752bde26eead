// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_TESTBUS_H
#define PYVENT_TESTS_TESTBUS_H

#include "busend.h"
#include "message.h"

#include <QtCore/qhash.h>
#include <QtCore/qset.h>

#include <map>
#include <memory>
#include <vector>

namespace PyventTests {

class TestBusEnd;

// A bus without nodes or a server: what is sent is heard by the bridges' ends, in order; what these forward is noted, each event once, as nodes' receive
// windows would see it.
class TestBus : public QObject
{
    Q_OBJECT

public:
    // The bus's server: what it does not take waits in the ends.
    void setServing(bool isServing);
    bool isServing() const { return m_isServing; }

    // What a node of this bus sends, in its numbers.
    void send(const QString &name, const QVariantMap &arguments = {}, const QString &sender = {});
    void sendAs(const QUuid &node, const QString &name, const QVariantMap &arguments = {}, const QString &sender = {});

    // What a Python node sends.
    void sendPythons(const QString &name, const QVariantMap &arguments = {}, const QString &sender = {});

    // The node of send(); newNode() makes it another one, since its program has ended.
    const QUuid &node() const { return m_node; }
    void newNode() { m_node = QUuid::createUuid(); }

    // What has come from other buses.
    struct Received
    {
        QString name;
        QString sender;
        QUuid node;
        quint64 number;
        QVariantMap arguments;
    };
    const QList<Received> &received() const { return m_received; }
    qsizetype count(const QString &name) const;
    QList<quint64> numbers(const QUuid &node, const QString &name) const;

    // What was wrong with it: doubled, out of order, or back to where it came from. Empty if nothing was.
    QString mistakes() const { return m_mistakes.join(u'\n'); }

    // Events that were forwarded and are not heard twice by nodes.
    qsizetype known() const { return m_known; }

private:
    friend class TestBusEnd;
    Pyvent::Bridge::BusEnd::Outcome take(TestBusEnd *from, const Pyvent::Bridge::BusEvent &event);
    void deliver(const Pyvent::Bridge::BusEvent &event, const TestBusEnd *except = nullptr);

    bool m_isServing = true;
    QUuid m_node = QUuid::createUuid();
    QSet<QUuid> m_nodes;
    QHash<Pyvent::Bridge::Stream, quint64> m_sent;
    QHash<Pyvent::Bridge::Stream, quint64> m_heard;
    QList<Received> m_received;
    QStringList m_mistakes;
    qsizetype m_known = 0;
    QList<TestBusEnd *> m_ends;
};

// A bridge's end on such a bus. It must be gone before the bus is.
class TestBusEnd : public Pyvent::Bridge::BusEnd
{
    Q_OBJECT

public:
    explicit TestBusEnd(TestBus *bus);
    ~TestBusEnd() override;

    // Loses all that it would do, as a process that is killed does.
    void kill() { m_isDead = true; }

    QUuid id() const override { return m_id; }
    void hear(const QList<PyventPattern> &names) override;
    void stopHearing() override { m_names.clear(); }
    Outcome forward(const Pyvent::Bridge::BusEvent &event) override;
    QString why() const override { return m_why; }
    quint64 accepted() const override { return m_accepted; }
    void describe(const QVariantMap &words) override { m_words = words; }
    void announce(const QUuid &bridge) override;
    std::optional<QVariantMap> arguments(const QByteArray &pickle, QString *sender, QString *why) const override;
    std::optional<QByteArray> pickle(const QVariantMap &arguments, const QString &sender, QString *why) const override;

private:
    friend class TestBus;
    void flush();

    TestBus *const m_bus;
    const QUuid m_id = QUuid::createUuid();
    QList<PyventPattern> m_names;
    QVariantMap m_words;
    std::vector<Pyvent::Bridge::BusEvent> m_queue; // while the bus has no server
    quint64 m_accepted = 0;
    QString m_why;
    bool m_isDead = false;
};

} // namespace PyventTests

#endif
