// SPDX-License-Identifier: MIT
#include "bus.h"

using namespace Qt::StringLiterals;

namespace PyventTests {

PeerProcess &Bus::add(Language language, const QString &name)
{
    m_peers.push_back(std::make_unique<PeerProcess>(language, name));
    m_peers.back()->start();
    return *m_peers.back();
}

bool Bus::serve(PeerProcess &peer, const QJsonObject &options)
{
    for (int attempt = 0; attempt < 5; ++attempt) {
        if (!peer.tell(u"configure"_s, withDefaults(peer, options, true)))
            return false;
        const std::optional<QJsonValue> serves = peer.request(u"serve"_s);
        if (!serves)
            return false;
        if (serves->toBool())
            return true;
        // Somebody who takes no locks was quicker.
        if (!peer.tell(u"stop"_s))
            return false;
        peer.forget();
        m_ports.change();
    }
    return false;
}

bool Bus::join(PeerProcess &peer, const QJsonObject &options)
{
    return peer.tell(u"configure"_s, withDefaults(peer, options, false));
}

QJsonObject Bus::withDefaults(const PeerProcess &peer, const QJsonObject &options, bool server) const
{
    QJsonObject all = options;
    all.insert(u"port"_s, port());
    if (!all.contains(u"server"_s))
        all.insert(u"server"_s, server);
    // Python's client opens a new connection where a reply takes 50 ms, which it may on a busy machine, and
    // events on two connections may overtake one another. That is Python's own; most tests are about
    // something else.
    if (peer.isPython() && !all.contains(u"replyTimeout"_s))
        all.insert(u"replyTimeout"_s, 20'000);
    return all;
}

QString nameOf(PeerProcess::Language language)
{
    return language == PeerProcess::Python ? u"py"_s : u"qt"_s;
}

} // namespace PyventTests
