// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_NODEBUSEND_H
#define PYVENT_BRIDGE_NODEBUSEND_H

#include "busend.h"

#include <PyventNode>

namespace Pyvent::Bridge {

// A bridge's end on a bus of this module's: a node that hears events undecoded, and forwards them. It speaks to other bridges by what it says of itself
// (PyventNode::setAbout()), so that people see it, too.
class NodeBusEnd : public BusEnd
{
    Q_OBJECT

public:
    explicit NodeBusEnd(const PyventOptions &options);

    // Returns why not, for people; empty if it has started.
    QString start();

    // Leaves the bus.
    void stop() { m_node.stop(); }

    PyventNode *node() { return &m_node; }

    QUuid id() const override { return m_node.uuid(); }
    void hear(const QList<PyventPattern> &names) override;
    void stopHearing() override;
    Outcome forward(const BusEvent &event) override;
    QString why() const override { return m_why; }
    quint64 accepted() const override { return m_node.acknowledged(); }
    Keeps keep(const BusEvent &event) override;
    void askKept(quint64 after) override { m_node.askKept(after); }
    bool askLast(const QString &name, const QObject *asker) override;
    void describe(const QVariantMap &words) override;
    void announce(const QUuid &bridge) override { m_node.announceForwarder(bridge); }
    std::optional<QVariantMap> arguments(const QByteArray &pickle, QString *sender, QString *why) const override;
    std::optional<QByteArray> pickle(const QVariantMap &arguments, const QString &sender, QString *why) const override;

private:
    void tell(const PyventError &error);
    void isLost();
    void tellVanished(const PyventNodeInfo &node);

    PyventNode m_node;
    QList<QMetaObject::Connection> m_handlers;
    QString m_why;
    bool m_isForwarding = false;
    bool m_isJoined = false;
    QHash<QString, QList<const QObject *>> m_askers; // in the order in which they have asked
    QList<PyventError> m_errors;                     // that the node has told of since forward() was called
};

} // namespace Pyvent::Bridge

#endif
