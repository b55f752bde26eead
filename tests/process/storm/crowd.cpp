// SPDX-License-Identifier: MIT
// Many nodes in one process, that all hear "count" with the numbers 1, 2, …, COUNT of one sender:
//
//   crowd PORT NODES COUNT
//
// It says "ready" when all of them are Ready, "complete" when all have heard all in order, and "wrong" with what was heard
// instead as soon as one has not. It ends with its input.
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qsocketnotifier.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

#include <unistd.h>

namespace {

void say(const QByteArray &line)
{
    std::puts(line.constData());
    std::fflush(stdout);
}

class Member : public QObject
{
public:
    Member(int port, int *notReady, int count, int *notComplete)
        : m_node(PyventOptions{.port = port, .server = false})
    {
        m_node.on("count", {"n"}, this, [this, count, notComplete](int n) {
            if (n != ++m_heard)
                say("wrong " + QByteArray::number(n) + " instead of " + QByteArray::number(m_heard));
            if (m_heard == count && --*notComplete == 0)
                say("complete");
        });
        connect(&m_node, &PyventNode::eventsLost, this, [] { say("wrong, lost"); });
        m_node.whenReady().then([notReady] {
            if (--*notReady == 0)
                say("ready");
        });
    }

private:
    PyventNode m_node;
    int m_heard = 0;
};

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    if (argc != 4) {
        std::fputs("usage: crowd PORT NODES COUNT\n", stderr);
        return 2;
    }
    const int port = std::atoi(argv[1]);
    const int size = std::atoi(argv[2]);
    int notReady = size;
    int notComplete = size;
    std::vector<std::unique_ptr<Member>> members;
    for (int i = 0; i < size; ++i)
        members.push_back(std::make_unique<Member>(port, &notReady, std::atoi(argv[3]), &notComplete));
    const QSocketNotifier end(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&end, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    return QCoreApplication::exec();
}
