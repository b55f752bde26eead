// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_TESTPEER_H
#define PYVENT_TESTS_TESTPEER_H

#include "commandreader.h"

#include <PyventNode>
#include <PyventValue>

#include <QtCore/qhash.h>
#include <QtCore/qjsonobject.h>

#include <map>
#include <memory>

namespace PyventTests {

// A node that does what JSON lines on stdin say, and says in JSON lines on stdout what happens. peer.py is
// the same for Python; see peerprocess.h for the lines.
class TestPeer : public QObject
{
    Q_OBJECT

public:
    TestPeer();

private:
    void run(const QJsonObject &command);
    void watchNode();
    void watchOthers();

    void configure(const QJsonObject &command);
    void on(const QJsonObject &command);
    void onWithParameters(const QString &name, const PyventFilter &filter, const QString &label,
                          const QJsonArray &parameters);
    qint64 send(const QJsonObject &command);
    void echo(const QJsonObject &command);
    void answerWhenReady(const QJsonValue &number);
    QJsonValue waitFor(const QJsonObject &command);
    void stop(const QJsonObject &command);
    void hold(const QString &name);
    void compareAndSet(const QJsonObject &command);
    QJsonObject state() const;
    void block();

    void writeHeard(const QString &label, const PyventEvent &event, const QVariantMap &args) const;

    CommandReader m_reader;
    PyventNode m_node;
    std::map<QString, std::unique_ptr<PyventValue<QVariant>>> m_values;
};

} // namespace PyventTests

#endif
