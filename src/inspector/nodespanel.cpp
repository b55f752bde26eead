// SPDX-License-Identifier: MIT
#include "nodespanel.h"

#include "emptyhint.h"
#include "tablecolumns.h"

#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qtableview.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

NodesPanel::NodesPanel(NodesModel *model, QWidget *parent)
    : QWidget(parent)
    , m_view(new QTableView)
    , m_columns(nullptr)
{
    m_view->setObjectName(u"nodes"_s);
    m_view->setAccessibleName(tr("Nodes on the bus"));
    m_view->setModel(model);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setAlternatingRowColors(true);
    m_columns = new TableColumns(m_view,
                                 {{.kind = TableColumns::Name, .least = 16, .most = 40},
                                  {.kind = TableColumns::Name, .least = 9, .most = 40, .missed = 2},
                                  {.kind = TableColumns::Whole},
                                  {.kind = TableColumns::Whole},
                                  {.kind = TableColumns::Whole, .missed = 1}},
                                 NodesModel::Node);
    new EmptyHint(tr("Nobody has answered or sent an event yet.\n\nPython nodes show when they send."), m_view);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 8, 0, 0);
    layout->addWidget(m_view, 1);
}

void NodesPanel::setAsk(QAction *action)
{
    auto *button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    auto *note = new QLabel(tr("Python nodes cannot answer: they show here when they send."));
    note->setForegroundRole(QPalette::PlaceholderText);
    note->setWordWrap(true);
    auto *foot = new QHBoxLayout;
    foot->addWidget(note, 1);
    foot->addWidget(button);
    static_cast<QVBoxLayout *>(layout())->addLayout(foot);
}

QByteArray NodesPanel::saveColumns() const
{
    return m_columns->saveState();
}

void NodesPanel::restoreColumns(const QByteArray &state)
{
    m_columns->restoreState(state);
}

} // namespace Pyvent::Inspector
