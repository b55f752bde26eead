// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_ARGUMENTMODEL_H
#define PYVENT_INSPECTOR_ARGUMENTMODEL_H

#include <QtCore/qabstractitemmodel.h>

#include <memory>
#include <vector>

namespace Pyvent::Inspector {

// One event's arguments as a tree of names, Python types and values. Items are made where a branch is opened, some at a
// time, so that an array of millions opens as fast as any other.
class ArgumentModel : public QAbstractItemModel
{
    Q_OBJECT

public:
    enum Column { Key, Type, Value, ColumnCount };
    enum Role {
        FullValueRole = Qt::UserRole, // the value as Python writes it, not cut short
        ValueRole                     // itself
    };
    static constexpr qsizetype itemsAtOnce = 200;

    explicit ArgumentModel(QObject *parent = nullptr);
    ~ArgumentModel() override;

    void setArguments(const QVariantMap &arguments);

    QModelIndex index(int row, int column, const QModelIndex &parent = {}) const override;
    QModelIndex parent(const QModelIndex &index) const override;
    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    bool hasChildren(const QModelIndex &parent = {}) const override;
    bool canFetchMore(const QModelIndex &parent) const override;
    void fetchMore(const QModelIndex &parent) override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

private:
    struct Branch;
    Branch *branch(const QModelIndex &index) const;
    void makeItems(Branch *parent, qsizetype count);

    std::unique_ptr<Branch> m_root;
};

} // namespace Pyvent::Inspector

#endif
