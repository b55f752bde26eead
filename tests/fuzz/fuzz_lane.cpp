// SPDX-License-Identifier: MIT
#include "relayed.h"
#include "server/lanepeer.h"
#include "transport/laneconnection.h"

#include <QtCore/qtemporarydir.h>

#include <algorithm>

#include <sys/socket.h>
#include <sys/un.h>

using namespace Pyvent::Internal;
using namespace PyventTests;

namespace {

// A server's end, which a node says \a bytes to.
Outcome tryServer(QByteArrayView bytes, qsizetype pieces)
{
    Outcome outcome;
    Relay relay(true, smallLimits());
    const qsizetype before = relay.waitingBytes();
    {
        LanePeer hears(&relay, 1 << 20);
        hears.receive(Lane::readyFrame() + Zmtp::commandFrame(Lane::subscribeCommand, {}));
        LanePeer tried(&relay, 1 << 16);
        outcome = tryPeer(&tried, &hears, bytes, pieces);
    }
    require(relay.clients() == 0 && relay.waitingBytes() == before, "something is kept");
    return outcome;
}

// A node's end, which a server says \a bytes to.
class TriedNode
{
public:
    TriedNode()
    {
        const QByteArray path = m_path;
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        qstrncpy(address.sun_path, path.constData(), sizeof address.sun_path);
        require(::bind(m_listener.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
                    && ::listen(m_listener.get(), 5) == 0,
                "no socket");
    }

    Outcome run(QByteArrayView bytes, qsizetype pieces)
    {
        Outcome outcome;
        PollSet pollSet;
        SendQueue queue;
        LaneConnection::Failure failure;
        const auto now = Connection::Clock::now();
        const auto node = LaneConnection::connect(m_path, &m_rule, 1 << 16, queue, pollSet, now, &failure);
        require(node != nullptr, "no connection");
        const FileDescriptor server(::accept(m_listener.get(), nullptr, nullptr));
        node->send("order .", false, nullptr);
        node->subscribe("order");
        const auto hear = [&] {
            node->process(now);
            for (QByteArrayView frame; node->receive(&frame);)
                outcome.heard += QByteArray::number(frame.size()) + ':' + frame.toByteArray();
        };
        while (!bytes.isEmpty() && !node->hasEnded()) {
            const QByteArrayView piece = bytes.first(std::min(pieces, bytes.size()));
            const ssize_t count =
                ::send(server.get(), piece.data(), std::size_t(piece.size()), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (count > 0)
                bytes = bytes.sliced(count);
            hear();
        }
        hear();
        outcome.goesOn = !node->hasEnded();
        outcome.answers = QByteArray::number(node->proven()) + ' ' + QByteArray::number(queue.events());
        require(queue.events() <= 1, "an event is there twice");
        return outcome;
    }

private:
    const QTemporaryDir m_folder;
    const QByteArray m_path = m_folder.path().toLocal8Bit() + "/lane";
    AccessRule m_rule{{}};
    const FileDescriptor m_listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
};

} // namespace

// The first byte says who is tried.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const QByteArrayView bytes(reinterpret_cast<const char *>(data) + 1, qsizetype(size) - 1);
    const qsizetype all = std::max(bytes.size(), qsizetype(1));
    if (data[0] & 1) {
        const Outcome whole = tryServer(bytes, all);
        requireWellFormed(whole);
        const qsizetype piece =
            1 + bytes.size() / 1024; // a large event byte by byte takes as long as a thousand others
        for (const qsizetype pieces : {piece, 7 * piece})
            require(tryServer(bytes, pieces) == whole, "in pieces it is another thing");
    } else {
        static TriedNode node;
        const qsizetype piece = std::max(all / 20, qsizetype(7)); // each costs system calls
        require(node.run(bytes, piece) == node.run(bytes, all), "in pieces it is another thing");
    }
    return 0;
}
