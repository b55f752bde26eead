// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_ENGINEOPTIONS_H
#define PYVENT_BRIDGE_ENGINEOPTIONS_H

#include "eventaddress.h"

#include <QtCore/qlist.h>
#include <QtCore/qstring.h>

#include <chrono>
#include <optional>

namespace Pyvent::Bridge {

struct HostPort
{
    QString host;
    int port = 0;

    // "host:port", with brackets around an IPv6 address.
    QString text() const;
    friend bool operator==(const HostPort &, const HostPort &) = default;
};

// Where an engine is, what it carries, and by which right.
struct EngineOptions
{
    Dialect dialect = Dialect::Nats;
    QList<HostPort> servers;
    bool isEncrypted = false;
    QString prefix; // of subjects and topics
    QString bus;    // this end's: under this name the engine remembers what it has got

    // Files of secrets, which are read when they are needed; empty: none.
    QString user;
    QString passwordFile;
    QString credentialsFile;
    QString nkeyFile;
    QString caFile;
    QString certificateFile;
    QString keyFile;

    std::chrono::seconds keep =
        std::chrono::hours(24);         // for which the engine keeps messages for a bus that does not come
    qint64 keepBytes = qint64(1) << 30; // that the engine keeps at most

    bool hasValues = false; // last events and shared values are kept, too

    // "nats://a:4222,b:4222", for people.
    QString text() const;
    QString scheme() const;
};

// Reads "nats://a,nats://b:4223" or "mqtts://broker", into \a options. Returns what is wrong, for people; empty if nothing is.
QString readUrls(const QString &text, EngineOptions *options);

// Why \a prefix cannot be one, for people; empty if it can.
QString whyNotAPrefix(const QString &prefix, Dialect dialect);

// Why \a bus cannot be a bus's name; empty if it can.
QString whyNotABus(const QString &bus);

// Which of \a options do not go together, for people; empty if all do. It names the program's options.
QString whyNotTogether(const EngineOptions &options);

// The name of the bus whose server is at \a address and \a port, as long as no one gives it another one: the same for each bridge that reaches
// it by the same address, from the same machine if that is the machine's own.
QString defaultBus(const QString &address, int port);

} // namespace Pyvent::Bridge

#endif
