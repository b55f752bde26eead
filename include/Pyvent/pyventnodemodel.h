// SPDX-License-Identifier: MIT
#ifndef PYVENTNODEMODEL_H
#define PYVENTNODEMODEL_H

#include "pyventglobal.h"
#include "pyventnode.h"

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qdatetime.h>
#include <QtCore/qpointer.h>

#include <vector>

/*!
    Who is on the bus, as a list for a view: a row for each node that PyventNode::nodeAppeared() tells of, in the order in which they have
    appeared, until PyventNode::nodeVanished().

    \code
    PyventNodeModel model(&node);
    listView->setModel(&model);
    \endcode

    What changes of a node changes its row. The rows go when the node that watches leaves the bus, and come again with its next start.
    The model belongs in the node's thread.
*/
class PYVENT_EXPORT PyventNodeModel : public QAbstractListModel
{
    Q_OBJECT
    Q_PROPERTY(int count READ count NOTIFY countChanged)

public:
    /*! What a row has, by the names that stand behind: as in PyventNodeInfo, UUIDs as text without braces. */
    enum Role {
        NodeIdRole = Qt::UserRole + 1, /*!< nodeId */
        UuidRole,                      /*!< uuid */
        ProgramRole,                   /*!< program, also what is displayed */
        HostRole,                      /*!< host */
        PidRole,                       /*!< pid */
        ServingRole,                   /*!< serving */
        NamesRole,                     /*!< names */
        WayRole,                       /*!< way */
        KeyRole,                       /*!< key */
        AboutRole,                     /*!< about */
        SinceRole                      /*!< since: when it has appeared here, a QDateTime in UTC */
    };
    Q_ENUM(Role)

    /*! A model without rows, until it has a node. */
    explicit PyventNodeModel(QObject *parent = nullptr);

    /*! Who is on the bus of \a node, which starts and watches from now on, as when nodeAppeared() is connected. */
    explicit PyventNodeModel(PyventNode *node, QObject *parent = nullptr);
    ~PyventNodeModel() override;

    /*! The node that watches; null for none. It may end before the model does. */
    PyventNode *node() const { return m_node; }
    void setNode(PyventNode *node);

    int count() const { return int(m_rows.size()); }

    /*! What the node in \a row says of itself; empty, with a null PyventNodeInfo::uuid, if there is no such row. */
    PyventNodeInfo info(int row) const;

    int rowCount(const QModelIndex &parent = QModelIndex()) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QHash<int, QByteArray> roleNames() const override;

Q_SIGNALS:
    void countChanged();

private:
    struct Row
    {
        PyventNodeInfo info;
        QDateTime since;
    };

    void clear();
    void add(const PyventNodeInfo &info);
    bool update(const PyventNodeInfo &info);
    void remove(const PyventNodeInfo &info);
    std::vector<Row>::iterator find(const QUuid &uuid);

    QPointer<PyventNode> m_node;
    std::vector<Row> m_rows;
};

#endif
