// SPDX-License-Identifier: MIT
// One process, one node, that sends "left" events and then leaves the bus in the way that its first argument says:
//
//   leaver WAY PORT COUNT elsewhere|itself|nobody|alone
//
// With "elsewhere" it is a client, with "itself" it serves, with "nobody" it may not serve and nobody else does, and with
// "alone" it serves and nobody else comes. It says "ready" on its standard output, and sends and leaves when it hears "go",
// or, with the last two, at once. Its log is on
// the standard output, too. Without arguments it lists the ways.
#include <Pyvent>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <thread>

#include <sys/signalfd.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

enum class Server { Elsewhere, Itself, Nobody, Alone };

int port = 0;
int count = 0;
Server server = Server::Elsewhere;
int argumentCount = 0;
char **arguments = nullptr;

// Generous where everything can be delivered, and short where nothing can.
PyventOptions options()
{
    const bool mayServe = server == Server::Itself || server == Server::Alone;
    return {.port = port, .server = mayServe, .linger = server == Server::Nobody ? 200ms : 10s};
}

// Whether somebody comes and says "go".
bool hasCompany()
{
    return server == Server::Elsewhere || server == Server::Itself;
}

void say(const char *line)
{
    std::printf("%s\n", line);
    std::fflush(stdout);
}

void sendAll(PyventNode &node)
{
    for (int i = 0; i < count; ++i) {
        if (!node.send("left", {{u"i"_s, i}}))
            ::_exit(4);
    }
}

// The same for both kinds of programs: those with an event loop, and those that block.
template <typename Leave>
void leaveOnGo(PyventNode &node, Leave leave)
{
    node.on("go", QCoreApplication::instance(), [&node, leave] {
        sendAll(node);
        leave();
    });
    if (!hasCompany())
        QTimer::singleShot(0, &node, [&node] { node.dispatch("go"); });
    else
        node.whenReady().then([] { say("ready"); });
}

void waitForGo(PyventNode &node)
{
    const QFuture<PyventEvent> go = node.next("go");
    if (!hasCompany())
        return;
    if (!node.waitForReady(20s))
        ::_exit(5);
    say("ready");
    node.waitFor("go", 20s);
}

// Ways with an event loop

int returnFromMain()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    waitForGo(node);
    sendAll(node);
    return 0;
}

int quitInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    leaveOnGo(node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

int quitDefaultNodeInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    pyvent::configure(options());
    leaveOnGo(pyvent::node(), [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

int deleteInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    auto *const node = new PyventNode(options());
    leaveOnGo(*node, [node] {
        delete node;
        QCoreApplication::quit();
    });
    return QCoreApplication::exec();
}

int deleteLaterInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    auto *const node = new PyventNode(options());
    leaveOnGo(*node, [node] {
        node->deleteLater();
        QCoreApplication::quit();
    });
    return QCoreApplication::exec();
}

int stopInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    leaveOnGo(node, [&node] {
        node.stop();
        QCoreApplication::exit(node.state() == PyventNode::Stopped && !node.isServer() ? 0 : 6);
    });
    return QCoreApplication::exec();
}

// It is destroyed by QObject's destructor, when there is no application any more.
int childOfTheApplication()
{
    QCoreApplication application(argumentCount, arguments);
    auto *const node = new PyventNode(options(), &application);
    leaveOnGo(*node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

int neverDeleted()
{
    const QCoreApplication application(argumentCount, arguments);
    static PyventNode *const node = new PyventNode(options());
    leaveOnGo(*node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

// std::exit() destroys no local object.
int exitInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    leaveOnGo(node, [] { std::exit(0); });
    return QCoreApplication::exec();
}

int exitDefaultNodeInHandler()
{
    const QCoreApplication application(argumentCount, arguments);
    pyvent::configure(options());
    leaveOnGo(pyvent::node(), [] { std::exit(0); });
    return QCoreApplication::exec();
}

int quitByASignal()
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    const QCoreApplication application(argumentCount, arguments);
    QSocketNotifier arrived(::signalfd(-1, &signals, SFD_CLOEXEC), QSocketNotifier::Read);
    QObject::connect(&arrived, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    PyventNode node(options());
    leaveOnGo(node, [] { std::raise(SIGTERM); });
    return QCoreApplication::exec();
}

// Nothing of the program's runs any more: what the server has acknowledged is what counts.
int killedByASignal()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    leaveOnGo(node, [&node] {
        if (server == Server::Nobody || node.flush(20s))
            std::raise(SIGTERM);
    });
    return QCoreApplication::exec();
}

// Ways in the end of static objects

int staticNode()
{
    const QCoreApplication application(argumentCount, arguments);
    static PyventNode node(options());
    leaveOnGo(node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

// They share what they decode, and end after the main thread's own objects.
int staticNodes()
{
    const QCoreApplication application(argumentCount, arguments);
    static PyventNode node(options());
    static PyventNode other(options());
    other.on("go", &application, [] {});
    leaveOnGo(node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

int staticNodeWithoutApplication()
{
    static PyventNode node(options());
    waitForGo(node);
    sendAll(node);
    return 0;
}

int defaultNodeWithoutApplication()
{
    pyvent::configure(options());
    waitForGo(pyvent::node());
    sendAll(pyvent::node());
    return 0;
}

// Ways in the end of an object that was constructed before the default node

// What the global object below does when it ends.
void (*lastWord)() = nullptr;

struct Global
{
    ~Global()
    {
        if (lastWord)
            lastWord();
    }
} global;

int globalSends()
{
    pyvent::configure(options());
    waitForGo(pyvent::node());
    lastWord = [] { sendAll(pyvent::node()); };
    return 0;
}

int globalSendsAfterTheApplication()
{
    lastWord = [] { sendAll(pyvent::node()); };
    const QCoreApplication application(argumentCount, arguments);
    pyvent::configure(options());
    pyvent::on("go", QCoreApplication::instance(), [] { QCoreApplication::quit(); });
    if (!hasCompany())
        QTimer::singleShot(0, &application, [] { pyvent::node().dispatch("go"); });
    else
        pyvent::node().whenReady().then([] { say("ready"); });
    return QCoreApplication::exec();
}

int globalStops()
{
    pyvent::configure(options());
    waitForGo(pyvent::node());
    sendAll(pyvent::node());
    lastWord = [] { pyvent::stop(); };
    return 0;
}

int globalUsesItFirst()
{
    {
        PyventNode node(options());
        waitForGo(node);
    }
    lastWord = [] {
        pyvent::configure(options());
        sendAll(pyvent::node());
        pyvent::stop();
    };
    return 0;
}

// Ways with one application after the other

int nodeOfTheLastApplication()
{
    std::unique_ptr<PyventNode> node;
    {
        const QCoreApplication application(argumentCount, arguments);
        node = std::make_unique<PyventNode>(options());
        node->on("unheard", QCoreApplication::instance(), [] {});
        QTimer::singleShot(0, &application, &QCoreApplication::quit);
        QCoreApplication::exec();
        node->whenReady(); // which has the first event loop take a turn, and that does not come any more
    }
    const QCoreApplication application(argumentCount, arguments);
    leaveOnGo(*node, [] { QCoreApplication::quit(); });
    return QCoreApplication::exec();
}

// Ways in other threads

int threadWithItsNode()
{
    const QCoreApplication application(argumentCount, arguments);
    const std::unique_ptr<QThread> thread(QThread::create([] {
        PyventNode node(options());
        waitForGo(node);
        sendAll(node);
    }));
    QObject::connect(thread.get(), &QThread::finished, &application, &QCoreApplication::quit);
    thread->start();
    const int code = QCoreApplication::exec();
    thread->wait();
    return code;
}

int threadThatItsNodeOutlives()
{
    const QCoreApplication application(argumentCount, arguments);
    QThread thread;
    PyventNode node(options());
    node.moveToThread(&thread);
    leaveOnGo(node, [] { QCoreApplication::quit(); });
    thread.start();
    const int code = QCoreApplication::exec();
    thread.quit();
    thread.wait();
    return code;
}

int threadThatHasEnded()
{
    PyventNode *node = nullptr;
    std::thread([&node] { node = new PyventNode(options()); }).join();
    waitForGo(*node);
    sendAll(*node);
    return 0;
}

// It must not keep the process from ending.
int threadGoesOnSending()
{
    PyventNode node(options());
    waitForGo(node);
    sendAll(node);
    std::thread([] {
        auto *const noise = new PyventNode(options());
        for (;;) {
            noise->send("noise");
            std::this_thread::sleep_for(500us);
        }
    }).detach();
    return 0;
}

int exitInAnotherThread()
{
    const QCoreApplication application(argumentCount, arguments);
    PyventNode node(options());
    leaveOnGo(node, [] { QThread::create([] { std::exit(0); })->start(); });
    return QCoreApplication::exec();
}

constexpr struct
{
    const char *name;
    int (*run)();
} ways[] = {
    {"return", returnFromMain},
    {"quit", quitInHandler},
    {"quit-default", quitDefaultNodeInHandler},
    {"delete", deleteInHandler},
    {"delete-later", deleteLaterInHandler},
    {"stop", stopInHandler},
    {"child-of-application", childOfTheApplication},
    {"never-deleted", neverDeleted},
    {"exit", exitInHandler},
    {"exit-default", exitDefaultNodeInHandler},
    {"exit-in-thread", exitInAnotherThread},
    {"signal-handled", quitByASignal},
    {"signal", killedByASignal},
    {"static", staticNode},
    {"static-two", staticNodes},
    {"static-without-application", staticNodeWithoutApplication},
    {"default-without-application", defaultNodeWithoutApplication},
    {"global-sends", globalSends},
    {"global-sends-after-application", globalSendsAfterTheApplication},
    {"global-stops", globalStops},
    {"global-uses-it-first", globalUsesItFirst},
    {"second-application", nodeOfTheLastApplication},
    {"thread-ended", threadThatHasEnded},
    {"thread-goes-on", threadGoesOnSending},
    {"thread", threadWithItsNode},
    {"thread-outlived", threadThatItsNodeOutlives},
};

} // namespace

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (const auto &way : ways)
            say(way.name);
        return 0;
    }
    if (argc != 5) {
        std::fputs("usage: leaver [WAY PORT COUNT elsewhere|itself|nobody|alone]\n", stderr);
        return 2;
    }
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    argumentCount = argc;
    arguments = argv;
    port = std::atoi(argv[2]);
    count = std::atoi(argv[3]);
    const QByteArrayView where(argv[4]);
    server = where == "itself" ? Server::Itself
        : where == "nobody"    ? Server::Nobody
        : where == "alone"     ? Server::Alone
                               : Server::Elsewhere;
    for (const auto &way : ways) {
        if (QByteArrayView(argv[1]) == way.name)
            return way.run();
    }
    std::fprintf(stderr, "leaver: there is no way '%s'\n", argv[1]);
    return 2;
}
