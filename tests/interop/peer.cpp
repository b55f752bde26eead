// SPDX-License-Identifier: MIT
#include "testpeer.h"

#include <pyvent.h>

#include <QtCore/qcoreapplication.h>

#include <cstdio>

using namespace Qt::StringLiterals;

namespace {

// main() of programs that send and return at once, in the ways that a user may write them.

PyventOptions clientOptions(int port)
{
    return {.port = port, .server = false};
}

int sendFromLocalNode(int argc, char **argv, int port, int count)
{
    const QCoreApplication application(argc, argv);
    PyventNode node(clientOptions(port));
    for (int i = 0; i < count; ++i)
        node.send("order", {{u"i"_s, i}});
    return 0;
}

int sendFromDefaultNode(int argc, char **argv, int port, int count)
{
    const QCoreApplication application(argc, argv);
    pyvent::configure(clientOptions(port));
    for (int i = 0; i < count; ++i)
        pyvent::send("order", {{u"i"_s, i}});
    return 0;
}

int sendWithoutApplication(int port, int count)
{
    pyvent::configure(clientOptions(port));
    for (int i = 0; i < count; ++i)
        pyvent::send("order", {{u"i"_s, i}});
    return 0;
}

} // namespace

int main(int argc, char **argv)
{
    if (argc == 4) {
        const QByteArrayView way(argv[1]);
        const int port = std::atoi(argv[2]);
        const int count = std::atoi(argv[3]);
        if (way == "local-node")
            return sendFromLocalNode(argc, argv, port, count);
        if (way == "default-node")
            return sendFromDefaultNode(argc, argv, port, count);
        if (way == "no-application")
            return sendWithoutApplication(port, count);
    }
    if (argc != 1) {
        std::fputs("usage: pyvent_test_peer [local-node|default-node|no-application PORT COUNT]\n", stderr);
        return 2;
    }
    const QCoreApplication application(argc, argv);
    const PyventTests::TestPeer peer;
    return QCoreApplication::exec();
}
