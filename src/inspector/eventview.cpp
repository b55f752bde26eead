// SPDX-License-Identifier: MIT
#include "eventview.h"

#include "textstyle.h"

#include <QtGui/qevent.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qscrollbar.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

EventView::EventView(EventModel *model, QWidget *parent)
    : QTableView(parent)
    , m_model(model)
{
    setObjectName(u"events"_s);
    setAccessibleName(tr("Events"));
    // Before the view itself hears of them: it moves with what it is told.
    const auto noteEnd = [this] { m_wasAtNewest = m_isFollowing; };
    connect(model, &QAbstractItemModel::rowsAboutToBeInserted, this, noteEnd);
    connect(model, &QAbstractItemModel::rowsAboutToBeRemoved, this, noteEnd);
    connect(model, &QAbstractItemModel::modelAboutToBeReset, this, noteEnd);
    setModel(model);
    connect(model, &QAbstractItemModel::rowsInserted, this,
            [this](const QModelIndex &, int first, int last) { keepPlace(first, last - first + 1); });
    connect(model, &QAbstractItemModel::rowsRemoved, this,
            [this](const QModelIndex &, int first, int last) { keepPlace(first, first - last - 1); });
    connect(model, &QAbstractItemModel::modelReset, this, [this] {
        goToNewest();
        Q_EMIT currentSerialChanged();
    });

    // Also where the rows in sight become fewer, because a message is shown above them.
    QScrollBar *const bar = verticalScrollBar();
    connect(bar, &QScrollBar::rangeChanged, this, [this, bar] {
        if (m_isFollowing)
            bar->setValue(bar->maximum());
    });
    connect(bar, &QScrollBar::valueChanged, this, [this] { m_isFollowing = isAtNewest(); });

    setSelectionBehavior(SelectRows);
    setSelectionMode(ExtendedSelection);
    setEditTriggers(NoEditTriggers);
    setTabKeyNavigation(false);
    setShowGrid(false);
    setAlternatingRowColors(true);
    setWordWrap(false);
    setTextElideMode(Qt::ElideRight);
    setCornerButtonEnabled(false);
    setContextMenuPolicy(Qt::ActionsContextMenu);
    setHorizontalScrollMode(ScrollPerPixel);
    // One height for all rows: nothing is measured, however many there are.
    verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    verticalHeader()->setMinimumSectionSize(1);
    verticalHeader()->setDefaultSectionSize(std::max(fontMetrics().height(), QFontMetrics(monospaced()).height()) + 6);
    verticalHeader()->hide();
    QHeaderView *const header = horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionsMovable(true);
    header->setDefaultAlignment(Qt::AlignLeft | Qt::AlignVCenter);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setSectionResizeMode(EventModel::Arguments, QHeaderView::Stretch);
    const int character = fontMetrics().averageCharWidth();
    const int digit = QFontMetrics(monospaced()).horizontalAdvance(u'0');
    header->resizeSection(EventModel::Time, digit * 12 + 20);
    header->resizeSection(EventModel::Name, character * 18);
    header->resizeSection(EventModel::Sender, character * 19);
    header->resizeSection(EventModel::Node, character * 10);
    header->resizeSection(EventModel::Sequence, digit * 5 + 16);
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
    Q_EMIT currentSerialChanged();
}

} // namespace Pyvent::Inspector
