// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_INSPECTOR_WINDOWTEST_H
#define PYVENT_TESTS_INSPECTOR_WINDOWTEST_H

#include "support/freeport.h"
#include "support/program.h"
#include "support/waituntil.h"

#include "eventview.h"
#include "mainwindow.h"
#include "messagebar.h"

#include <QtTest>

#include <memory>

// What the tests of the window share: one on a bus of its own, with settings of its own.
class WindowTest : public QObject
{
protected:
    static constexpr int patience = PyventTests::patience;

    bool prepare(const QString &name)
    {
        QCoreApplication::setOrganizationName(QStringLiteral("PyventTests"));
        QCoreApplication::setApplicationName(name);
        QSettings::setDefaultFormat(QSettings::IniFormat);
        QSettings::setPath(QSettings::IniFormat, QSettings::UserScope, m_folder.path());
        return m_folder.isValid();
    }

    void begin()
    {
        QSettings().clear();
        m_port = PyventTests::freePort();
    }

    bool open()
    {
        m_window = std::make_unique<Pyvent::Inspector::MainWindow>();
        m_window->show();
        m_window->activateWindow();
        return QTest::qWaitForWindowExposed(m_window.get(), patience);
    }

    void end()
    {
        m_window.reset();
        m_server.reset();
    }

    template <typename T>
    T *part(const char *name)
    {
        T *const found = m_window->findChild<T *>(QLatin1StringView(name));
        Q_ASSERT(found);
        return found;
    }
    Pyvent::Inspector::EventView *view() { return part<Pyvent::Inspector::EventView>("events"); }
    Pyvent::Inspector::EventModel &events() { return m_window->events(); }
    QString cell(int row, int column) { return events().index(row, column).data().toString(); }
    QString message()
    {
        const auto *bar = part<Pyvent::Inspector::MessageBar>("messageBar");
        return bar->isVisible() ? bar->text() : QString();
    }
    void select(int row) { view()->setCurrentIndex(events().index(row, 0)); }
    QString path(const QString &name) const { return m_folder.filePath(name); }

    QStringList onBus(const QStringList &command) const
    {
        return command + QStringList{QStringLiteral("--port"), QString::number(m_port)};
    }
    int send(const QStringList &words) const
    {
        return PyventTests::Program(onBus(QStringList{QStringLiteral("send"), QStringLiteral("--no-server")} + words))
            .exitCode();
    }
    bool serves()
    {
        m_server = std::make_unique<PyventTests::Program>(onBus({QStringLiteral("serve")}));
        return m_server->complains(QStringLiteral("serving at"));
    }
    bool joins()
    {
        if (!serves())
            return false;
        m_window->join({QStringLiteral("127.0.0.1"), m_port});
        return PyventTests::waitUntil([this] { return m_window->link().isReady(); });
    }

    // As if it had been heard.
    void append(const QString &name, const QVariantMap &arguments = {})
    {
        PyventEvent event;
        event.name = name;
        event.sender = QStringLiteral("pyvent");
        event.args = arguments;
        event.time = QDateTime::currentDateTimeUtc();
        events().append(event);
    }

    QTemporaryDir m_folder;
    int m_port = 0;
    std::unique_ptr<Pyvent::Inspector::MainWindow> m_window;
    std::unique_ptr<PyventTests::Program> m_server;
};

#endif
