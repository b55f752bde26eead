// SPDX-License-Identifier: MIT
#include "eventview.h"

#include "tablecolumns.h"

#include <QtCore/qscopedvaluerollback.h>
#include <QtGui/qevent.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qscrollbar.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

EventView::EventView(EventModel *model, QWidget *parent)
    : QTableView(parent)
    , m_model(model)
    , m_kept()
    , m_columns(nullptr)
{
    setObjectName(u"events"_s);
    setAccessibleName(tr("Events"));
    connectModel();
    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setTextElideMode(Qt::ElideRight);
    setCornerButtonEnabled(false);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    horizontalHeader()->setSectionsMovable(true);
    horizontalHeader()->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    m_columns = new TableColumns(this,
                                 {{.kind = TableColumns::Whole},
                                  {.kind = TableColumns::Name, .least = 20, .most = 50},
                                  {.kind = TableColumns::Name, .least = 9, .most = 36, .missed = 1},
                                  {.kind = TableColumns::Text, .least = 16, .most = 60},
                                  {.kind = TableColumns::Name, .least = 8, .most = 24, .missed = 3},
                                  {.kind = TableColumns::Whole, .missed = 2}},
                                 EventModel::Arguments);
}

void EventView::connectModel()
{
    // Before the view itself hears of them: it moves with what it is told.
    const auto noteEnd = [this] { m_wasAtNewest = m_isFollowing; };
    connect(m_model, &QAbstractItemModel::rowsAboutToBeInserted, this, noteEnd);
    connect(m_model, &QAbstractItemModel::rowsAboutToBeRemoved, this, noteEnd);
    connect(m_model, &QAbstractItemModel::modelAboutToBeReset, this, noteEnd);
    setModel(m_model);
    connect(m_model, &QAbstractItemModel::rowsInserted, this, [this](const QModelIndex &, int first, int last) {
        keepPlace(first, last - first + 1);
        if (first == 0)
            selectKept();
    });
    connect(m_model, &QAbstractItemModel::rowsRemoved, this,
            [this](const QModelIndex &, int first, int last) { keepPlace(first, first - last - 1); });
    connect(m_model, &QAbstractItemModel::modelReset, this, [this] {
        goToNewest();
        if (m_isFiltering)
            selectKept();
        else
            m_kept = {}; // another log, or none
        Q_EMIT currentSerialChanged();
    });

    // Also where the rows in sight become fewer, because a message is shown above them.
    QScrollBar *const bar = verticalScrollBar();
    connect(bar, &QScrollBar::rangeChanged, this, [this, bar] {
        if (m_isFollowing)
            bar->setValue(bar->maximum());
    });
    connect(bar, &QScrollBar::valueChanged, this, [this] { m_isFollowing = isAtNewest(); });
}

void EventView::setFilter(const FilterTexts &texts)
{
    keepSelection();
    const QScopedValueRollback filtering(m_isFiltering, true);
    m_model->setFilter(texts);
}

void EventView::keepSelection()
{
    constexpr qsizetype mostKept = 10'000;
    if (const auto current = currentSerial()) {
        m_kept.current = current;
        m_kept.serials = selectedSerials();
        if (m_kept.serials.size() > mostKept)
            m_kept.serials = {*current};
        m_kept.isWanted = viewport()->rect().intersects(visualRect(currentIndex()));
    } // else what an earlier filter hides is kept on
    m_kept.missing = m_kept.serials;
}

void EventView::selectKept()
{
    QItemSelection rows;
    std::optional<int> currentRow;
    m_kept.missing.removeIf([&](Serial serial) {
        const auto row = m_model->rowOf(serial);
        if (!row)
            return false;
        const QModelIndex index = m_model->index(*row, 0);
        if (!rows.isEmpty() && rows.last().bottom() + 1 == *row)
            rows.last() = QItemSelectionRange(rows.last().topLeft(), index);
        else
            rows.append(QItemSelectionRange(index));
        if (serial == m_kept.current)
            currentRow = row;
        return true;
    });
    if (rows.isEmpty())
        return;
    selectionModel()->select(rows, QItemSelectionModel::Select | QItemSelectionModel::Rows);
    if (!currentRow)
        return;
    const QModelIndex current = m_model->index(*currentRow, 0);
    const QScopedValueRollback restoring(m_isRestoring, true);
    setAutoScroll(false);
    selectionModel()->setCurrentIndex(current, QItemSelectionModel::NoUpdate);
    setAutoScroll(true);
    if (m_kept.isWanted)
        scrollTo(current, PositionAtCenter);
}

QByteArray EventView::saveColumns() const
{
    return m_columns->saveState();
}

void EventView::restoreColumns(const QByteArray &state)
{
    m_columns->restoreState(state);
}

bool EventView::isAtNewest() const
{
    return verticalScrollBar()->value() >= verticalScrollBar()->maximum();
}

void EventView::goToNewest()
{
    scrollToBottom();
}

void EventView::keepPlace(int first, int change)
{
    if (m_wasAtNewest) {
        scrollToBottom();
        return;
    }
    const bool isAbove = first == 0;
    if (!isAbove)
        return;
    QScrollBar *const bar = verticalScrollBar();
    const int place = bar->value();
    executeDelayedItemsLayout();
    bar->setValue(std::max(0, place + change));
}

std::optional<Serial> EventView::currentSerial() const
{
    const QModelIndex index = currentIndex();
    return index.isValid() ? std::optional(m_model->serialAt(index.row())) : std::nullopt;
}

QList<Serial> EventView::selectedSerials() const
{
    QList<Serial> serials;
    const QModelIndexList rows = selectionModel()->selectedRows();
    for (const QModelIndex &index : rows)
        serials.append(m_model->serialAt(index.row()));
    std::sort(serials.begin(), serials.end());
    return serials;
}

void EventView::keyPressEvent(QKeyEvent *event)
{
    if (event->key() == Qt::Key_Space && event->modifiers() == Qt::NoModifier) {
        Q_EMIT spacePressed();
        return;
    }
    QTableView::keyPressEvent(event);
}

void EventView::currentChanged(const QModelIndex &current, const QModelIndex &previous)
{
    QTableView::currentChanged(current, previous);
    if (!m_isRestoring)
        m_kept = {}; // who selects another row wants that
    Q_EMIT currentSerialChanged();
}

} // namespace Pyvent::Inspector
