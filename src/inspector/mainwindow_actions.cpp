// SPDX-License-Identifier: MIT
#include "mainwindow.h"

#include "argumentpanel.h"
#include "codewriter.h"
#include "eventview.h"
#include "filterbar.h"
#include "messagebar.h"
#include "sendpanel.h"

#include <QtGui/qaction.h>
#include <QtGui/qclipboard.h>
#include <QtGui/qguiapplication.h>
#include <QtGui/qshortcut.h>
#include <QtWidgets/qinputdialog.h>
#include <QtWidgets/qmenu.h>
#include <QtWidgets/qmenubar.h>
#include <QtWidgets/qmessagebox.h>
#include <QtWidgets/qstatusbar.h>

#include <limits>

// The menus, and what their entries do.

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

// Copying more would take longer than anyone wants to wait.
constexpr qsizetype mostCopied = 10'000;

} // namespace

QAction *MainWindow::addAction(QMenu *menu, const QString &text, const QKeySequence &shortcut,
                               void (MainWindow::*slot)())
{
    QAction *const action = menu->addAction(text);
    action->setShortcut(shortcut);
    connect(action, &QAction::triggered, this, slot);
    return action;
}

void MainWindow::makeFileMenu()
{
    QMenu *const menu = menuBar()->addMenu(tr("&File"));
    m_open = addAction(menu, tr("&Open Log…"), QKeySequence::Open, &MainWindow::askWhatToOpen);
    m_save = addAction(menu, tr("&Save Log…"), QKeySequence::Save, &MainWindow::askWhereToSave);
    menu->addSeparator();
    QAction *const quit = menu->addAction(tr("&Quit"));
    quit->setShortcut(QKeySequence::Quit);
    connect(quit, &QAction::triggered, this, &QWidget::close);
}

void MainWindow::makeEditMenu()
{
    QMenu *const menu = menuBar()->addMenu(tr("&Edit"));
    makeCopyActions(menu);
    m_sendAgain =
        addAction(menu, tr("Send A&gain, Edited"), QKeySequence(Qt::CTRL | Qt::Key_E), &MainWindow::sendAgain);
    m_sendAgain->setToolTip(tr("Put the selected event into the send panel (Ctrl+E)"));
    m_view->addAction(m_sendAgain);
    menu->addSeparator();
    addAction(menu, tr("&Filter"), QKeySequence::Find, &MainWindow::focusFilter);
    m_showOnly = addAction(menu, tr("Show &Only This Name"), QKeySequence(), &MainWindow::showOnlySelected);
    m_showOnly->setObjectName(u"showOnly"_s);
    m_hideName = addAction(menu, tr("&Hide This Name"), QKeySequence(), &MainWindow::hideSelected);
    m_hideName->setObjectName(u"hideName"_s);
    m_clearFilter =
        addAction(menu, tr("Clear F&ilter"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_F), &MainWindow::clearFilter);
    m_clearFilter->setObjectName(u"clearFilter"_s);
    m_clearFilter->setToolTip(tr("Show all events again (Ctrl+Shift+F, or Esc in the filter)"));
    auto *separator = new QAction(this);
    separator->setSeparator(true);
    m_view->addActions({separator, m_showOnly, m_hideName, m_clearFilter});
    connect(new QShortcut(Qt::Key_Escape, this), &QShortcut::activated, this, &MainWindow::escape);
}

void MainWindow::makeCopyActions(QMenu *menu)
{
    struct Entry
    {
        QString text;
        QKeySequence shortcut;
        void (MainWindow::*slot)();
        const char *name;
    };
    const Entry entries[] = {
        {tr("&Copy as JSON"), QKeySequence::Copy, &MainWindow::copyAsJson, "copyJson"},
        {tr("Copy as C&++"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_C), &MainWindow::copyAsCpp, "copyCpp"},
        {tr("Copy as &QML"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_Q), &MainWindow::copyAsQml, "copyQml"},
        {tr("Copy as &Python"), QKeySequence(Qt::CTRL | Qt::SHIFT | Qt::Key_P), &MainWindow::copyAsPython,
         "copyPython"},
    };
    for (const Entry &entry : entries) {
        QAction *const action = addAction(menu, entry.text, entry.shortcut, entry.slot);
        action->setObjectName(QLatin1StringView(entry.name));
        // In the table: elsewhere Ctrl+C copies what is selected there.
        action->setShortcutContext(Qt::WidgetWithChildrenShortcut);
        m_view->addAction(action);
        m_copies.append(action);
    }
    menu->addSeparator();
}

void MainWindow::makeViewMenu()
{
    QMenu *const menu = menuBar()->addMenu(tr("&View"));
    m_pause = addAction(menu, tr("&Pause"), QKeySequence(Qt::CTRL | Qt::Key_P), &MainWindow::togglePause);
    m_pause->setObjectName(u"pause"_s);
    m_pause->setCheckable(true);
    m_pause->setToolTip(tr("Let the table stand still, and keep new events (Space in the table, or Ctrl+P)"));
    m_clear = addAction(menu, tr("C&lear"), QKeySequence(Qt::CTRL | Qt::Key_L), &MainWindow::clearEvents);
    m_clear->setObjectName(u"clear"_s);
    m_clear->setToolTip(tr("Forget all events (Ctrl+L)"));
    addAction(menu, tr("Go to &Newest"), QKeySequence(Qt::CTRL | Qt::Key_End), &MainWindow::goToNewest);
    menu->addSeparator();
    addAction(menu, tr("&Keep at Most…"), QKeySequence(), &MainWindow::askForMaximum);
}

void MainWindow::makeBusMenu()
{
    QMenu *const menu = menuBar()->addMenu(tr("&Bus"));
    addAction(menu, tr("&New Event"), QKeySequence::New, &MainWindow::focusSend);
    QAction *const send = menu->addAction(tr("&Send"));
    send->setShortcut(QKeySequence(Qt::CTRL | Qt::Key_Return));
    connect(send, &QAction::triggered, m_sendPanel, &SendPanel::send);
    menu->addSeparator();
    m_serve = menu->addAction(tr("S&erve Here"));
    m_serve->setObjectName(u"serve"_s);
    m_serve->setCheckable(true);
    m_serve->setToolTip(tr("Be the server of this bus, until this window is closed"));
    connect(m_serve, &QAction::triggered, this, [this](bool serving) {
        m_link.setServing(serving);
        updateActions(); // it may not have become the server
    });
    m_ask = menu->addAction(tr("Ask &Who Is There"));
    m_ask->setShortcut(QKeySequence(Qt::Key_F5));
    connect(m_ask, &QAction::triggered, &m_link, &BusLink::findNodes);
    QMenu *const help = menuBar()->addMenu(tr("&Help"));
    addAction(help, tr("&About"), QKeySequence(), &MainWindow::about);
}

void MainWindow::updateActions()
{
    const bool hasCurrent = m_view->currentSerial().has_value();
    const bool hasSelection = m_view->selectionModel()->hasSelection();
    m_sendAgain->setEnabled(hasCurrent);
    m_showOnly->setEnabled(hasCurrent);
    m_hideName->setEnabled(hasCurrent);
    m_clearFilter->setEnabled(!m_filterBar->isEmpty());
    for (QAction *copy : std::as_const(m_copies))
        copy->setEnabled(hasSelection);
    m_pause->setChecked(m_events.isPaused());
    m_clear->setEnabled(m_events.store().count() > 0);
    m_open->setEnabled(!m_logFile.isBusy());
    m_save->setEnabled(m_events.store().count() > 0 && !m_logFile.isBusy());
    m_serve->setEnabled(m_link.isJoined());
    m_serve->setChecked(m_link.isServing());
    m_ask->setEnabled(m_link.isReady());
}

void MainWindow::clearEvents()
{
    m_events.clear();
    m_rates.reset(m_events.store());
    m_argumentPanel->show(m_events, std::nullopt);
    m_dropped = 0;
    showCounts();
}

void MainWindow::clearFilter()
{
    m_filterBar->clear();
}

// In the filter it clears that, and then leaves it; anywhere else it takes the message away, and nothing that was typed.
void MainWindow::escape()
{
    if (!m_filterBar->hasFocusInside())
        m_messageBar->hide();
    else if (m_filterBar->isEmpty())
        m_view->setFocus(Qt::ShortcutFocusReason);
    else
        m_filterBar->clear();
}

void MainWindow::showOnly(const QString &name)
{
    FilterTexts texts = m_filterBar->texts();
    texts.name = patternOnly(name);
    m_filterBar->setTexts(texts);
    reveal(m_view);
}

void MainWindow::hideName(const QString &name)
{
    FilterTexts texts = m_filterBar->texts();
    texts.name = patternWithout(texts.name, name);
    m_filterBar->setTexts(texts);
}

void MainWindow::showOnlySelected()
{
    if (const auto serial = m_view->currentSerial())
        showOnly(m_events.store().name(*serial));
}

void MainWindow::hideSelected()
{
    if (const auto serial = m_view->currentSerial())
        hideName(m_events.store().name(*serial));
}

void MainWindow::togglePause()
{
    m_events.setPaused(!m_events.isPaused());
}

void MainWindow::sendAgain()
{
    const auto serial = m_view->currentSerial();
    if (!serial)
        return;
    reveal(m_sendPanel);
    m_sendPanel->edit(m_events.store().event(*serial));
}

void MainWindow::askForMaximum()
{
    auto *dialog = new QInputDialog(this);
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setWindowTitle(tr("Keep at Most"));
    dialog->setLabelText(tr("Events to keep; the oldest go first.\nA million small ones take about 150 MB."));
    dialog->setInputMode(QInputDialog::IntInput);
    dialog->setIntRange(100, 20'000'000);
    dialog->setIntValue(int(std::min<qsizetype>(m_events.store().maximum(), std::numeric_limits<int>::max())));
    connect(dialog, &QInputDialog::intValueSelected, this, [this](int count) { m_events.setMaximum(count); });
    dialog->open();
}

void MainWindow::about()
{
    auto *box = new QMessageBox(QMessageBox::NoIcon, tr("About Pyvent Inspector"),
                                tr("Pyvent Inspector %1\n\nShows the events on a Pyvent bus, and sends events.")
                                    .arg(QCoreApplication::applicationVersion()),
                                QMessageBox::Close, this);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->open();
}

void MainWindow::goToNewest()
{
    reveal(m_view);
    m_view->goToNewest();
}

void MainWindow::focusFilter()
{
    reveal(m_filterBar);
    m_filterBar->focusName();
}

void MainWindow::focusSend()
{
    reveal(m_sendPanel);
    m_sendPanel->focusName();
}

void MainWindow::copyText(const QString &text, qsizetype count, const QString &what)
{
    QGuiApplication::clipboard()->setText(text);
    statusBar()->showMessage(count == 1 ? tr("Copied as %1.").arg(what) : tr("Copied %1 as %2.").arg(count).arg(what),
                             shownBriefly);
}

void MainWindow::copyAsJson()
{
    const QList<Serial> serials = m_view->selectedSerials();
    QByteArray lines;
    for (const Serial serial : serials)
        lines += m_events.store().jsonLine(serial) + (serials.size() > 1 ? "\n" : "");
    copyText(QString::fromUtf8(lines), serials.size(), u"JSON"_s);
}

void MainWindow::copyWith(QString (*write)(const PyventEvent &event), const QString &what)
{
    const QList<Serial> serials = m_view->selectedSerials();
    if (serials.size() > mostCopied) {
        m_messageBar->say(tr("Nothing was copied: select at most %1 events.").arg(mostCopied), Tone::Waiting);
        return;
    }
    QStringList statements;
    for (const Serial serial : serials) {
        try {
            statements.append(write(m_events.store().event(serial)));
        } catch (const CannotWrite &reason) {
            m_messageBar->say(tr("Nothing was copied. The event '%1' cannot be written as %2: %3. Copy it as JSON.")
                                  .arg(m_events.store().name(serial), what, reason.text),
                              Tone::Waiting);
            return;
        }
    }
    copyText(statements.join(u'\n'), serials.size(), what);
}

void MainWindow::copyAsCpp()
{
    copyWith(asCpp, u"C++"_s);
}

void MainWindow::copyAsQml()
{
    copyWith(asQml, u"QML"_s);
}

void MainWindow::copyAsPython()
{
    copyWith(asPython, u"Python"_s);
}

} // namespace Pyvent::Inspector
