// SPDX-License-Identifier: MIT
#include "argumentmodel.h"

#include "pythontext.h"
#include "pythontype.h"
#include "textstyle.h"
#include "valueitems.h"

#include <QtCore/qlocale.h>
#include <QtGui/qguiapplication.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

// With how much there is of it, where one line does not show that: "list [3]", "bytes [2,048]".
QString typeText(const QVariant &value, qsizetype items)
{
    constexpr qsizetype shortText = 100; // characters
    qsizetype count = items;
    if (value.typeId() == QMetaType::QByteArray)
        count = value.toByteArray().size();
    else if (value.typeId() == QMetaType::QString && value.toString().size() > shortText)
        count = value.toString().size();
    const QString type = pythonType(value);
    return count > 0 ? u"%1 [%2]"_s.arg(type, QLocale().toString(count)) : type;
}

} // namespace

struct ArgumentModel::Branch
{
    QString key = {};
    QVariant value = {};
    Branch *parent = nullptr;
    int row = 0;
    qsizetype count = 0; // of items that there are; those in the vector are shown
    std::vector<std::unique_ptr<Branch>> items = {};
    mutable QString text = {}; // the value as it is shown, once it was
};

ArgumentModel::ArgumentModel(QObject *parent)
    : QAbstractItemModel(parent)
    , m_root(std::make_unique<Branch>())
{
}

ArgumentModel::~ArgumentModel() = default;

void ArgumentModel::setArguments(const QVariantMap &arguments)
{
    beginResetModel();
    m_root = std::make_unique<Branch>();
    m_root->value = arguments;
    m_root->count = arguments.size();
    makeItems(m_root.get(), std::min(itemsAtOnce, m_root->count));
    endResetModel();
}

ArgumentModel::Branch *ArgumentModel::branch(const QModelIndex &index) const
{
    return index.isValid() ? static_cast<Branch *>(index.internalPointer()) : m_root.get();
}

void ArgumentModel::makeItems(Branch *parent, qsizetype count)
{
    const qsizetype first = qsizetype(parent->items.size());
    for (qsizetype i = first; i < first + count; ++i) {
        Item item = itemAt(parent->value, i);
        auto made = std::make_unique<Branch>();
        made->key = item.key;
        made->value = item.value;
        made->parent = parent;
        made->row = int(i);
        made->count = itemCount(item.value);
        parent->items.push_back(std::move(made));
    }
}

QModelIndex ArgumentModel::index(int row, int column, const QModelIndex &parent) const
{
    return hasIndex(row, column, parent) ? createIndex(row, column, branch(parent)->items[size_t(row)].get())
                                         : QModelIndex();
}

QModelIndex ArgumentModel::parent(const QModelIndex &index) const
{
    Branch *const parent = index.isValid() ? branch(index)->parent : nullptr;
    return !parent || parent == m_root.get() ? QModelIndex() : createIndex(parent->row, 0, parent);
}

int ArgumentModel::rowCount(const QModelIndex &parent) const
{
    return parent.column() > 0 ? 0 : int(branch(parent)->items.size());
}

int ArgumentModel::columnCount(const QModelIndex &) const
{
    return ColumnCount;
}

bool ArgumentModel::hasChildren(const QModelIndex &parent) const
{
    return parent.column() <= 0 && branch(parent)->count > 0;
}

bool ArgumentModel::canFetchMore(const QModelIndex &parent) const
{
    return parent.column() <= 0 && qsizetype(branch(parent)->items.size()) < branch(parent)->count;
}

void ArgumentModel::fetchMore(const QModelIndex &parent)
{
    Branch *const above = branch(parent);
    const qsizetype first = qsizetype(above->items.size());
    const qsizetype count = std::min(itemsAtOnce, above->count - first);
    beginInsertRows(parent, int(first), int(first + count - 1));
    makeItems(above, count);
    endInsertRows();
}

QVariant ArgumentModel::data(const QModelIndex &index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Branch &item = *branch(index);
    constexpr qsizetype longest = 2000;
    if (role == FullValueRole)
        return pythonText(item.value);
    if (role == ValueRole)
        return item.value;
    if (role == Qt::FontRole)
        return index.column() == Key ? QVariant() : QVariant(monospaced());
    if (role == Qt::ForegroundRole)
        return index.column() == Type ? QVariant(toneColor(Tone::Quiet, QGuiApplication::palette())) : QVariant();
    if (role != Qt::DisplayRole && !(role == Qt::ToolTipRole && index.column() == Value))
        return {};
    switch (index.column()) {
    case Key:
        return item.key;
    case Type:
        return typeText(item.value, item.count);
    default:
        break;
    }
    if (item.text.isNull()) {
        item.text = pythonText(item.value);
        if (item.text.size() > longest)
            item.text = item.text.first(longest) + u'…';
    }
    return role == Qt::ToolTipRole ? plainToolTip(item.text) : item.text;
}

QVariant ArgumentModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal || role != Qt::DisplayRole)
        return {};
    const QString titles[] = {tr("Argument"), tr("Type"), tr("Value")};
    return section < ColumnCount ? QVariant(titles[section]) : QVariant();
}

} // namespace Pyvent::Inspector
