// SPDX-License-Identifier: MIT
// A process that is short of something, and uses a node all the same:
//
//   starved descriptors LEFT PORT serve|join   may open LEFT more file descriptors, until it reads a line
//   starved memory BYTES PORT                  may have so many more bytes of address space, once it is ready
//   starved crowd COUNT PORT                   makes so many nodes, with 4,096 file descriptors
//
// It writes down what happened on its standard output, a line each.
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qfile.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qsocketnotifier.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

void say(const QByteArray &line)
{
    std::printf("%s\n", line.constData());
    std::fflush(stdout);
}

void sayErrors(PyventNode &node)
{
    QObject::connect(&node, &PyventNode::errorOccurred, &node, [](const PyventError &error) {
        say("error " + QByteArray(QMetaEnum::fromType<PyventError::Code>().valueToKey(error.code)) + ' '
            + error.text.toUtf8());
    });
}

void limit(int resource, rlim_t value)
{
    rlimit limits{};
    ::getrlimit(__rlimit_resource(resource), &limits);
    limits.rlim_cur = limits.rlim_max = value; // a server raises what it may
    if (::setrlimit(__rlimit_resource(resource), &limits) != 0) {
        std::perror("setrlimit");
        std::exit(2);
    }
}

int openDescriptors()
{
    int count = 0;
    for (int fd = 0; fd < 4096; ++fd)
        count += ::fcntl(fd, F_GETFD) >= 0;
    return count;
}

rlim_t addressSpace()
{
    QFile file(u"/proc/self/statm"_s);
    if (!file.open(QIODevice::ReadOnly))
        std::exit(2);
    return rlim_t(file.readAll().split(' ').first().toLongLong()) * rlim_t(::sysconf(_SC_PAGESIZE));
}

int starveOfDescriptors(int left, int port, bool serves)
{
    PyventNode node(PyventOptions{.port = port, .nodeId = {}, .server = serves, .linger = 10ms});
    sayErrors(node);
    std::vector<int> taken;
    limit(RLIMIT_NOFILE, 256);
    for (int fd; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;)
        taken.push_back(fd);
    for (int i = 0; i < left; ++i) {
        ::close(taken.back());
        taken.pop_back();
    }

    const bool connection(node.on("heard", &node, [] { say("heard"); }));
    const bool sent = node.send("heard");
    say(sent ? "sent" : "refused");
    if (!sent)
        say("last " + QByteArray(QMetaEnum::fromType<PyventError::Code>().valueToKey(node.lastError().code)));
    if (!connection)
        say("no handler");
    node.flush(1ms);
    node.waitFor("nothing", 1ms);
    node.waitForReady(1ms);

    QSocketNotifier input(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&input, &QSocketNotifier::activated, &node, [&] {
        input.setEnabled(false);
        for (const int fd : taken)
            ::close(fd);
        node.whenReady().then(&node, [] {
            say("ready");
            QCoreApplication::quit();
        });
    });
    return QCoreApplication::exec();
}

int starveOfMemory(rlim_t bytes, int port)
{
    PyventNode node(PyventOptions{.port = port, .nodeId = {}, .server = false, .linger = 10ms});
    sayErrors(node);
    QObject::connect(&node, &PyventNode::eventsLost, &node, [](const QString &name, const QUuid &, quint64 count) {
        say("lost " + name.toUtf8() + ' ' + QByteArray::number(count));
    });
    node.on("large", &node, [] { say("large"); });
    node.on("small", &node, [](const QVariantMap &) { say("small"); });
    node.on("end", &node, [] { QCoreApplication::quit(); });
    node.whenReady().then(&node, [bytes] {
        limit(RLIMIT_AS, addressSpace() + bytes);
        say("ready");
    });
    return QCoreApplication::exec();
}

int crowd(int count, int port)
{
    limit(RLIMIT_NOFILE, 4096);
    const int before = openDescriptors();
    std::vector<std::unique_ptr<PyventNode>> nodes;
    int ready = 0;
    int heard = 0;
    for (int i = 0; i < count; ++i) {
        nodes.push_back(std::make_unique<PyventNode>(PyventOptions{.port = port, .nodeId = {}, .linger = 10ms}));
        PyventNode &node = *nodes.back();
        sayErrors(node);
        node.on("all", &node, [&] {
            if (++heard == count) {
                say("heard by all");
                QCoreApplication::quit();
            }
        });
        node.on(QStringLiteral("one-%1").arg(i), &node, [] { say("one"); });
        node.whenReady().then(&node, [&, i] {
            if (++ready == count) {
                say("descriptors " + QByteArray::number(openDescriptors() - before));
                nodes.front()->send(QStringLiteral("one-%1").arg(count - 1));
                nodes.back()->send("all");
            }
        });
    }
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    const QString what = arguments.value(1);
    const qint64 amount = arguments.value(2).toLongLong();
    const int port = arguments.value(3).toInt();
    if (what == "descriptors"_L1)
        return starveOfDescriptors(int(amount), port, arguments.value(4) == "serve"_L1);
    if (what == "memory"_L1)
        return starveOfMemory(rlim_t(amount), port);
    if (what == "crowd"_L1)
        return crowd(int(amount), port);
    std::fputs("usage: starved descriptors|memory|crowd AMOUNT PORT [serve|join]\n", stderr);
    return 2;
}
