// SPDX-License-Identifier: MIT
#include "argumentpanel.h"

#include "emptyhint.h"
#include "textstyle.h"

#include <QtGui/qaction.h>
#include <QtGui/qclipboard.h>
#include <QtGui/qguiapplication.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qtoolbutton.h>
#include <QtWidgets/qtreeview.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

ArgumentPanel::ArgumentPanel(QWidget *parent)
    : QWidget(parent)
    , m_model()
    , m_title(new QLabel)
    , m_sendAgain(new QToolButton)
    , m_tree(new QTreeView)
{
    QFont bold = m_title->font();
    bold.setBold(true);
    m_title->setFont(bold);
    m_title->setTextFormat(Qt::PlainText);
    m_title->setObjectName(u"selectedEvent"_s);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    m_tree->setObjectName(u"arguments"_s);
    m_tree->setAccessibleName(tr("Arguments of the selected event"));
    m_tree->setModel(&m_model);
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setTextElideMode(Qt::ElideRight);
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    const int character = fontMetrics().averageCharWidth();
    m_tree->header()->resizeSection(ArgumentModel::Key, character * 24);
    m_tree->header()->resizeSection(ArgumentModel::Type, character * 18);
    m_tree->header()->setStretchLastSection(true);
    auto *copy = new QAction(tr("Copy the &value"), this);
    copy->setShortcut(QKeySequence::Copy);
    copy->setShortcutContext(Qt::WidgetShortcut);
    connect(copy, &QAction::triggered, this, &ArgumentPanel::copyValue);
    m_tree->addAction(copy);
    new EmptyHint(tr("Select an event to see its arguments, with their Python types."), m_tree);

    auto *head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_sendAgain);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(head);
    layout->addWidget(m_tree, 1);
    m_title->setText(tr("No event selected"));
}

void ArgumentPanel::setSendAgain(QAction *action)
{
    m_sendAgain->setDefaultAction(action);
    m_sendAgain->setToolButtonStyle(Qt::ToolButtonTextOnly);
}

void ArgumentPanel::show(const EventModel &events, std::optional<Serial> serial)
{
    if (serial && !events.store().contains(*serial))
        serial.reset();
    if (serial == m_serial && serial)
        return;
    m_serial = serial;
    if (!serial) {
        m_title->setText(tr("No event selected"));
        m_model.setArguments({});
        return;
    }
    const EventStore &store = events.store();
    QString error;
    m_model.setArguments(store.decoded(*serial, &error));
    QString title = tr("%1, from %2").arg(store.name(*serial), store.sender(*serial));
    if (!error.isEmpty())
        title += u" – "_s + tr("its arguments cannot be shown: %1").arg(error);
    else if (store.arguments(*serial).size() <= 2)
        title += tr(", without arguments");
    m_title->setText(title);
    m_title->setToolTip(title);
    if (m_model.rowCount() == 1) // one dict holds all: that is what one wants to see
        m_tree->expand(m_model.index(0, 0));
}

void ArgumentPanel::copyValue()
{
    const QModelIndex index = m_tree->currentIndex();
    if (index.isValid())
        QGuiApplication::clipboard()->setText(index.data(ArgumentModel::FullValueRole).toString());
}

QByteArray ArgumentPanel::saveColumns() const
{
    return m_tree->header()->saveState();
}

void ArgumentPanel::restoreColumns(const QByteArray &state)
{
    m_tree->header()->restoreState(state);
}

} // namespace Pyvent::Inspector
