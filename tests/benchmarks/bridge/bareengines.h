// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_BAREENGINES_H
#define PYVENT_BENCHMARKS_BAREENGINES_H

#include "message.h"
#include "role.h"

#include <PyventFrame>

// Programs that use an engine's library without a bridge.
namespace Pyvent::Benchmarks {

inline const QString enginePrefix = QStringLiteral("bench");

// What a bridge makes of an event of this name.
inline Bridge::Message bareMessage(const QString &name, qint64 number)
{
    static const PyventFrame frame = [] {
        PyventFrame made;
        made.setArguments(sampleArguments(100'000));
        made.nodeId = QUuid::createUuid();
        return made;
    }();
    return {.name = name,
            .sender = {},
            .node = frame.nodeId,
            .number = quint64(number),
            .time = nanoseconds() / 1000,
            .bus = "bench-a",
            .payload = frame.pickle};
}

int bareNatsSender(const RoleOptions &options);
int bareNatsReceiver(const RoleOptions &options);
int bareNatsPinger(const RoleOptions &options);
int bareNatsEcho(const RoleOptions &options);
int bareMqttSender(const RoleOptions &options);
int bareMqttReceiver(const RoleOptions &options);
int bareMqttPinger(const RoleOptions &options);
int bareMqttEcho(const RoleOptions &options);

// Makes the stream anew at the NATS server there, with \a store "file" or "memory". Throws where it cannot.
void makeNatsStream(int port, const QString &store, int replicas);

} // namespace Pyvent::Benchmarks

#endif
