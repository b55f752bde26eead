// SPDX-License-Identifier: MIT
#include "node/optionscheck.h"

#include "dispatch/name.h"
#include "security/accessrule.h"
#include "security/allowlist.h"
#include "security/keyfile.h"
#include "security/rulesfile.h"
#include "transport/endpoint.h"
#include "transport/zmqkeys.h"

#include <limits>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// Less than these, and no node could use the server.
QString whyNotLimits(const PyventServerLimits &limits)
{
    struct Limit
    {
        const char *name;
        qint64 value;
        qint64 least;
    };
    const Limit all[] = {
        {"connections", limits.connections, 0},
        {"connectionsOfOtherUser", limits.connectionsOfOtherUser, 0},
        {"handshake", limits.handshake.count(), 1},
        {"messageParts", limits.messageParts, 2},
        {"subscriptions", limits.subscriptions, 10},
        {"subscriptionBytes", limits.subscriptionBytes, 1024},
        {"subscriptionChangesPerSecond", limits.subscriptionChangesPerSecond, 0},
        {"waitingBytes", limits.waitingBytes, 1024},
        {"waitingBytesInAll", limits.waitingBytesInAll, 0},
        {"receiverTimeout", limits.receiverTimeout.count(), 1},
        {"eventsPerSecond", limits.eventsPerSecond, 0},
        {"bytesPerSecond", limits.bytesPerSecond, 0},
        {"controlMessagesPerSecond", limits.controlMessagesPerSecond, 0},
    };
    for (const Limit &limit : all) {
        if (limit.value < limit.least)
            return u"the server's limit %1 is %2; it must be %3 or more"_s.arg(QLatin1StringView(limit.name))
                .arg(limit.value)
                .arg(limit.least);
    }
    return {};
}

QString whyNotSecurity(const PyventSecurity &security)
{
    if (!security.allowFile.isEmpty() && security.keyFile.isEmpty())
        return u"allowFile says who may come in to a server that has no key of its own: name its keyFile, too"_s;
    if (!security.serverKey.isEmpty() && security.keyFile.isEmpty())
        return u"a server with keys knows its clients by theirs: name this node's keyFile beside the serverKey"_s;
    if (!security.serverKey.isEmpty() && !hasSecureDoor())
        return u"the libzmq that this process uses was built without CURVE, by which nodes join with keys"_s;
    QString why;
    if (!security.rulesFile.isEmpty() && !RulesFile::read(security.rulesFile, &why))
        return why;
    if (!security.keyFile.isEmpty() && !readKeyFile(security.keyFile, &why))
        return why;
    if (!security.allowFile.isEmpty() && !AllowList::read(security.allowFile, &why))
        return why;
    if (!security.serverKey.isEmpty())
        readPublicKey(security.serverKey, &why);
    return why;
}

} // namespace

QString whyNotOptions(const PyventOptions &options, QString *subject)
{
    *subject = u"port"_s;
    if (options.port < 1 || options.port > 65534)
        return u"the port is %1; it must be 1 to 65534, because events come from the next one"_s.arg(options.port);
    *subject = u"address"_s;
    if (const QString why = whyNotAnAddress(options.address); !why.isEmpty())
        return why;
    *subject = u"nodeId"_s;
    if (!options.nodeId.isEmpty()) {
        if (const QString why = whyNotASender("pyvent."_L1 + options.nodeId); !why.isEmpty())
            return u"the node id cannot be part of a sender, 'pyvent.{id}': %1"_s.arg(why);
    }
    *subject = u"linger"_s;
    if (options.linger < 0ms || options.linger > 24h)
        return u"the linger is %1 ms; it must be 0 ms to 24 hours"_s.arg(options.linger.count());
    *subject = u"maximumEventSize"_s;
    if (options.maximumEventSize < 1024 || options.maximumEventSize > std::numeric_limits<int>::max())
        return u"the maximum event size is %1 bytes; it must be 1,024 to 2,147,483,647"_s.arg(options.maximumEventSize);
    *subject = u"maximumExpandedSize"_s;
    if (options.maximumExpandedSize < 1024 * 1024 || qint64(options.maximumExpandedSize) > qint64(1) << 40)
        return u"the maximum expanded size is %1 bytes; it must be 1,048,576 to 1,099,511,627,776"_s.arg(
            options.maximumExpandedSize);
    *subject = u"sendQueueEvents"_s;
    if (options.sendQueueEvents < 1 || options.sendQueueBytes < 1)
        return u"the send queue has no room for an event"_s;
    *subject = u"replayEvents"_s;
    if (options.replayEvents < 0 || options.replayBytes < 0)
        return u"what is kept to be sent again is less than nothing; 0 events keep none"_s;
    *subject = u"replayAge"_s;
    if (options.replayAge < 0ms || options.replayAge > 24h)
        return u"events are kept for %1 ms; it must be 0 ms to 24 hours"_s.arg(options.replayAge.count());
    *subject = u"serverLimits"_s;
    if (const QString why = whyNotLimits(options.serverLimits); !why.isEmpty())
        return why;
    *subject = u"security"_s;
    if (const QString why = whyNotSecurity(options.security); !why.isEmpty())
        return why;
    *subject = u"localAccess"_s;
    return whyNotAnAccess(options.localAccess);
}

} // namespace Pyvent::Internal
