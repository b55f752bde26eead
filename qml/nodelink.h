// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_NODELINK_H
#define PYVENT_QML_NODELINK_H

#include "warnings.h"

#include <PyventNode>

#include <QtCore/qobject.h>

#include <functional>
#include <memory>

class PyventQmlNode;

namespace Pyvent::Qml {

// One name that an element hears through a Pyvent element: its 'node', or else the one that it stands in. Follows each
// change of the node, the name and the sender, and the node's starts and stops.
class NodeLink : public QObject
{
    Q_OBJECT

public:
    // \a owner is the element. It must outlive this.
    NodeLink(QObject *owner, const QString &pattern, const QString &sender);
    ~NodeLink() override;

    PyventQmlNode *node() const { return m_node; }
    void setNode(PyventQmlNode *node);

    const QString &pattern() const { return m_pattern; }
    void setPattern(const QString &pattern);

    // Empty: any.
    const QString &sender() const { return m_sender; }
    void setSender(const QString &sender);

    // What is heard of the past, each time that it begins to hear.
    const PyventReplay &replay() const { return m_replay; }
    void setReplay(const PyventReplay &replay);

    // What may be skipped, as PyventFilter has it.
    void setPace(bool latest, std::chrono::milliseconds atMostEvery);

    // Whether it hears the last event first, as PyventFilter::last has it.
    bool hearsLast() const { return m_hearsLast; }
    void setHearsLast(bool hears);

    // The group that it shares the events with, as PyventFilter::share has it; empty: none.
    const QString &share() const { return m_share; }
    void setShare(const QString &group);

    bool isEnabled() const { return m_isEnabled; }
    void setEnabled(bool enabled);

    // Answers what is heard with what \a answer returns, instead of telling of it.
    void answerWith(std::function<QFuture<PyventAnswer>(const PyventEvent &)> answer) { m_answer = std::move(answer); }

    // All properties have their first values: hears from now on.
    void complete();

    void warn(const QString &text) { m_warnings.warn(text); }

    // For the node: it is on the bus with \a node from now on; not any more; it ends.
    void nodeStarted(PyventNode *node);
    void nodeStopped();
    void nodeEnds();

Q_SIGNALS:
    void heard(const PyventEvent &event);
    void nodeChanged();

    // Another name, sender or node is heard from now on, or none.
    void changed();

    // What the node is on the bus with; null while it is not.
    void runningChanged(PyventNode *running);

private:
    void changeNode(PyventQmlNode *node);
    void setRunning(PyventNode *node);
    bool findNode();
    void findNodeLater();
    void subscribe();
    QString whyItHearsNothing() const;
    QString whyNotShared() const;

    QObject *const m_owner;
    Warnings m_warnings;
    PyventQmlNode *m_node = nullptr; // tells when it ends
    QPointer<PyventNode> m_running;
    QString m_pattern;
    QString m_sender;
    PyventReplay m_replay;
    bool m_isLatest = false;
    std::chrono::milliseconds m_atMostEvery = std::chrono::milliseconds(0);
    std::function<QFuture<PyventAnswer>(const PyventEvent &)> m_answer;
    bool m_hearsLast = false;
    QString m_share;
    bool m_isEnabled = true;
    bool m_isComplete = false;
    bool m_nodeWasSet = false;
    std::unique_ptr<QObject> m_context; // of the handler, which ends with it
};

} // namespace Pyvent::Qml

#endif
