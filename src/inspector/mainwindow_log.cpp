// SPDX-License-Identifier: MIT
#include "mainwindow.h"

#include "argumentpanel.h"
#include "eventview.h"
#include "messagebar.h"

#include <QtCore/qdir.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qlocale.h>
#include <QtWidgets/qfiledialog.h>
#include <QtWidgets/qmessagebox.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qstatusbar.h>
#include <QtWidgets/qtoolbutton.h>

// Logs: opening and saving them.

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

QString logFilter()
{
    return MainWindow::tr("Event logs (*.jsonl *.json *.log);;All files (*)");
}

} // namespace

void MainWindow::askWhatToOpen()
{
    auto *dialog = new QFileDialog(this, tr("Open a Log"), QString(), logFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setFileMode(QFileDialog::ExistingFile);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::openLog);
    dialog->open();
}

void MainWindow::askWhereToSave()
{
    auto *dialog = new QFileDialog(this, tr("Save the Log"), QString(), logFilter());
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    dialog->setDefaultSuffix(u"jsonl"_s);
    connect(dialog, &QFileDialog::fileSelected, this, &MainWindow::saveLog);
    dialog->open();
}

void MainWindow::openLog(const QString &path)
{
    if (m_logFile.isBusy())
        return;
    m_logFile.read(path, m_events.store().maximum());
    showProgress(tr("Opening %1").arg(QFileInfo(path).fileName()));
}

void MainWindow::saveLog(const QString &path)
{
    if (m_logFile.isBusy())
        return;
    m_logFile.write(path, m_events.store());
    showProgress(tr("Saving %1").arg(QFileInfo(path).fileName()));
}

void MainWindow::showProgress(const QString &what)
{
    m_progress->setValue(0);
    m_progress->setFormat(what + u" – %p %"_s);
    m_progress->show();
    m_cancel->show();
    updateActions();
}

void MainWindow::hideProgress()
{
    m_progress->hide();
    m_cancel->hide();
    updateActions();
}

void MainWindow::showLog(const QString &path, const LogResult &result)
{
    hideProgress();
    if (!result.error.isEmpty()) {
        m_messageBar->say(result.error, Tone::Bad);
        return;
    }
    if (m_events.store().end() <= m_saved || m_events.store().count() == 0) {
        takeLog(path, result);
        return;
    }
    auto *box = new QMessageBox(QMessageBox::Question, tr("Open a Log"),
                                tr("Show the %1 events of %2 instead of those that are shown now?")
                                    .arg(QLocale().toString(result.store->count()), QFileInfo(path).fileName()),
                                QMessageBox::Cancel, this);
    box->setObjectName(u"replaceLog"_s);
    box->setAttribute(Qt::WA_DeleteOnClose);
    box->setInformativeText(tr("The events shown now are not saved."));
    QPushButton *const replace = box->addButton(tr("&Show the Log"), QMessageBox::AcceptRole);
    box->setDefaultButton(replace);
    connect(replace, &QPushButton::clicked, this, [this, path, result] { takeLog(path, result); });
    box->open();
}

void MainWindow::takeLog(const QString &path, const LogResult &result)
{
    // What is heard from now on would stand among the log's events: it waits.
    m_events.setPaused(true);
    m_argumentPanel->show(m_events, std::nullopt);
    m_events.replaceStore(EventStore(*result.store));
    m_saved = m_events.store().end();
    m_dropped = result.dropped;
    m_rates.reset(m_events.store());
    setWindowFilePath(path);
    setWindowTitle(tr("%1 – Pyvent Inspector").arg(QFileInfo(path).fileName()));
    const QString waits = tr("New events wait until you resume with Space.");
    QString text = tr("This is the log %1.").arg(QDir::toNativeSeparators(path));
    if (!result.omitted.isEmpty())
        text += u' ' + result.omitted;
    m_messageBar->say(text + u' ' + waits, result.omitted.isEmpty() ? Tone::Good : Tone::Waiting);
    showCounts();
    m_view->goToNewest();
}

void MainWindow::noteWritten(const QString &path, const LogResult &result)
{
    hideProgress();
    if (!result.error.isEmpty()) {
        m_messageBar->say(result.error, Tone::Bad);
        return;
    }
    m_saved = m_events.store().begin() + Serial(result.count);
    statusBar()->showMessage(
        tr("%1 events are saved in %2.").arg(QLocale().toString(result.count), QDir::toNativeSeparators(path)),
        shownBriefly);
}

} // namespace Pyvent::Inspector
