// SPDX-License-Identifier: MIT
// One process, one node, that sends "left" events and forks amid them, when it hears "go":
//
//   forker WAY PORT COUNT elsewhere|itself
//
// WAY is what the child does, or the one verb that it tries. It ends with its input, and with 0 where the child has ended
// well. Its log is on the standard output. Without arguments it lists the verbs.
#include "verbs.h"

#include <Pyvent>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qprocess.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr int patience = 20'000; // milliseconds

int port = 0;
int count = 0;

void say(const QByteArray &line)
{
    std::puts(line.constData());
    std::fflush(stdout);
}

void send(PyventNode &node, int first, int end)
{
    for (int i = first; i < end; ++i) {
        if (!node.send("left", {{u"i"_s, i}}))
            ::_exit(4);
    }
}

// The exit code of a child; -1 where it does not end, or not by itself.
int waitForChild(pid_t child)
{
    pollfd end{int(::syscall(SYS_pidfd_open, child, 0)), POLLIN, 0};
    if (::poll(&end, 1, patience) == 0) {
        say("the child hangs");
        ::kill(child, SIGKILL);
    }
    ::close(end.fd);
    int status = 0;
    ::waitpid(child, &status, 0);
    if (!WIFEXITED(status))
        say("the child ended by signal " + QByteArray::number(WTERMSIG(status)));
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// What children do, in the handler in which the process has forked. Where it returns, the child returns from main().

void endAtOnce(PyventNode &)
{
    ::_exit(0);
}

void exitInChild(PyventNode &)
{
    std::exit(0);
}

void returnFromMain(PyventNode &)
{
    QCoreApplication::exit(0);
}

void deleteNode(PyventNode &node)
{
    delete &node;
    std::exit(0);
}

void execute(PyventNode &)
{
    ::execl("/bin/true", "true", nullptr);
    ::_exit(5);
}

// The node is stopped, and says so when it is used.
bool isRefused(PyventNode &node, const Verb &verb)
{
    const QObject signals;
    QList<PyventNode::State> states;
    QList<PyventError::Code> errors;
    QObject::connect(&node, &PyventNode::stateChanged, &signals,
                     [&](PyventNode::State state) { states.append(state); });
    QObject::connect(&node, &PyventNode::errorOccurred, &signals,
                     [&](const PyventError &error) { errors.append(error.code); });
    const bool isInNodesThread = node.thread() == QThread::currentThread();
    QObject context;
    const bool isStopped = node.state() == PyventNode::Stopped && !node.isServer();
    const bool works = verb.works(node, &context);
    const bool hasError = node.lastError().code == PyventError::UsedAfterFork;
    const bool isTold = !verb.isTold || !isInNodesThread || errors.contains(PyventError::UsedAfterFork);
    if (isStopped && !works && hasError && isTold && node.state() == PyventNode::Stopped)
        return true;
    say(QByteArray("the child is not refused ") + verb.name + (works ? ": it works" : "")
        + (hasError ? "" : ": no error") + (isTold ? "" : ": not told"));
    return false;
}

// Nothing works, and nothing hangs, in whatever order.
void useNode(PyventNode &node)
{
    bool isAllRefused = true;
    for (int i = 0; i < 2; ++i) {
        for (const Verb &verb : verbs())
            isAllRefused &= QByteArrayView(verb.name).startsWith("pyvent::") || isRefused(node, verb);
    }
    std::exit(isAllRefused ? 0 : 6);
}

// A node that was made after the fork is like any other.
void useOwnNode(PyventNode &)
{
    {
        PyventNode own({.port = port, .server = false, .linger = 10s});
        if (!own.waitForReady(20s))
            std::exit(7);
        send(own, 0, count);
    }
    std::exit(0);
}

// Outlives its parent, until the test ends it, or does not any more.

void sayThatItStays()
{
    say("child stays as " + QByteArray::number(::getpid()));
}

void stay(PyventNode &)
{
    sayThatItStays();
    ::alarm(60);
    ::pause();
}

void stayAsAnotherProgram(PyventNode &)
{
    sayThatItStays();
    ::execl("/bin/sleep", "sleep", "60", nullptr);
    ::_exit(5);
}

constexpr struct
{
    const char *name;
    void (*inChild)(PyventNode &);
} ways[] = {
    {"_exit", endAtOnce},   {"exit", exitInChild}, {"return", returnFromMain},
    {"delete", deleteNode}, {"exec", execute},     {"use", useNode},
    {"own", useOwnNode},    {"stay", stay},        {"stay-exec", stayAsAnotherProgram},
};

void beChild(QByteArrayView way, PyventNode &node)
{
    for (const auto &each : ways) {
        if (way == each.name)
            each.inChild(node);
    }
    for (const Verb &verb : verbs()) {
        if (way == verb.name)
            std::exit(isRefused(node, verb) ? 0 : 6);
    }
}

// Forks while another thread uses the node, and may be anywhere in it.
int forkManyTimes(PyventNode &node)
{
    std::atomic<bool> isOver = false;
    const std::unique_ptr<QThread> thread(QThread::create([&] {
        while (!isOver)
            node.send("other");
    }));
    thread->start();
    int bad = 0;
    for (int i = 0; i < 50; ++i) {
        if (const pid_t child = ::fork(); child == 0)
            useNode(node);
        else
            bad += waitForChild(child) != 0;
    }
    isOver = true;
    thread->wait();
    return bad;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 1) {
        for (const Verb &verb : verbs())
            say(verb.name);
        return 0;
    }
    if (argc != 5) {
        std::fputs("usage: forker WAY PORT COUNT elsewhere|itself\n", stderr);
        return 2;
    }
    ::dup2(STDOUT_FILENO, STDERR_FILENO);
    const QByteArrayView way(argv[1]);
    port = std::atoi(argv[2]);
    count = std::atoi(argv[3]);
    const QCoreApplication application(argc, argv);
    const PyventOptions options{
        .port = port, .server = QByteArrayView(argv[4]) == "itself", .linger = 10s, .sendQueueEvents = 1'000'000};
    const bool isDefaultNode = way.startsWith("pyvent::");
    PyventNode *const node = isDefaultNode ? &pyvent::node() : new PyventNode(options);
    node->configure(options);
    int result = 1;
    node->on("go", &application, [&, node] {
        send(*node, 0, count / 2);
        if (way == "process") {
            result = QProcess::execute(u"/bin/true"_s);
        } else if (way == "many") {
            result = forkManyTimes(*node);
        } else if (const pid_t child = ::fork(); child != 0) {
            result = waitForChild(child);
        } else {
            beChild(way, *node);
            return;
        }
        send(*node, count / 2, count);
    });
    const QSocketNotifier end(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&end, &QSocketNotifier::activated, &application, [&] { QCoreApplication::exit(result); });
    node->whenReady().then([] { say("ready"); });
    const int code = QCoreApplication::exec();
    if (!isDefaultNode)
        delete node;
    return code;
}
