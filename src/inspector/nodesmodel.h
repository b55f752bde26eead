// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_NODESMODEL_H
#define PYVENT_INSPECTOR_NODESMODEL_H

#include <PyventEvent>
#include <PyventNodeInfo>

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qdatetime.h>
#include <QtCore/qhash.h>
#include <QtCore/quuid.h>

#include <chrono>

namespace Pyvent::Inspector {

// Who is on the bus: those that answered when they were asked, and those whose events were seen. Python's nodes have
// no uuid and do not answer; they are told apart by their sender. Those that are gone are shown as such, and then no more.
class NodesModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Node, Program, Role, Events, Seen, ColumnCount };
    // Nodes come and go, and the table must not grow with each: the one that was silent longest goes.
    static constexpr int maximumNodes = 300;
    // Answers that a node did not give, one after the other: one may be late, and a debugger may stop a process.
    static constexpr int missedOfGone = 2;
    static constexpr int missedOfForgotten = 6;
    // How long a Python node may be silent before it is not shown any more.
    static constexpr std::chrono::minutes longestSilence{10};

    explicit NodesModel(QObject *parent = nullptr);

    void setOwn(const QUuid &uuid) { m_own = uuid; }
    void noteEvent(const PyventEvent &event);
    // Shows what was noted since the last call: not once per event.
    void update(const QDateTime &now = QDateTime::currentDateTimeUtc());
    void setAnswers(const QList<PyventNodeInfo> &nodes);
    void clear();

    // What a node is called, empty if it is not known. Nodes that are not shown any more keep their names.
    QString nameOf(const QUuid &uuid) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Row
    {
        PyventNodeInfo info = {};
        QString sender = {};
        quint64 events = 0;
        QDateTime seen = {};
        int missed = 0; // answers since the last sign of life
        bool answers = false;
    };
    static QString keyOf(const QUuid &uuid, const QString &sender);
    Row *row(const QString &key);
    void removeRow(int place);
    void keepName(const QUuid &uuid, const QString &name);
    static bool isGone(const Row &row) { return row.missed >= missedOfGone; }
    QString roleText(const Row &row) const;
    QString text(const Row &row, int column) const;
    QString toolTip(const Row &row) const;

    QList<Row> m_rows;
    QHash<QString, int> m_index;
    QHash<QUuid, QString> m_names;
    QUuid m_own;
    bool m_isChanged = false;
};

} // namespace Pyvent::Inspector

#endif
