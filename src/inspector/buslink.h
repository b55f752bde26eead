// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_BUSLINK_H
#define PYVENT_INSPECTOR_BUSLINK_H

#include "textstyle.h"

#include <PyventNode>
#include <PyventNodeInfo>

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qobject.h>
#include <QtCore/qtimer.h>

#include <memory>

namespace Pyvent::Inspector {

// Where a bus is.
struct Place
{
    QString address = QStringLiteral("127.0.0.1");
    int port = 52002;

    friend bool operator==(const Place &, const Place &) = default;
};

// The inspector's node on the bus: it hears everything, and serves only where that is asked for.
class BusLink : public QObject
{
    Q_OBJECT

public:
    explicit BusLink(QObject *parent = nullptr);
    ~BusLink() override;

    // The keys that it comes with to each server from now on: as in PyventSecurity.
    void setKeys(const QString &keyFile, const QString &serverKey)
    {
        m_keyFile = keyFile;
        m_serverKey = serverKey;
    }

    // Leaves the bus that it is on, and joins the one at \a place. It goes on trying until leave().
    void join(const Place &place);
    void leave();
    bool isJoined() const { return m_node != nullptr; }
    bool isReady() const;
    const Place &place() const { return m_place; }
    QUuid uuid() const;

    // Nobody has answered for so long that nobody seems to serve there.
    bool isUnanswered() const { return m_isUnanswered; }
    // Nobody can, since the host's name has no address.
    bool isHostUnknown() const { return m_isHostUnknown; }

    bool isServing() const;
    void setServing(bool serving);

    // Returns an empty text where the event was taken, else why not; wentWrong() does not tell that, too.
    QString send(const QString &name, const QVariantMap &arguments, const QString &sender);
    // How many of the events that were taken no server has acknowledged yet.
    qsizetype undelivered() const;
    // Whether some of them were given up when the bus was left.
    bool gaveUp() const { return m_gaveUp; }

    // Asks who is there; answered() tells.
    void findNodes();

    // In words, for people.
    QString stateText() const;
    Tone stateTone() const;

Q_SIGNALS:
    void received(const PyventEvent &event);
    void answered(const QList<PyventNodeInfo> &nodes);
    void stateChanged();
    void undeliveredChanged();
    void wentWrong(const PyventError &error);
    void lost(const QString &name, const QUuid &node, quint64 count);
    void refused(const QString &name, const QUuid &node, quint64 count, const QString &why);
    // Since it joined.
    void unreadable(quint64 count, const QMap<QString, quint64> &byName);

private:
    void noteState();

    Place m_place;
    QString m_keyFile;
    QString m_serverKey;
    std::unique_ptr<PyventNode> m_node;
    QFutureWatcher<QList<PyventNodeInfo>> m_search;
    QTimer m_patience;
    bool m_isUnanswered = false;
    bool m_isHostUnknown = false;
    bool m_isSending = false;
    bool m_gaveUp = false;
};

} // namespace Pyvent::Inspector

#endif
