// SPDX-License-Identifier: MIT
#include "mainwindow.h"

#include "argumentpanel.h"
#include "connectionbar.h"
#include "elidedlabel.h"
#include "emptyhint.h"
#include "eventview.h"
#include "filterbar.h"
#include "messagebar.h"
#include "nodespanel.h"
#include "ratepanel.h"
#include "sendpanel.h"
#include "unreadablelabel.h"

#include <QtGui/qevent.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qsplitter.h>
#include <QtWidgets/qstatusbar.h>
#include <QtWidgets/qtabbar.h>
#include <QtWidgets/qtabwidget.h>
#include <QtWidgets/qtoolbutton.h>

#include <algorithm>

// Where the parts are. In a wide window the log is beside names, nodes and what is sent; in one that is too small for that, each
// of them has a tab of its own, with all of the room.

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

constexpr int windowMargin = 12;

} // namespace

void MainWindow::makeLayout()
{
    m_sides->setObjectName(u"sides"_s);
    m_sides->addWidget(makeLogSide());
    m_sides->addWidget(makeSideBar());
    m_sides->setStretchFactor(0, 1);
    m_sides->setSizes({800, std::max(364, fontMetrics().averageCharWidth() * 46)});
    for (QSplitter *splitter : {m_sides, m_logSide, m_sideBar}) {
        splitter->setChildrenCollapsible(false);
        splitter->setHandleWidth(windowMargin);
    }
    auto *line = new QFrame;
    line->setFrameShape(QFrame::HLine);
    line->setForegroundRole(QPalette::Mid);
    line->setFrameShadow(QFrame::Plain);

    auto *center = new QWidget;
    auto *layout = new QVBoxLayout(center);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_connectionBar);
    layout->addWidget(line);
    layout->addWidget(m_messageBar);
    auto *content = new QVBoxLayout;
    content->setContentsMargins(windowMargin, windowMargin, windowMargin, 6);
    content->addWidget(m_sides, 1);
    layout->addLayout(content, 1);
    setCentralWidget(center);
    setLeastSize();
    resize(1200, 800);
}

QWidget *MainWindow::makeLogSide()
{
    m_filterBar->addButton(m_pause);
    m_filterBar->addButton(m_clear);
    m_connectionBar->setServe(m_serve);
    m_eventsHint = new EmptyHint({}, m_view);

    auto *upper = new QWidget;
    auto *layout = new QVBoxLayout(upper);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(8);
    layout->addWidget(m_filterBar);
    layout->addWidget(m_view, 1);
    m_argumentPanel->setSendAgain(m_sendAgain);
    m_logSide->setObjectName(u"logSide"_s);
    m_logSide->addWidget(upper);
    m_logSide->addWidget(m_argumentPanel);
    m_logSide->setStretchFactor(0, 1);
    m_logSide->setSizes({430, 220});
    return m_logSide;
}

QWidget *MainWindow::makeSideBar()
{
    m_tabs->setDocumentMode(true);
    m_tabs->addTab(m_ratePanel, tr("Names and rates"));
    m_tabs->addTab(m_nodesPanel, tr("Nodes"));
    m_nodesPanel->setAsk(m_ask);
    m_sideBar->setObjectName(u"sideBar"_s);
    m_sideBar->addWidget(m_tabs);
    m_sideBar->addWidget(m_sendPanel);
    m_sideBar->setStretchFactor(0, 1);
    m_sideBar->setSizes({400, 270});
    return m_sideBar;
}

void MainWindow::makeStatusBar()
{
    m_counts->setObjectName(u"counts"_s);
    m_counts->setContentsMargins(windowMargin - 4, 0, 0, 0);
    m_lostLabel->setObjectName(u"lost"_s);
    m_lostLabel->hide();
    m_refusedLabel->setObjectName(u"refused"_s);
    m_refusedLabel->hide();
    m_progress->setObjectName(u"progress"_s);
    m_progress->setRange(0, 1000);
    m_progress->setMaximumWidth(220);
    m_progress->setAccessibleName(tr("Progress"));
    m_cancel->setText(tr("Cancel"));
    m_cancel->setAutoRaise(true);
    connect(m_cancel, &QToolButton::clicked, &m_logFile, &LogFile::cancel);
    statusBar()->addWidget(m_counts, 1);
    statusBar()->addPermanentWidget(new UnreadableLabel(&m_link));
    statusBar()->addPermanentWidget(m_lostLabel);
    statusBar()->addPermanentWidget(m_refusedLabel);
    statusBar()->addPermanentWidget(m_progress);
    statusBar()->addPermanentWidget(m_cancel);
    statusBar()->setSizeGripEnabled(false);
    hideProgress();
}

// The parts would like more, and get tabs instead.
void MainWindow::setLeastSize()
{
    constexpr int characters = 46;
    constexpr int lines = 16;
    centralWidget()->setMinimumSize(fontMetrics().averageCharWidth() * characters, fontMetrics().lineSpacing() * lines);
}

// What the parts need beside each other, whether they are or not.
QSize MainWindow::wideSize() const
{
    constexpr int charactersOfLog = 76;
    constexpr int charactersOfSideBar = 46;
    const int character = fontMetrics().averageCharWidth();
    const int log = std::max(m_logSide->minimumSizeHint().width(), character * charactersOfLog);
    const int side = std::max({m_ratePanel->minimumSizeHint().width(), m_nodesPanel->minimumSizeHint().width(),
                               m_sendPanel->minimumSizeHint().width(), character * charactersOfSideBar});
    const int height = m_tabs->tabBar()->sizeHint().height() + m_ratePanel->minimumSizeHint().height()
        + m_sendPanel->minimumSizeHint().height();
    return {log + side + 3 * windowMargin, height + m_connectionBar->minimumSizeHint().height() + 3 * windowMargin};
}

void MainWindow::setCompact(bool isCompact)
{
    if (isCompact == m_isCompact)
        return;
    m_isCompact = isCompact;
    QWidget *const focused = focusWidget();
    if (isCompact) {
        m_sidesState = m_sides->saveState();
        m_sideBarState = m_sideBar->saveState();
        m_logSideState = m_logSide->saveState();
        m_tabs->insertTab(0, m_logSide, tr("Events"));
        m_tabs->addTab(m_sendPanel, tr("Send"));
        m_tabs->setCurrentWidget(m_logSide);
        const int room = centralWidget()->height() - 10 * fontMetrics().lineSpacing(); // beside bars and tabs
        m_logSide->setSizes({room * 5 / 8, room * 3 / 8});
    } else {
        QWidget *const page = m_tabs->currentWidget();
        m_sides->insertWidget(0, m_logSide);
        m_sides->setStretchFactor(0, 1);
        m_sides->setStretchFactor(1, 0);
        m_sideBar->addWidget(m_sendPanel);
        m_logSide->show();
        m_sendPanel->show();
        m_sides->restoreState(m_sidesState);
        m_sideBar->restoreState(m_sideBarState);
        m_logSide->restoreState(m_logSideState);
        m_tabs->setCurrentWidget(page == m_nodesPanel ? static_cast<QWidget *>(m_nodesPanel) : m_ratePanel);
    }
    const QMargins belowTabs(0, isCompact ? 8 : 0, 0, 0);
    m_logSide->setContentsMargins(belowTabs);
    m_sendPanel->setContentsMargins(belowTabs);
    if (focused && focused != m_tabs && !qobject_cast<QTabBar *>(focused)) {
        reveal(focused);
        focused->setFocus(Qt::OtherFocusReason);
    }
}

// Shows the tab that \a part is on.
void MainWindow::reveal(QWidget *part)
{
    for (int i = 0; i < m_tabs->count(); ++i) {
        if (m_tabs->widget(i) == part || m_tabs->widget(i)->isAncestorOf(part))
            m_tabs->setCurrentIndex(i);
    }
}

void MainWindow::resizeEvent(QResizeEvent *event)
{
    QMainWindow::resizeEvent(event);
    const QSize needed = wideSize();
    setCompact(centralWidget()->width() < needed.width() || centralWidget()->height() < needed.height());
}

void MainWindow::changeEvent(QEvent *event)
{
    QMainWindow::changeEvent(event);
    if (event->type() == QEvent::FontChange && centralWidget())
        setLeastSize();
}

} // namespace Pyvent::Inspector
