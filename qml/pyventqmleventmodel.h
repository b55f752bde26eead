// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLEVENTMODEL_H
#define PYVENT_QML_PYVENTQMLEVENTMODEL_H

#include "nodelink.h"
#include "pyventqmlnode.h"

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qtimer.h>
#include <QtQml/qqmlparserstatus.h>

#include <deque>

/*!
    What was heard, the oldest first, for a live view: a list model with the roles name, sender, args, time, node and
    sequence.
    \qml
    ListView { model: PyventEventModel { node: bus; name: "order-*"; maximumCount: 200 } delegate: … }
    \endqml
    Rows are added and removed in batches, at most once in 16 ms, so that a flood of events costs a view no more than a
    frame each.
*/
class PyventQmlEventModel : public QAbstractListModel, public QQmlParserStatus
{
    Q_OBJECT
    Q_INTERFACES(QQmlParserStatus)
    Q_PROPERTY(PyventQmlNode *node READ node WRITE setNode NOTIFY nodeChanged FINAL)
    Q_PROPERTY(QString name READ name WRITE setName NOTIFY nameChanged FINAL)
    Q_PROPERTY(QString sender READ sender WRITE setSender NOTIFY senderChanged FINAL)
    Q_PROPERTY(int maximumCount READ maximumCount WRITE setMaximumCount NOTIFY maximumCountChanged FINAL)
    Q_PROPERTY(bool paused READ isPaused WRITE setPaused NOTIFY pausedChanged FINAL)
    Q_PROPERTY(int count READ count NOTIFY countChanged FINAL)
    QML_NAMED_ELEMENT(PyventEventModel)

public:
    enum Role { NameRole = Qt::UserRole + 1, SenderRole, ArgsRole, TimeRole, NodeRole, SequenceRole };
    Q_ENUM(Role)

    explicit PyventQmlEventModel(QObject *parent = nullptr);

    /*! The element on whose bus it listens; by default the Pyvent element that it stands in. */
    PyventQmlNode *node() const { return m_link.node(); }
    void setNode(PyventQmlNode *node) { m_link.setNode(node); }

    /*! The name or glob of what comes in from now on, "*" by default. */
    QString name() const { return m_link.pattern(); }
    void setName(const QString &name);

    /*! The sender of what comes in from now on; empty, the default, for any. */
    QString sender() const { return m_link.sender(); }
    void setSender(const QString &sender);

    /*! The most rows, 1000 by default. The oldest ones make room. */
    int maximumCount() const { return m_maximumCount; }
    void setMaximumCount(int count);

    /*! While true, the rows stay as they are. What arrives meanwhile is added at the end of the pause. */
    bool isPaused() const { return m_isPaused; }
    void setPaused(bool paused);

    int count() const { return int(m_rows.size()); }

    /*! Removes all rows, and what has arrived and is not a row yet. */
    Q_INVOKABLE void clear();

    /*! The event of the row \a row; null if there is none. A warning tells of a call without a row. */
    Q_INVOKABLE QVariant get(const QJSValue &row = QJSValue());

    int rowCount(const QModelIndex &parent = QModelIndex()) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

Q_SIGNALS:
    void nodeChanged();
    void nameChanged();
    void senderChanged();
    void maximumCountChanged();
    void pausedChanged();
    void countChanged();

protected:
    void classBegin() override { }
    void componentComplete() override { m_link.complete(); }

private:
    void take(const PyventEvent &event);
    void addBatch();
    void removeOldest(int count);

    Pyvent::Qml::NodeLink m_link;
    std::deque<PyventEvent> m_rows;
    std::deque<PyventEvent> m_arrived; // no rows yet, no more than maximumCount
    QTimer m_batchTimer;
    int m_maximumCount = 1000;
    bool m_isPaused = false;
};

#endif
