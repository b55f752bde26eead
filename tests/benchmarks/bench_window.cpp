// SPDX-License-Identifier: MIT
// A window that shows what it hears, and notes how late its timer is.
#include "role.h"

#include <PyventNode>

#include <QtCore/qtimer.h>
#include <QtWidgets/qapplication.h>
#include <QtWidgets/qlabel.h>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// How long the window that hears nothing is looked at.
constexpr std::size_t ticksAlone = 300;

class Window : public QLabel
{
public:
    Window()
    {
        resize(400, 200);
        show();
        m_timer.setTimerType(Qt::PreciseTimer);
        connect(&m_timer, &QTimer::timeout, this, &Window::tick);
    }

    void startTicking()
    {
        m_due = nanoseconds() + interval.count();
        m_timer.start(std::chrono::duration_cast<std::chrono::milliseconds>(interval));
    }
    void sayLateness()
    {
        m_timer.stop();
        say("lateness", std::move(m_lateness));
    }

    qint64 heard = 0;
    std::function<void(std::size_t ticks)> ticked = [](std::size_t) {};

private:
    void tick()
    {
        const qint64 late = nanoseconds() - m_due;
        m_lateness.push_back(std::max<qint64>(late, 0));
        // Qt leaves out the ticks that it has missed.
        m_due += interval.count() * std::max<qint64>(1, 1 + late / interval.count());
        setText(u"%L1 orders"_s.arg(heard));
        ticked(m_lateness.size());
    }

    static constexpr std::chrono::nanoseconds interval = 16ms;

    QTimer m_timer;
    qint64 m_due = 0;
    std::vector<qint64> m_lateness;
};

int alone(const RoleOptions &)
{
    Window window;
    window.ticked = [&](std::size_t ticks) {
        if (ticks == ticksAlone)
            window.sayLateness();
    };
    window.startTicking();
    return QApplication::exec();
}

int fed(const RoleOptions &options)
{
    PyventNode node(PyventOptions{.port = options.port, .server = false});
    Window window;
    node.on(orderName, &window, [&](const QVariantMap &) {
        if (window.heard == 0)
            window.startTicking();
        if (++window.heard % progressStep(options) == 0)
            node.send(progressName, sampleArguments(window.heard));
    });
    node.on(endName, &window, [&] {
        if (window.heard != options.events)
            return QApplication::exit(sayFailed(u"of %1 events %2 were heard"_s.arg(options.events).arg(window.heard)));
        say("finished", nanoseconds());
        window.sayLateness();
    });
    node.whenReady().then(&node, [] { say("ready"); });
    return QApplication::exec();
}

} // namespace

int main(int argc, char *argv[])
{
    if (qEnvironmentVariableIsEmpty("QT_QPA_PLATFORM"))
        qputenv("QT_QPA_PLATFORM", "offscreen");
    QApplication application(argc, argv);
    return playFromCommandLine({{u"window-alone"_s, alone}, {u"window-fed"_s, fed}});
}
