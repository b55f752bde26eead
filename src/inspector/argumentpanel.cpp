// SPDX-License-Identifier: MIT
#include "argumentpanel.h"

#include "elidedlabel.h"
#include "emptyhint.h"
#include "namedelegate.h"
#include "valuesize.h"
#include "valuewindow.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qscopedvaluerollback.h>
#include <QtGui/qaction.h>
#include <QtGui/qclipboard.h>
#include <QtGui/qguiapplication.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qtoolbutton.h>
#include <QtWidgets/qtreeview.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

ArgumentPanel::ArgumentPanel(QWidget *parent)
    : QWidget(parent)
    , m_model()
    , m_title(new ElidedLabel)
    , m_sendAgain(new QToolButton)
    , m_showValueButton(new QToolButton)
    , m_tree(new QTreeView)
{
    m_title->setObjectName(u"selectedEvent"_s);
    m_title->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);

    m_tree->setObjectName(u"arguments"_s);
    m_tree->setAccessibleName(tr("Arguments of the selected event"));
    m_tree->setModel(&m_model);
    m_tree->setUniformRowHeights(true);
    m_tree->setAlternatingRowColors(true);
    m_tree->setTextElideMode(Qt::ElideRight);
    m_tree->setItemDelegateForColumn(ArgumentModel::Key, new NameDelegate(m_tree));
    m_tree->setContextMenuPolicy(Qt::ActionsContextMenu);
    QHeaderView *const header = m_tree->header();
    header->setResizeContentsPrecision(0); // what is in sight
    header->setSectionResizeMode(ArgumentModel::Type, QHeaderView::ResizeToContents);
    header->setStretchLastSection(true);
    connect(header, &QHeaderView::sectionResized, this, [this](int column) {
        if (column == ArgumentModel::Key && !m_isFitting && m_tree->isVisible())
            m_isArranged = true;
    });
    makeActions();
    new EmptyHint(tr("Select an event to see its arguments.\n\nEach of them is shown with its Python type."), m_tree);

    auto *head = new QHBoxLayout;
    head->addWidget(m_title, 1);
    head->addWidget(m_showValueButton);
    head->addWidget(m_sendAgain);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(6);
    layout->addLayout(head);
    layout->addWidget(m_tree, 1);
    m_title->setText(tr("No event selected"));
    setTitleFont();
    fitKeys();
    updateActions();
}

void ArgumentPanel::makeActions()
{
    m_showValue = new QAction(tr("Show &Value"), this);
    m_showValue->setObjectName(u"showValue"_s);
    m_showValue->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_I));
    m_showValue->setToolTip(
        tr("Show the chosen argument in a window: a long text, bytes, an image (Ctrl+I, or a double-click)"));
    connect(m_showValue, &QAction::triggered, this, &ArgumentPanel::showValue);
    m_copyValue = new QAction(tr("&Copy Value"), this);
    m_copyValue->setShortcut(QKeySequence::Copy);
    m_copyValue->setShortcutContext(Qt::WidgetShortcut);
    connect(m_copyValue, &QAction::triggered, this, &ArgumentPanel::copyValue);
    m_tree->addAction(m_showValue);
    m_tree->addAction(m_copyValue);
    m_showValueButton->setDefaultAction(m_showValue);
    m_showValueButton->setToolButtonStyle(Qt::ToolButtonTextOnly);
    // What has items opens; everything else is shown.
    connect(m_tree, &QAbstractItemView::activated, this, [this](const QModelIndex &index) {
        if (!m_model.hasChildren(index.siblingAtColumn(0)))
            showValue();
    });
    connect(m_tree, &QTreeView::expanded, this, &ArgumentPanel::fitKeys);
    connect(&m_model, &QAbstractItemModel::modelReset, this, &ArgumentPanel::updateActions);
}

void ArgumentPanel::updateActions()
{
    const bool hasValue = m_model.rowCount() > 0;
    m_showValue->setEnabled(hasValue);
    m_copyValue->setEnabled(hasValue);
}

void ArgumentPanel::setTitleFont()
{
    QFont bold = font();
    bold.setBold(true);
    m_title->setFont(bold);
}

// As wide as the keys in sight, which leaves most of the width to the values.
void ArgumentPanel::fitKeys()
{
    constexpr int least = 14; // characters
    constexpr int most = 36;
    if (m_isArranged)
        return;
    const QScopedValueRollback fitting(m_isFitting, true);
    const int character = fontMetrics().averageCharWidth();
    m_tree->resizeColumnToContents(ArgumentModel::Key);
    const int wanted = m_tree->header()->sectionSize(ArgumentModel::Key);
    m_tree->header()->resizeSection(ArgumentModel::Key, std::clamp(wanted, character * least, character * most));
}

void ArgumentPanel::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() != QEvent::FontChange)
        return;
    setTitleFont();
    fitKeys();
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
    m_name.clear();
    if (!serial) {
        m_title->setText(tr("No event selected"));
        m_model.setArguments({});
        return;
    }
    const EventStore &store = events.store();
    m_name = store.name(*serial);
    QString error;
    m_model.setArguments(store.decoded(*serial, &error));
    QString title = tr("%1, from %2").arg(store.name(*serial), store.sender(*serial));
    if (!error.isEmpty())
        title += u" – "_s + tr("its arguments cannot be shown: %1").arg(error);
    else if (store.arguments(*serial).size() <= 2)
        title += tr(", without arguments");
    m_title->setText(title);
    if (m_model.rowCount() == 1) // one dict holds all: that is what one wants to see
        m_tree->expand(m_model.index(0, 0));
    fitKeys();
}

// Where none is chosen, it is the one with most in it: that is the one to look at.
QModelIndex ArgumentPanel::chosen() const
{
    if (m_tree->currentIndex().isValid())
        return m_tree->currentIndex();
    QModelIndex chosen;
    qsizetype most = -1;
    for (int row = 0; row < m_model.rowCount(); ++row) {
        const QModelIndex index = m_model.index(row, 0);
        const qsizetype size = valueSize(index.data(ArgumentModel::ValueRole));
        if (size > most) {
            most = size;
            chosen = index;
        }
    }
    return chosen;
}

void ArgumentPanel::showValue()
{
    const QModelIndex index = chosen();
    if (!index.isValid())
        return;
    QStringList path;
    for (QModelIndex item = index.siblingAtColumn(ArgumentModel::Key); item.isValid(); item = item.parent())
        path.prepend(item.data().toString());
    const QString title = tr("%1 of %2").arg(path.join(u" › "_s), m_name);
    (new ValueWindow(title, index.data(ArgumentModel::ValueRole), window()))->show();
}

void ArgumentPanel::copyValue()
{
    const QModelIndex index = chosen();
    if (index.isValid())
        QGuiApplication::clipboard()->setText(index.data(ArgumentModel::FullValueRole).toString());
}

QByteArray ArgumentPanel::saveColumns() const
{
    return m_isArranged ? m_tree->header()->saveState() : QByteArray();
}

void ArgumentPanel::restoreColumns(const QByteArray &state)
{
    const QScopedValueRollback fitting(m_isFitting, true);
    m_isArranged = !state.isEmpty() && m_tree->header()->restoreState(state);
}

} // namespace Pyvent::Inspector
