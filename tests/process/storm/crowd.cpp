// SPDX-License-Identifier: MIT
// Many nodes in one process, that all hear "count" with the numbers 1, 2, … of one sender:
//
//   crowd PORT NODES BATCH
//
// It says "ready" when all of them are Ready, "heard N" when all have heard so many, N a multiple of BATCH, and "wrong" as
// soon as one hears another number than the next one. It ends with its input.
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qsocketnotifier.h>

#include <algorithm>
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

class Crowd : public QObject
{
public:
    Crowd(int port, int size, int batch)
        : m_batch(batch)
        , m_heard(size, 0)
    {
        for (int i = 0; i < size; ++i) {
            PyventNode &node =
                *m_nodes.emplace_back(std::make_unique<PyventNode>(PyventOptions{.port = port, .server = false}));
            node.on("count", {"n"}, this, [this, i](int n) { hear(i, n); });
            connect(&node, &PyventNode::eventsLost, this, [] { say("wrong: lost"); });
            node.whenReady().then([this] {
                if (++m_ready == m_heard.size())
                    say("ready");
            });
        }
    }

private:
    void hear(int member, int n)
    {
        if (n != ++m_heard[member])
            say("wrong: " + QByteArray::number(n) + " instead of " + QByteArray::number(m_heard[member]));
        if (n % m_batch == 0 && *std::min_element(m_heard.cbegin(), m_heard.cend()) == n)
            say("heard " + QByteArray::number(n));
    }

    const int m_batch;
    int m_ready = 0;
    QList<int> m_heard; // the last number, by member
    std::vector<std::unique_ptr<PyventNode>> m_nodes;
};

} // namespace

int main(int argc, char **argv)
{
    const QCoreApplication application(argc, argv);
    if (argc != 4) {
        std::fputs("usage: crowd PORT NODES BATCH\n", stderr);
        return 2;
    }
    const Crowd crowd(std::atoi(argv[1]), std::atoi(argv[2]), std::atoi(argv[3]));
    const QSocketNotifier end(STDIN_FILENO, QSocketNotifier::Read);
    QObject::connect(&end, &QSocketNotifier::activated, &application, &QCoreApplication::quit);
    return QCoreApplication::exec();
}
