// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLSUBSCRIPTION_H
#define PYVENT_QML_PYVENTQMLSUBSCRIPTION_H

#include "framegate.h"
#include "nodelink.h"
#include "pyventqmlnode.h"

#include <PyventStaleness>

#include <QtQml/qqmlparserstatus.h>

/*!
    Hears the events of one name, or of a glob: as a child of a Pyvent element, or anywhere with its property node.
    \qml
    PyventSubscription { name: "food-burnt"; onReceived: args => alarm.play(args.table) }
    \endqml
    With 'latest', it is for what is looked at: it delivers once a frame, and then the newest event of each name and sending node.
    \qml
    PyventSubscription { id: oven; name: "oven.temperature"; latest: true; staleAfter: 2000; onReceived: args => gauge.value = args.value }
    Gauge { id: gauge; opacity: oven.stale ? 0.3 : 1 }
    \endqml
    With 'share', it shares the events with all others of the group, on the whole bus: each event goes to one of them.
    \qml
    PyventSubscription { name: "render"; share: "workers"; onReceived: args => draw(args.frame) }
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
    Q_PROPERTY(bool latest READ isLatest WRITE setLatest NOTIFY latestChanged FINAL)
    Q_PROPERTY(int atMostEvery READ atMostEvery WRITE setAtMostEvery NOTIFY atMostEveryChanged FINAL)
    Q_PROPERTY(double skipped READ skipped NOTIFY skippedChanged FINAL)
    Q_PROPERTY(int staleAfter READ staleAfter WRITE setStaleAfter NOTIFY staleAfterChanged FINAL)
    Q_PROPERTY(bool stale READ isStale NOTIFY staleChanged FINAL)
    Q_PROPERTY(QDateTime lastHeard READ lastHeard NOTIFY lastHeardChanged FINAL)
    Q_PROPERTY(bool last READ hearsLast WRITE setHearsLast NOTIFY lastChanged FINAL)
    Q_PROPERTY(QString share READ share WRITE setShare NOTIFY shareChanged FINAL)
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

    /*! Whether it delivers only once a frame, and then only the newest event of each name and sending node. */
    bool isLatest() const { return m_isLatest; }
    void setLatest(bool latest);

    /*! The least milliseconds between two events of a name and a sending node that are delivered; 0, the default: none. The newest
        event comes when the time is over. */
    int atMostEvery() const { return m_atMostEvery; }
    void setAtMostEvery(int milliseconds);

    /*! The number of events that were skipped so far for the sake of these two. */
    double skipped() const { return m_skipped; }

    /*! After how many milliseconds without an event it is stale; 0, the default: never. */
    int staleAfter() const { return int(m_staleness.staleAfter().count()); }
    void setStaleAfter(int milliseconds);

    /*! Whether nothing was heard for so long, or nothing yet of this name, sender and node. */
    bool isStale() const { return m_staleness.isStale(); }

    /*! When the last event was delivered; invalid before the first. */
    QDateTime lastHeard() const { return m_staleness.lastHeard(); }

    /*! How many milliseconds ago that was; -1 before the first. */
    Q_INVOKABLE double age() const { return double(m_staleness.age().count()); }

    /*! Whether it hears the newest event of the name first that the server still has, as PyventFilter::last has it. With a replay, that
        comes instead. */
    bool hearsLast() const { return m_link.hearsLast(); }
    void setHearsLast(bool hears);

    /*! The group that the events are shared with, as PyventFilter::share has it; empty, the default: none. An event is finished when the
        handlers of received() have returned: a promise of theirs is not waited for. Not to be combined with latest, atMostEvery, last and
        a replay. */
    QString share() const { return m_link.share(); }
    void setShare(const QString &group);

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
    void latestChanged();
    void atMostEveryChanged();
    void skippedChanged();
    void staleAfterChanged();
    void staleChanged();
    void lastHeardChanged();
    void lastChanged();
    void shareChanged();
    void enabledChanged();

protected:
    void classBegin() override { }
    void componentComplete() override { m_link.complete(); }

private:
    void setPace();
    void deliver(const PyventEvent &event);
    void deliverFrame();

    Pyvent::Qml::NodeLink m_link;
    Pyvent::Qml::FrameGate m_gate;
    PyventStaleness m_staleness;
    bool m_isLatest = false;
    int m_atMostEvery = 0;
    double m_skipped = 0;
};

#endif
