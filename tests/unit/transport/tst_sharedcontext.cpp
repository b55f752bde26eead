// SPDX-License-Identifier: MIT
#include "support/testprogram.h"
#include "transport/sharedcontext.h"

#include <QtTest/qtest.h>

#include <set>
#include <vector>

#include <sys/wait.h>
#include <unistd.h>

using namespace Pyvent::Internal;

class TestSharedContext : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void endsWithTheLastClient();
    void manyClientsHaveRoom();
    void aChildHasItsOwn();
};

void TestSharedContext::endsWithTheLastClient()
{
    auto one = sharedContext();
    auto other = sharedContext();
    QCOMPARE(one, other);
    const std::weak_ptr<zmq::context_t> context = one;
    one.reset();
    QVERIFY(!context.expired());
    other.reset();
    QVERIFY(context.expired());
    QVERIFY(sharedContext());
}

// A context has 1,023 sockets at most.
void TestSharedContext::manyClientsHaveRoom()
{
    std::vector<std::shared_ptr<zmq::context_t>> held;
    std::vector<zmq::socket_t> sockets;
    std::set<zmq::context_t *> contexts;
    for (int i = 0; i < 65; ++i) {
        held.push_back(sharedContext());
        contexts.insert(held.back().get());
        for (int socket = 0; socket < 8; ++socket)
            sockets.emplace_back(*held.back(), zmq::socket_type::sub);
    }
    QCOMPARE(contexts.size(), std::size_t(2));
}

void TestSharedContext::aChildHasItsOwn()
{
    const auto parents = sharedContext();
    const pid_t child = ::fork();
    QVERIFY(child >= 0);
    if (child == 0) {
        const auto childs = sharedContext();
        ::_exit(childs != parents && childs == sharedContext() ? 0 : 1);
    }
    int status = -1;
    QCOMPARE(::waitpid(child, &status, 0), child);
    QCOMPARE(status, 0);
    QCOMPARE(sharedContext(), parents);
}

PYVENT_TEST(TestSharedContext)

#include "tst_sharedcontext.moc"
