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
#include "tonelabel.h"

#include <QtCore/qlocale.h>
#include <QtCore/qsettings.h>
#include <QtGui/qevent.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qsplitter.h>
#include <QtWidgets/qtabwidget.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int secondsBetweenQuestions = 5;

} // namespace

MainWindow::MainWindow(QWidget *parent)
    : QMainWindow(parent)
    , m_connectionBar(new ConnectionBar(&m_link))
    , m_messageBar(new MessageBar)
    , m_filterBar(new FilterBar)
    , m_view(new EventView(&m_events))
    , m_argumentPanel(new ArgumentPanel)
    , m_ratePanel(new RatePanel(&m_rates))
    , m_nodesPanel(new NodesPanel(&m_nodes))
    , m_sendPanel(new SendPanel(&m_link))
    , m_tabs(new QTabWidget)
    , m_sides(new QSplitter(Qt::Horizontal))
    , m_logSide(new QSplitter(Qt::Vertical))
    , m_sideBar(new QSplitter(Qt::Vertical))
    , m_counts(new ElidedLabel(Qt::ElideRight))
    , m_lostLabel(new ToneLabel(Tone::Bad))
    , m_refusedLabel(new ToneLabel(Tone::Bad))
    , m_progress(new QProgressBar)
    , m_cancel(new QToolButton)
{
    setWindowTitle(tr("Pyvent Inspector"));
    makeFileMenu();
    makeEditMenu();
    makeViewMenu();
    makeBusMenu();
    makeLayout();
    makeStatusBar();
    connectParts();
    loadSettings();
    showCounts();
    updateActions();
    m_view->setFocus();
}

MainWindow::~MainWindow()
{
    // What they tell at their end is of no interest any more.
    m_link.disconnect(this);
    m_events.disconnect(this);
    m_logFile.disconnect(this);
}

void MainWindow::connectParts()
{
    connect(&m_link, &BusLink::received, this, [this](const PyventEvent &event) {
        m_events.append(event);
        m_rates.add(event.name);
        m_nodes.noteEvent(event);
    });
    connect(&m_link, &BusLink::stateChanged, this, &MainWindow::noteState);
    connect(&m_link, &BusLink::answered, &m_nodes, &NodesModel::setAnswers);
    connect(&m_link, &BusLink::lost, this, &MainWindow::noteLost);
    connect(&m_link, &BusLink::refused, this, &MainWindow::noteRefused);
    connect(&m_link, &BusLink::wentWrong, this, &MainWindow::noteError);

    m_events.setNodeNames([this](const QUuid &node) { return m_nodes.nameOf(node); });
    connect(&m_events, &EventModel::changed, this, &MainWindow::showCounts);
    connect(&m_events, &EventModel::dropped, this, &MainWindow::noteDropped);
    connect(m_filterBar, &FilterBar::changed, this, [this] { m_view->setFilter(m_filterBar->texts()); });
    connect(m_ratePanel, &RatePanel::onlyWanted, this, &MainWindow::showOnly);
    connect(m_ratePanel, &RatePanel::notWanted, this, &MainWindow::hideName);
    connect(m_tabs, &QTabWidget::currentChanged, this, [this] {
        if (m_nodesPanel->isVisible())
            m_link.findNodes();
    });
    connect(m_view, &EventView::currentSerialChanged, this, [this] {
        if (const auto serial = m_view->currentSerial())
            m_argumentPanel->show(m_events, serial);
        updateActions();
    });
    connect(m_view, &EventView::spacePressed, this, &MainWindow::togglePause);
    connect(m_view, &QAbstractItemView::doubleClicked, this, &MainWindow::sendAgain);
    connect(m_view->selectionModel(), &QItemSelectionModel::selectionChanged, this, &MainWindow::updateActions);

    connect(&m_logFile, &LogFile::progressed, m_progress, &QProgressBar::setValue);
    connect(&m_logFile, &LogFile::wasRead, this, &MainWindow::showLog);
    connect(&m_logFile, &LogFile::wasWritten, this, &MainWindow::noteWritten);
    connect(&m_logFile, &LogFile::canceled, this, &MainWindow::hideProgress);
    m_second.setInterval(1s);
    connect(&m_second, &QTimer::timeout, this, &MainWindow::everySecond);
    m_second.start();
}

void MainWindow::everySecond()
{
    static_assert(secondsBetweenQuestions > 1);
    m_rates.nextSecond();
    m_nodes.update();
    if (QDateTime::currentSecsSinceEpoch() % secondsBetweenQuestions == 0 && m_nodesPanel->isVisible())
        m_link.findNodes();
}

void MainWindow::noteState()
{
    // Nodes of a bus that is left are of no interest any more.
    if (m_place != m_link.place() || !m_link.isJoined())
        m_nodes.clear();
    m_place = m_link.place();
    m_nodes.setOwn(m_link.uuid());
    if (m_link.isReady()) {
        m_messageBar->withdraw(MessageBar::Connection);
        m_link.findNodes();
    }
    if (m_link.isServing())
        m_messageBar->withdraw(MessageBar::Serving);
    showHint();
    updateActions();
}

void MainWindow::noteError(const PyventError &error)
{
    switch (error.code) {
    case PyventError::ServerNotResponding:
    case PyventError::InvalidOption:
        m_messageBar->say(error.text, Tone::Bad, MessageBar::Connection);
        break;
    case PyventError::PortTaken:
    case PyventError::CannotServe:
        m_messageBar->say(error.text, Tone::Bad, MessageBar::Serving);
        break;
    default:
        m_messageBar->say(error.text, Tone::Bad);
    }
}

void MainWindow::noteLost(const QString &name, const QUuid &node, quint64 count)
{
    m_lost += count;
    m_lostLabel->setText(tr("%1 lost").arg(QLocale().toString(m_lost)));
    m_lostLabel->show();
    const QString sender = shortNameOf(node);
    m_messageBar->say(count == 1
                          ? tr("1 event '%1' of the node %2 was sent and will not arrive any more.").arg(name, sender)
                          : tr("%1 events '%2' of the node %3 were sent and will not arrive any more.")
                                .arg(QLocale().toString(count), name, sender),
                      Tone::Waiting);
}

QString MainWindow::shortNameOf(const QUuid &node) const
{
    const QString known = m_nodes.nameOf(node);
    return known.isEmpty() ? node.toString(QUuid::WithoutBraces).first(8) : known;
}

void MainWindow::noteRefused(const QString &, const QUuid &node, quint64 count, const QString &why)
{
    m_refused += count;
    m_refusedLabel->setText(tr("%1 refused").arg(QLocale().toString(m_refused)));
    m_refusedLabel->setToolTip(why);
    m_refusedLabel->show();
    const QString text = why.left(1).toUpper() + why.mid(1);
    m_messageBar->say(node.isNull() ? tr("%1.").arg(text)
                                    : tr("%1. It came from the node %2.").arg(text, shortNameOf(node)),
                      Tone::Waiting);
}

void MainWindow::noteDropped(qsizetype count)
{
    if (m_dropped == 0) {
        m_messageBar->say(tr("The log is full: it keeps %1 events, or 1 GiB of them, and drops the oldest from now on. "
                             "View › Keep at Most changes that.")
                              .arg(QLocale().toString(m_events.store().maximum())),
                          Tone::Waiting);
    }
    m_dropped += count;
}

void MainWindow::showCounts()
{
    const QLocale locale;
    const int shown = m_events.rowCount();
    const qsizetype all = m_events.store().count() - m_events.waiting();
    const qsizetype waiting = m_events.waiting();
    const bool isFiltered = m_events.filter() != FilterTexts();
    const QString events = all == 1 ? tr("1 event") : tr("%1 events").arg(locale.toString(all));
    QString text = isFiltered ? tr("%1 of %2").arg(locale.toString(shown), events) : events;
    if (m_events.isScanning()) {
        const double done = 1.0 - double(m_events.unscanned()) / double(std::max<qsizetype>(1, all));
        text += tr(", filtering: %1 %").arg(int(done * 100));
    }
    if (m_events.isPaused()) {
        text += tr(" · paused");
        if (waiting > 0)
            text += waiting == 1 ? tr(", 1 new event waits") : tr(", %1 new events wait").arg(locale.toString(waiting));
    }
    if (m_dropped > 0)
        text += m_dropped == 1 ? tr(" · the oldest was dropped")
                               : tr(" · the oldest %1 were dropped").arg(locale.toString(m_dropped));
    m_counts->setText(text);
    showHint();
    updateActions();
}

// Why the table is empty, and what would fill it.
void MainWindow::showHint()
{
    if (m_events.rowCount() > 0)
        return;
    const qsizetype waiting = m_events.waiting();
    const qsizetype hidden = m_events.store().count() - waiting;
    const Place &place = m_link.place();
    if (hidden > 0 && m_events.isScanning()) {
        m_eventsHint->say(tr("Looking for events that fit the filter…"), m_clearFilter);
    } else if (hidden > 0) {
        m_eventsHint->say(
            hidden == 1 ? tr("The filter hides the only event: it does not fit.")
                        : tr("The filter hides all %1 events: none of them fits.").arg(QLocale().toString(hidden)),
            m_clearFilter);
    } else if (waiting > 0) {
        m_eventsHint->say(
            waiting == 1
                ? tr("Paused: 1 event waits. Resume with Space to see it.")
                : tr("Paused: %1 events wait. Resume with Space to see them.").arg(QLocale().toString(waiting)),
            m_pause, tr("Resume"));
    } else if (!m_link.isJoined()) {
        m_eventsHint->say(tr("This window is not on a bus.\n\nConnect it above, or open a log with Ctrl+O."));
    } else if (m_link.isHostUnknown()) {
        m_eventsHint->say(
            tr("The host %1 has no address that this machine knows.\n\nCheck its name above, and the network. "
               "This window goes on trying.")
                .arg(place.address));
    } else if (m_link.isUnanswered()) {
        m_eventsHint->say(
            tr("Nobody serves port %1 of %2.\n\nThe first program that uses this bus serves it, and then its "
               "events show here. This window can serve until then, so that none is missed.")
                .arg(QString::number(place.port), place.address),
            m_serve);
    } else {
        m_eventsHint->say(
            tr("No events yet.\n\nWhatever is sent on this bus shows here. Send one with Ctrl+N, or open a log "
               "with Ctrl+O.\nIf events are missing, check the address and the port."));
    }
}

Place MainWindow::rememberedPlace() const
{
    const QSettings settings;
    const Place fallback;
    const int port = settings.value(u"port"_s, fallback.port).toInt();
    return {settings.value(u"address"_s, fallback.address).toString(),
            port >= 1 && port <= 65534 ? port : fallback.port};
}

void MainWindow::join(const Place &place)
{
    m_connectionBar->setPlace(place);
    m_link.join(place);
}

void MainWindow::loadSettings()
{
    QSettings settings;
    m_connectionBar->setPlace(rememberedPlace());
    m_sendPanel->load(&settings);
    bool isNumber = false;
    const qlonglong maximum = settings.value(u"maximum"_s).toLongLong(&isNumber);
    if (isNumber && maximum > 0)
        m_events.setMaximum(qsizetype(maximum));
    restoreGeometry(settings.value(u"geometry"_s).toByteArray());
    for (QSplitter *splitter : {m_sides, m_logSide, m_sideBar})
        splitter->restoreState(settings.value(splitter->objectName()).toByteArray());
    m_view->restoreColumns(settings.value(u"columns"_s).toByteArray());
    m_argumentPanel->restoreColumns(settings.value(u"argumentColumns"_s).toByteArray());
    m_ratePanel->restoreColumns(settings.value(u"nameColumns"_s).toByteArray());
    m_nodesPanel->restoreColumns(settings.value(u"nodeColumns"_s).toByteArray());
    m_tabs->setCurrentIndex(settings.value(u"tab"_s).toInt());
}

void MainWindow::saveSettings() const
{
    QSettings settings;
    const Place place = m_connectionBar->place();
    settings.setValue(u"address"_s, place.address);
    settings.setValue(u"port"_s, place.port);
    settings.setValue(u"maximum"_s, qlonglong(m_events.store().maximum()));
    m_sendPanel->save(&settings);
    settings.setValue(u"geometry"_s, saveGeometry());
    settings.setValue(m_logSide->objectName(), m_isCompact ? m_logSideState : m_logSide->saveState());
    settings.setValue(m_sides->objectName(), m_isCompact ? m_sidesState : m_sides->saveState());
    settings.setValue(m_sideBar->objectName(), m_isCompact ? m_sideBarState : m_sideBar->saveState());
    settings.setValue(u"columns"_s, m_view->saveColumns());
    settings.setValue(u"argumentColumns"_s, m_argumentPanel->saveColumns());
    settings.setValue(u"nameColumns"_s, m_ratePanel->saveColumns());
    settings.setValue(u"nodeColumns"_s, m_nodesPanel->saveColumns());
    settings.setValue(u"tab"_s, m_tabs->currentWidget() == m_nodesPanel ? 1 : 0);
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    saveSettings();
    QMainWindow::closeEvent(event);
}

} // namespace Pyvent::Inspector
