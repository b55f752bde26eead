// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_MAINWINDOW_H
#define PYVENT_INSPECTOR_MAINWINDOW_H

#include "buslink.h"
#include "eventmodel.h"
#include "logfile.h"
#include "nodesmodel.h"
#include "ratemodel.h"

#include <QtCore/qtimer.h>
#include <QtWidgets/qmainwindow.h>

class QLabel;
class QProgressBar;
class QSplitter;
class QTabWidget;
class QToolButton;

namespace Pyvent::Inspector {

class ArgumentPanel;
class ConnectionBar;
class EmptyHint;
class EventView;
class FilterBar;
class MessageBar;
class NodesPanel;
class RatePanel;
class SendPanel;

// The window, and what its parts have to do with each other.
class MainWindow : public QMainWindow
{
    Q_OBJECT

public:
    explicit MainWindow(QWidget *parent = nullptr);
    ~MainWindow() override;

    // The bus that was looked at last.
    Place rememberedPlace() const;
    void join(const Place &place);
    void openLog(const QString &path);
    void saveLog(const QString &path);

    EventModel &events() { return m_events; }
    BusLink &link() { return m_link; }
    RateModel &rates() { return m_rates; }
    NodesModel &nodes() { return m_nodes; }

protected:
    void closeEvent(QCloseEvent *event) override;
    void resizeEvent(QResizeEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    static constexpr int shownBriefly = 6000; // milliseconds, for what the status bar says

    // mainwindow.cpp
    void connectParts();
    void loadSettings();
    void saveSettings() const;

    // mainwindow_layout.cpp
    void makeLayout();
    QWidget *makeLogSide();
    QWidget *makeSideBar();
    void makeStatusBar();
    void setLeastSize();
    QSize wideSize() const;
    void setCompact(bool isCompact);
    void reveal(QWidget *part);

    // mainwindow_actions.cpp
    QAction *addAction(QMenu *menu, const QString &text, const QKeySequence &shortcut, void (MainWindow::*slot)());
    void makeFileMenu();
    void makeEditMenu();
    void makeCopyActions(QMenu *menu);
    void makeViewMenu();
    void makeBusMenu();
    void updateActions();
    void clearEvents();
    void clearFilter();
    void escape();
    void showOnly(const QString &name);
    void hideName(const QString &name);
    void showOnlySelected();
    void hideSelected();
    void togglePause();
    void sendAgain();
    void askForMaximum();
    void about();
    void goToNewest();
    void focusFilter();
    void focusSend();
    void copyAsJson();
    void copyAsCpp();
    void copyAsQml();
    void copyAsPython();
    void copyWith(QString (*write)(const PyventEvent &event), const QString &what);
    void copyText(const QString &text, qsizetype count, const QString &what);

    // mainwindow_log.cpp
    void askWhatToOpen();
    void askWhereToSave();
    void showLog(const QString &path, const LogResult &result);
    void takeLog(const QString &path, const LogResult &result);
    void noteWritten(const QString &path, const LogResult &result);
    void showProgress(const QString &what);
    void hideProgress();

    void showCounts();
    void showHint();
    void noteState();
    void noteError(const PyventError &error);
    void noteLost(const QString &name, const QUuid &node, quint64 count);
    void noteRefused(const QString &name, const QUuid &node, quint64 count, const QString &why);
    QString shortNameOf(const QUuid &node) const;
    void noteDropped(qsizetype count);
    void everySecond();

    EventModel m_events;
    RateModel m_rates;
    NodesModel m_nodes;
    BusLink m_link;
    LogFile m_logFile;
    QTimer m_second;
    quint64 m_lost = 0;
    quint64 m_refused = 0;
    qsizetype m_dropped = 0;
    Serial m_saved = 0; // events before this one are in a file
    Place m_place;      // whose nodes are listed
    bool m_isCompact = false;
    QByteArray m_sidesState; // when it is not compact
    QByteArray m_sideBarState;
    QByteArray m_logSideState;

    ConnectionBar *m_connectionBar;
    MessageBar *m_messageBar;
    FilterBar *m_filterBar;
    EventView *m_view;
    EmptyHint *m_eventsHint = nullptr;
    ArgumentPanel *m_argumentPanel;
    RatePanel *m_ratePanel;
    NodesPanel *m_nodesPanel;
    SendPanel *m_sendPanel;
    QTabWidget *m_tabs;
    QSplitter *m_sides;
    QSplitter *m_logSide;
    QSplitter *m_sideBar;
    QLabel *m_counts;
    QLabel *m_lostLabel;
    QLabel *m_refusedLabel;
    QProgressBar *m_progress;
    QToolButton *m_cancel;

    QAction *m_pause = nullptr;
    QAction *m_clear = nullptr;
    QAction *m_clearFilter = nullptr;
    QAction *m_showOnly = nullptr;
    QAction *m_hideName = nullptr;
    QAction *m_serve = nullptr;
    QAction *m_ask = nullptr;
    QAction *m_sendAgain = nullptr;
    QAction *m_open = nullptr;
    QAction *m_save = nullptr;
    QList<QAction *> m_copies;
};

} // namespace Pyvent::Inspector

#endif
