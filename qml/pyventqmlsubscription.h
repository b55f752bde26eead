// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLSUBSCRIPTION_H
#define PYVENT_QML_PYVENTQMLSUBSCRIPTION_H

#include "nodelink.h"
#include "pyventqmlnode.h"

#include <QtQml/qqmlparserstatus.h>

/*!
    Hears the events of one name, or of a glob: as a child of a Pyvent element, or anywhere with its property node.
    \qml
    PyventSubscription { name: "food-burnt"; onReceived: args => alarm.play(args.table) }
    \endqml
    All properties may change at any time.
*/
class PyventQmlSubscription : public QObject, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(PyventQmlNode *node READ node WRITE setNode NOTIFY nodeChanged FINAL)
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged FINAL)
    Q_PROPERTY(QString sender READ sender WRITE setSender NOTIFY senderChanged FINAL)
    Q_PROPERTY(int replayLast READ replayLast WRITE setReplayLast NOTIFY replayLastChanged FINAL)
    Q_PROPERTY(double replaySeconds READ replaySeconds WRITE setReplaySeconds NOTIFY replaySecondsChanged FINAL)
    Q_PROPERTY(bool enabled READ isEnabled WRITE setEnabled NOTIFY enabledChanged FINAL)
    QML_NAMED_ELEMENT(PyventSubscription)

public:
    explicit PyventQmlSubscription(QObject *parent = nullptr);

    /*! The element on whose bus it listens; by default the Pyvent element that it stands in. */
    PyventQmlNode *node() const { return m_link.node(); }
    void setNode(PyventQmlNode *node) { m_link.setNode(node); }

    /*! The name or glob. While it is empty, nothing is heard. */
    QString name() const { return m_link.pattern(); }
    void setName(const QString &name);

    /*! The sender that events must have, "pyvent" by default; empty for any. */
    QString sender() const { return m_link.sender(); }
    void setSender(const QString &sender);

    /*! What it hears of the past when it begins to listen, as PyventReplay has it: of each sender so many events at most, and
        events so many seconds old at most. With both 0, the default, nothing. */
    int replayLast() const { return int(m_link.replay().last); }
    void setReplayLast(int events);
    double replaySeconds() const { return double(m_link.replay().since.count()) / 1000; }
    void setReplaySeconds(double seconds);

    /*! Whether it listens, true by default. */
    bool isEnabled() const { return m_link.isEnabled(); }
    void setEnabled(bool enabled);

Q_SIGNALS:
    /*! The event \a event was heard; \a args are its keyword arguments. */
    void received(const QVariantMap &args, const PyventQmlEvent &event);

    void nodeChanged();
    void nameChanged();
    void senderChanged();
    void replayLastChanged();
    void replaySecondsChanged();
    void enabledChanged();

protected:
    void classBegin() override { }
    void componentComplete() override { m_link.complete(); }

private:
    Pyvent::Qml::NodeLink m_link;
};

#endif
