// SPDX-License-Identifier: MIT
#include "node/servererrors.h"

#include "node/busendpoint.h"
#include "security/keyfile.h"
#include "security/socketowner.h"
#include "security/users.h"
#include "transport/descriptors.h"
#include "wire/z85.h"

#include <cerrno>
#include <cstring>

#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What has one of the ports: "port 52001 of 127.0.0.1 is in use by nc (process 123), of the user ada (1001)".
QString describeHolder(const Endpoint &endpoint, const PyventOptions &options)
{
    const auto describe = [&options](int port, const QString &holder) {
        return u"port %1 of %2 is in use by %3"_s.arg(QString::number(port), options.address, holder);
    };
    for (const auto &[purpose, port] : {std::pair(Endpoint::Purpose::Requests, options.port),
                                        std::pair(Endpoint::Purpose::Events, options.port + 1)}) {
        const auto owner = endpoint.listener(purpose);
        if (!owner)
            continue;
        const QString program = holderOf(*owner).text;
        return describe(
            port, u"%1, of the user %2"_s.arg(program.isEmpty() ? u"a program"_s : program, describeUser(owner->user)));
    }
    return describe(options.port, u"another program"_s);
}

// Why the keys cannot be used that a client needs.
QString whyNotKeys(const PyventSecurity &security)
{
    QString why;
    if (readKeyFile(security.keyFile, &why))
        readPublicKey(security.serverKey, &why);
    return why.isEmpty() ? u"they could not be read a moment ago"_s : why;
}

// The line by which a server lets this key in.
QString keyLineOf(const PyventSecurity &security)
{
    QString why;
    const auto own = readKeyFile(security.keyFile, &why);
    return own ? u"%1 = %2"_s.arg(own->name, QLatin1StringView(toZ85(own->pair.publicKey()))) : security.keyFile;
}

// Whether what listens there is another user's, who may not let this one in.
bool isOtherUsers(const Endpoint &endpoint)
{
    const auto owner = endpoint.listener(Endpoint::Purpose::Requests);
    return owner && owner->user != ::geteuid();
}

} // namespace

PyventError resourcesError(const QString &text)
{
    return {
        PyventError::OutOfResources,
        u"the system gives no more of what a connection to the bus needs (%1): %2. A node needs up to %3, and %4 more "
        "to serve; nodes of one thread share what they can. Raise the limit (ulimit -n), or close some. This node goes "
        "on trying"_s.arg(text, describeDescriptors())
            .arg(descriptorsOfLink)
            .arg(descriptorsOfServer),
        u"descriptors"_s};
}

PyventError servingError(Server::Failure failure, const PyventOptions &options, const QString &text)
{
    const int port = options.port;
    const QString where = options.address;
    switch (failure) {
    case Server::Failure::None:
        break;
    case Server::Failure::PortInUse:
        return {
            PyventError::PortTaken,
            u"this node cannot serve: port %1 of %2 is in use, by another server or another program"_s.arg(port).arg(
                where),
            QString::number(port)};
    case Server::Failure::EventsPortInUse:
        return {PyventError::PortTaken,
                u"this node cannot serve: port %1 of %3 is free, but port %2, which events come from, is in use by "
                "another program; end that program, or choose another port for all nodes of this bus. If it was only a "
                "connection of a program, the port is free a minute after that has ended"_s.arg(port)
                    .arg(port + 1)
                    .arg(where),
                QString::number(port + 1)};
    case Server::Failure::OtherFolder:
        return {
            PyventError::PortTaken,
            u"another program has a port of %1 of %2, and a node of this user's serves the bus without it, by a local "
            "socket in another folder than this process looks in: start both with the same XDG_RUNTIME_DIR, or end "
            "that program. This node goes on trying"_s.arg(port)
                .arg(where),
            QString::number(port)};
    case Server::Failure::NotThisMachine:
        return {PyventError::CannotServe, u"this node cannot serve: %1 is no IP address of this machine"_s.arg(where),
                where};
    case Server::Failure::NeedsKeys:
        return {
            PyventError::CannotServe,
            u"this node does not serve at %1, which other machines reach, because it has no keys, or no list of "
            "those who may come in: make keys with 'pyvent keygen', and name both in PyventOptions::security (pyvent "
            "serve --keys FILE --allow FILE). "
            "PyventSecurity::openToNetwork (--open-to-network) lets anybody in instead"_s.arg(where),
            where};
    case Server::Failure::BadFile:
        return {PyventError::CannotServe, u"this node cannot serve: %1"_s.arg(text), u"security"_s};
    case Server::Failure::NoResources:
        return resourcesError(text);
    case Server::Failure::Other:
        return {PyventError::CannotServe, u"this node cannot serve on port %1 of %2: %3"_s.arg(port).arg(where, text),
                QString::number(port)};
    }
    return {};
}

PyventError withoutPortsError(const Endpoint &endpoint, const PyventOptions &options)
{
    return {PyventError::PortTaken,
            u"%1. The nodes of this module on this machine have their bus without it, but Python's nodes and other "
            "machines are cut off until it is free; this node goes on trying"_s.arg(describeHolder(endpoint, options)),
            QString::number(options.port)};
}

PyventError silenceError(Connection::Silence silence, bool portInUse, const PyventOptions &options)
{
    const QString port = QString::number(options.port);
    switch (silence) {
    case Connection::Silence::None:
        break;
    case Connection::Silence::Nobody:
        if (!portInUse)
            break; // the server may come
        return {PyventError::PortTaken,
                u"port %1 of %2 can neither be reached nor served: nobody listens there, but a connection of some "
                "program has this number, or had it until a minute ago. This node goes on trying. To have the system "
                "keep the number free, set net.ipv4.ip_local_reserved_ports=%1-%3 with sysctl"_s.arg(
                    port, options.address, QString::number(options.port + 1)),
                port};
    case Connection::Silence::NoSuchHost:
        return {PyventError::ServerNotResponding,
                u"the host '%1' has no address that this machine knows: check the name, and the network. This node "
                "goes on trying"_s.arg(options.address),
                options.address};
    case Connection::Silence::NoResources:
        return resourcesError(QString::fromLocal8Bit(::strerror(EMFILE)));
    case Connection::Silence::EventsRefused: {
        const QString eventsPort = QString::number(options.port + 1);
        return {
            PyventError::ServerNotResponding,
            u"port %1 of %2 answers, but port %3, which events come from, refuses connections: see whether a firewall "
            "is in the way, and whether what listens at port %1 is a Pyvent server. This node goes on trying"_s.arg(
                port, options.address, eventsPort),
            eventsPort};
    }
    case Connection::Silence::OtherUser:
        return {PyventError::NotAllowed,
                u"%1, and this node does not join a bus of that user's: name the user in PyventOptions::localAccess "
                "(--local-access of pyvent), or choose another port for all nodes of this bus. This node goes on "
                "trying"_s.arg(describeHolder(endpointOf(options), options)),
                port};
    case Connection::Silence::NotLetIn:
        return {PyventError::NotAllowed,
                u"the server of port %1 of %2 does not let this process's user, %3, in: it has to name the user in its "
                "PyventOptions::localAccess (--local-access of pyvent). This node goes on trying"_s.arg(
                    port, options.address, describeUser(::geteuid())),
                port};
    case Connection::Silence::ServerFull:
        return {PyventError::ServerNotResponding,
                u"the server of port %1 of %2 has as many connections as it may: close some, or raise its "
                "PyventServerLimits::connections (connectionsOfOtherUser for another user's) or its process's limit of "
                "descriptors, of which it takes half. This node goes on trying"_s.arg(port, options.address),
                port};
    case Connection::Silence::AcknowledgesNothing:
    case Connection::Silence::PassesOnNothing:
    case Connection::Silence::HangsUp: {
        const QString what = silence == Connection::Silence::AcknowledgesNothing
            ? u"takes events and acknowledges none"_s
            : silence == Connection::Silence::PassesOnNothing ? u"passes on nothing of what it takes"_s
                                                              : u"hangs up as soon as it is reached, time and again"_s;
        return {PyventError::ServerNotResponding,
                u"what serves at port %1 of %2 is broken or no Pyvent server: it %3. Find out what it is, and end it; "
                u"events "
                "that are not acknowledged are kept, and this node tries again now and then"_s.arg(
                    port, options.address, what),
                port};
    }
    case Connection::Silence::KeysUnreadable:
        return {PyventError::NotAllowed,
                u"this node cannot join the bus by its keys: %1. It goes on trying"_s.arg(whyNotKeys(options.security)),
                u"security"_s};
    case Connection::Silence::KeyNotLetIn:
        return {
            PyventError::NotAllowed,
            u"the server at port %1 of %2 does not let this node's key in: add the line '%3' to the file of its "
            "PyventSecurity::allowFile (--allow of pyvent serve), which it reads again. This node goes on trying"_s.arg(
                port, options.address, keyLineOf(options.security)),
            options.security.keyFile};
    case Connection::Silence::OtherServerKey:
        return {
            PyventError::NotAllowed,
            u"what listens at port %1 of %2 does not have the secret key to the public one that this node expects of "
            "its server: compare PyventSecurity::serverKey (--server-key) with the server's .pub file. If that is the "
            "same, somebody else answers in the server's place. This node goes on trying"_s.arg(port, options.address),
            options.address};
    case Connection::Silence::ServerHasKeys:
        return {
            PyventError::NotAllowed,
            u"the server at port %1 of %2 lets nodes on other machines in by keys only, and this one has none: make "
            "one with 'pyvent keygen', and name it and the server's in PyventOptions::security (--key, "
            "--server-key). This node goes on trying"_s.arg(port, options.address),
            options.address};
    case Connection::Silence::ServerHasNoKeys:
        return {
            PyventError::NotAllowed,
            u"the server at port %1 of %2 has no keys, and this node joins none but the one whose key it knows: start "
            "the server with its keys (pyvent serve --keys FILE --allow FILE). This node goes on trying"_s.arg(
                port, options.address),
            options.address};
    case Connection::Silence::NotResponding:
        if (isOtherUsers(endpointOf(options)))
            return silenceError(Connection::Silence::NotLetIn, portInUse, options);
        return {portInUse ? PyventError::PortTaken : PyventError::ServerNotResponding,
                u"what has port %1 of %2 does not answer as a Pyvent server does: if it is one, it hangs; if not, end "
                u"it, or "
                "choose another port for all nodes of this bus. This node goes on trying"_s.arg(port, options.address),
                port};
    }
    return {};
}

} // namespace Pyvent::Internal
