// SPDX-License-Identifier: MIT
#include "ratepanel.h"

#include "emptyhint.h"
#include "rateplot.h"

#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qtableview.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

RatePanel::RatePanel(RateModel *model, QWidget *parent)
    : QWidget(parent)
    , m_sorted()
    , m_view(new QTableView)
{
    m_sorted.setSourceModel(model);
    m_sorted.setSortRole(RateModel::SortRole);
    m_sorted.setSortCaseSensitivity(Qt::CaseInsensitive);
    auto *plot = new RatePlot(model);

    m_view->setObjectName(u"names"_s);
    m_view->setAccessibleName(tr("Names, how often they came, and how often they come"));
    m_view->setModel(&m_sorted);
    m_view->setItemDelegateForColumn(RateModel::Minute, new SparklineDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->setIconSize(QSize(10, 10));
    m_view->setToolTip(tr("Double-click a name, or press Return, to see its events only."));
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 8);
    QHeaderView *const header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(RateModel::Name, QHeaderView::Stretch);
    const int character = m_view->fontMetrics().averageCharWidth();
    header->setMinimumSectionSize(character * 6);
    header->resizeSection(RateModel::Count, character * 9);
    header->resizeSection(RateModel::Rate, character * 8);
    header->resizeSection(RateModel::Minute, character * 14);
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(RateModel::Count, Qt::DescendingOrder);
    new EmptyHint(tr("No events yet. Each name that is heard is counted here."), m_view);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this, plot](const QModelIndex &current) { plot->setEmphasized(m_sorted.mapToSource(current).row()); });
    connect(m_view, &QAbstractItemView::activated, this, [this, model](const QModelIndex &index) {
        Q_EMIT nameActivated(model->name(m_sorted.mapToSource(index).row()));
    });

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(plot, 1);
    layout->addWidget(m_view, 2);
}

QByteArray RatePanel::saveColumns() const
{
    return m_view->horizontalHeader()->saveState();
}

void RatePanel::restoreColumns(const QByteArray &state)
{
    m_view->horizontalHeader()->restoreState(state);
}

} // namespace Pyvent::Inspector
