// SPDX-License-Identifier: MIT
#include "ratepanel.h"

#include "emptyhint.h"
#include "rateplot.h"
#include "tablecolumns.h"

#include <QtGui/qaction.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qtableview.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

RatePanel::RatePanel(RateModel *model, QWidget *parent)
    : QWidget(parent)
    , m_model(model)
    , m_sorted()
    , m_view(new QTableView)
    , m_columns(nullptr)
{
    m_sorted.setSourceModel(model);
    m_sorted.setSortRole(RateModel::SortRole);
    m_sorted.setSortCaseSensitivity(Qt::CaseInsensitive);
    auto *plot = new RatePlot(model);

    m_view->setObjectName(u"names"_s);
    m_view->setAccessibleName(tr("Names, with their numbers of events and their rates"));
    m_view->setModel(&m_sorted);
    m_view->setItemDelegateForColumn(RateModel::Minute, new SparklineDelegate(m_view));
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setAlternatingRowColors(true);
    m_view->setIconSize(QSize(10, 10)); // of the name's colour
    m_view->setToolTip(tr("Double-click a name, or press Return, to see its events only."));
    m_view->setSortingEnabled(true);
    m_view->sortByColumn(RateModel::Count, Qt::DescendingOrder);
    m_columns = new TableColumns(m_view,
                                 {{.kind = TableColumns::Name, .least = 30, .most = 60},
                                  {.kind = TableColumns::Whole},
                                  {.kind = TableColumns::Whole},
                                  {.kind = TableColumns::Text, .least = 6, .most = 14, .missed = 1}},
                                 RateModel::Name);
    new EmptyHint(tr("No events yet. Each name that is heard is counted here."), m_view);

    connect(m_view->selectionModel(), &QItemSelectionModel::currentRowChanged, this,
            [this, plot](const QModelIndex &current) { plot->setEmphasized(m_sorted.mapToSource(current).row()); });
    addActions();

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(plot, 1);
    layout->addWidget(m_view, 2);
}

void RatePanel::addActions()
{
    const auto name = [this](const QModelIndex &index) { return m_model->name(m_sorted.mapToSource(index).row()); };
    connect(m_view, &QAbstractItemView::activated, this,
            [this, name](const QModelIndex &index) { Q_EMIT onlyWanted(name(index)); });
    m_view->setContextMenuPolicy(Qt::ActionsContextMenu);
    const auto add = [this, name](const QString &text, void (RatePanel::*wish)(const QString &)) {
        auto *action = new QAction(text, this);
        connect(action, &QAction::triggered, this, [this, name, wish] {
            if (const QModelIndex index = m_view->currentIndex(); index.isValid())
                Q_EMIT(this->*wish)(name(index));
        });
        m_view->addAction(action);
    };
    add(tr("Show &Only This Name"), &RatePanel::onlyWanted);
    add(tr("&Hide This Name"), &RatePanel::notWanted);
}

QByteArray RatePanel::saveColumns() const
{
    return m_columns->saveState();
}

void RatePanel::restoreColumns(const QByteArray &state)
{
    m_columns->restoreState(state);
}

} // namespace Pyvent::Inspector
