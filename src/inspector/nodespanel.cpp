// SPDX-License-Identifier: MIT
#include "nodespanel.h"

#include "emptyhint.h"

#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qtableview.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

NodesPanel::NodesPanel(NodesModel *model, QWidget *parent)
    : QWidget(parent)
    , m_view(new QTableView)
{
    m_view->setObjectName(u"nodes"_s);
    m_view->setAccessibleName(tr("Nodes on the bus"));
    m_view->setModel(model);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setTabKeyNavigation(false);
    m_view->setShowGrid(false);
    m_view->setWordWrap(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setDefaultSectionSize(m_view->fontMetrics().height() + 8);
    QHeaderView *const header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(NodesModel::Program, QHeaderView::Stretch);
    const int character = m_view->fontMetrics().averageCharWidth();
    header->resizeSection(NodesModel::Node, character * 14);
    header->resizeSection(NodesModel::Role, character * 12);
    header->resizeSection(NodesModel::Events, character * 8);
    header->resizeSection(NodesModel::Seen, character * 11);
    new EmptyHint(tr("Nobody has answered or sent an event yet.\nPython nodes show when they send."), m_view);

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
    auto *note = new QLabel(tr("Python nodes cannot answer: they show when they send."));
    note->setForegroundRole(QPalette::PlaceholderText);
    note->setWordWrap(true);
    auto *foot = new QHBoxLayout;
    foot->addWidget(note, 1);
    foot->addWidget(button);
    static_cast<QVBoxLayout *>(layout())->addLayout(foot);
}

QByteArray NodesPanel::saveColumns() const
{
    return m_view->horizontalHeader()->saveState();
}

void NodesPanel::restoreColumns(const QByteArray &state)
{
    m_view->horizontalHeader()->restoreState(state);
}

} // namespace Pyvent::Inspector
