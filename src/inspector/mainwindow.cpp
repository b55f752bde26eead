// SPDX-License-Identifier: MIT
#include "mainwindow.h"

#include "argumentpanel.h"
#include "connectionbar.h"
#include "emptyhint.h"
#include "eventview.h"
#include "filterbar.h"
#include "messagebar.h"
#include "nodespanel.h"
#include "ratepanel.h"
#include "sendpanel.h"
#include "unreadablelabel.h"

#include <QtCore/qlocale.h>
#include <QtCore/qsettings.h>
#include <QtGui/qevent.h>
#include <QtGui/qguiapplication.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qprogressbar.h>
#include <QtWidgets/qsplitter.h>
#include <QtWidgets/qstatusbar.h>
#include <QtWidgets/qtabwidget.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int margin = 12;
constexpr int secondsBetweenQuestions = 5;

QString hintForEvents()
{
    return MainWindow::tr(
        "No events yet.\n\nWhatever is sent on this bus shows here. Send one below on the right, or "
        "open a log with Ctrl+O.\nIf events are missing, check the filter, the address and the port.");
}

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
    , m_counts(new QLabel)
    , m_lostLabel(new QLabel)
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

void MainWindow::makeLayout()
{
    m_sides->setObjectName(u"sides"_s);
    m_sides->addWidget(makeLogSide());
    m_sides->addWidget(makeSideBar());
    m_sides->setStretchFactor(0, 1);
    m_sides->setSizes({800, 364});
    for (QSplitter *splitter : {m_sides, m_logSide, m_sideBar}) {
        splitter->setChildrenCollapsible(false);
        splitter->setHandleWidth(margin);
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
    content->setContentsMargins(margin, margin, margin, 6);
    content->addWidget(m_sides, 1);
    layout->addLayout(content, 1);
    setCentralWidget(center);
    resize(1200, 800);
}

QWidget *MainWindow::makeLogSide()
{
    m_filterBar->addButton(m_pause);
    m_filterBar->addButton(m_clear);
    new EmptyHint(hintForEvents(), m_view);

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
    m_counts->setContentsMargins(margin - 4, 0, 0, 0);
    m_lostLabel->setObjectName(u"lost"_s);
    m_lostLabel->hide();
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
    statusBar()->addPermanentWidget(m_progress);
    statusBar()->addPermanentWidget(m_cancel);
    statusBar()->setSizeGripEnabled(false);
    hideProgress();
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
    connect(&m_link, &BusLink::wentWrong, m_messageBar,
            [this](const QString &text) { m_messageBar->say(text, Tone::Bad); });

    m_events.setNodeNames([this](const QUuid &node) { return m_nodes.nameOf(node); });
    connect(&m_events, &EventModel::changed, this, &MainWindow::showCounts);
    connect(&m_events, &EventModel::dropped, this, &MainWindow::noteDropped);
    connect(m_filterBar, &FilterBar::changed, this, [this] { m_events.setFilter(m_filterBar->texts()); });
    connect(m_ratePanel, &RatePanel::nameActivated, this, [this](const QString &name) {
        FilterTexts texts = m_filterBar->texts();
        texts.name = u'=' + name;
        m_filterBar->setTexts(texts);
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
    m_nodes.setOwn(m_link.uuid());
    if (m_link.isReady())
        m_link.findNodes();
    updateActions();
}

void MainWindow::noteLost(const QString &name, const QUuid &node, quint64 count)
{
    m_lost += count;
    m_lostLabel->setText(tr("%1 lost").arg(QLocale().toString(m_lost)));
    QPalette palette = QGuiApplication::palette();
    palette.setColor(QPalette::WindowText, toneColor(Tone::Bad, palette));
    m_lostLabel->setPalette(palette);
    m_lostLabel->show();
    const QString known = m_nodes.nameOf(node);
    m_messageBar->say(tr("%1 events '%2' of the node %3 were sent and will not arrive any more.")
                          .arg(QLocale().toString(count), name,
                               known.isEmpty() ? node.toString(QUuid::WithoutBraces).first(8) : known),
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
    const bool isFiltered = m_events.filter() != FilterTexts();
    QString text = isFiltered ? tr("%1 of %2 events").arg(locale.toString(shown), locale.toString(all))
                              : tr("%1 events").arg(locale.toString(all));
    if (m_events.isScanning()) {
        const double done = 1.0 - double(m_events.unscanned()) / double(std::max<qsizetype>(1, all));
        text += tr(", filtering: %1 %").arg(int(done * 100));
    }
    if (m_events.isPaused())
        text += tr(" · paused, %1 new ones wait").arg(locale.toString(m_events.waiting()));
    if (m_dropped > 0)
        text += tr(" · the oldest %1 were dropped").arg(locale.toString(m_dropped));
    m_counts->setText(text);
    updateActions();
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
    m_view->horizontalHeader()->restoreState(settings.value(u"columns"_s).toByteArray());
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
    for (const QSplitter *splitter : {m_sides, m_logSide, m_sideBar})
        settings.setValue(splitter->objectName(), splitter->saveState());
    settings.setValue(u"columns"_s, m_view->horizontalHeader()->saveState());
    settings.setValue(u"argumentColumns"_s, m_argumentPanel->saveColumns());
    settings.setValue(u"nameColumns"_s, m_ratePanel->saveColumns());
    settings.setValue(u"nodeColumns"_s, m_nodesPanel->saveColumns());
    settings.setValue(u"tab"_s, m_tabs->currentIndex());
}

void MainWindow::closeEvent(QCloseEvent *event)
{
    saveSettings();
    QMainWindow::closeEvent(event);
}

} // namespace Pyvent::Inspector
