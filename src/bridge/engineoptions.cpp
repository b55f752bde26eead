// SPDX-License-Identifier: MIT
#include "engineoptions.h"

#include <QtCore/qcryptographichash.h>
#include <QtCore/qsysinfo.h>

#include <algorithm>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype longestPrefix = 64;
constexpr qsizetype longestBus = 32;

struct Scheme
{
    QLatin1StringView name;
    Dialect dialect;
    bool isEncrypted;
    int port;
};

constexpr Scheme schemes[] = {
    {"nats"_L1, Dialect::Nats, false, 4222},
    {"tls"_L1, Dialect::Nats, true, 4222},
    {"mqtt"_L1, Dialect::Mqtt, false, 1883},
    {"mqtts"_L1, Dialect::Mqtt, true, 8883},
};

bool isWordCharacter(QChar c)
{
    return (c >= u'a' && c <= u'z') || (c >= u'A' && c <= u'Z') || (c >= u'0' && c <= u'9') || c == u'-' || c == u'_';
}

// "host", "host:port", "[::1]:port".
QString readServer(QStringView text, int defaultPort, HostPort *server)
{
    server->port = defaultPort;
    QStringView port;
    if (text.startsWith(u'[')) {
        const qsizetype end = text.indexOf(u']');
        if (end < 0)
            return u"'%1' has no ']' behind its address"_s.arg(text);
        server->host = text.sliced(1, end - 1).toString();
        port = text.sliced(end + 1);
    } else {
        const qsizetype colon = text.indexOf(u':');
        server->host = text.first(colon < 0 ? text.size() : colon).toString();
        port = colon < 0 ? QStringView() : text.sliced(colon);
    }
    if (server->host.isEmpty())
        return u"a host is missing in the URL"_s;
    if (port.isEmpty())
        return {};
    bool isNumber = false;
    server->port = port.startsWith(u':') ? port.sliced(1).toInt(&isNumber) : 0;
    if (!isNumber || server->port < 1 || server->port > 65535)
        return u"'%1' has no port from 1 to 65535"_s.arg(text);
    return {};
}

QString readUrl(QStringView url, bool isFirst, EngineOptions *options)
{
    const qsizetype slashes = url.indexOf("://"_L1);
    const QStringView name = slashes < 0 ? QStringView() : url.first(slashes);
    const auto scheme = std::ranges::find_if(
        schemes, [&](const Scheme &each) { return name.compare(each.name, Qt::CaseInsensitive) == 0; });
    // Further ones may leave out the scheme: nats://a,b,c.
    const bool hasScheme = slashes >= 0;
    if (hasScheme ? scheme == std::end(schemes) : isFirst)
        return u"'%1' is no URL that begins with nats://, tls://, mqtt:// or mqtts://"_s.arg(url);
    if (isFirst) {
        options->dialect = scheme->dialect;
        options->isEncrypted = scheme->isEncrypted;
    } else if (hasScheme && (options->dialect != scheme->dialect || options->isEncrypted != scheme->isEncrypted)) {
        return u"all servers of one bridge are reached in one way, and '%1' is another one: take a bridge for each"_s
            .arg(url);
    }
    QStringView rest = hasScheme ? url.sliced(slashes + 3) : url;
    while (rest.endsWith(u'/'))
        rest.chop(1);
    if (rest.contains(u'@')) {
        return u"a URL has no place for a name or a password, which every user of this machine could read: take --user "
               "and --password-file"_s;
    }
    if (rest.contains(u'/') || rest.contains(u'?') || rest.contains(u'#'))
        return u"'%1' has more behind its host and port"_s.arg(url);
    HostPort server;
    const auto own = std::ranges::find_if(schemes, [&](const Scheme &each) {
        return each.dialect == options->dialect && each.isEncrypted == options->isEncrypted;
    });
    if (const QString why = readServer(rest, own->port, &server); !why.isEmpty())
        return why;
    if (!options->servers.contains(server))
        options->servers += server;
    return {};
}

bool isLoopback(const QString &address)
{
    return address == "localhost"_L1 || address.startsWith("127."_L1) || address == "::1"_L1 || address == "[::1]"_L1
        || address == "0.0.0.0"_L1 || address == "::"_L1;
}

} // namespace

QString HostPort::text() const
{
    return (host.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s).arg(host, QString::number(port));
}

QString EngineOptions::scheme() const
{
    const auto own = std::ranges::find_if(
        schemes, [this](const Scheme &each) { return each.dialect == dialect && each.isEncrypted == isEncrypted; });
    return own->name;
}

QString EngineOptions::text() const
{
    QStringList texts;
    for (const HostPort &server : servers)
        texts += server.text();
    return scheme() + "://"_L1 + texts.join(u',');
}

QString readUrls(const QString &text, EngineOptions *options)
{
    const QList<QStringView> urls = QStringView(text).split(u',');
    for (qsizetype i = 0; i < urls.size(); ++i) {
        if (const QString why = readUrl(urls[i].trimmed(), i == 0, options); !why.isEmpty())
            return why;
    }
    return {};
}

QString whyNotAPrefix(const QString &prefix, Dialect dialect)
{
    const QChar separator = dialect == Dialect::Nats ? u'.' : u'/';
    const QStringList levels = prefix.split(separator);
    const bool isGood = prefix.size() <= longestPrefix && std::ranges::all_of(levels, [](const QString &level) {
                            return !level.isEmpty() && std::ranges::all_of(level, isWordCharacter);
                        });
    if (isGood)
        return {};
    return u"a prefix has 1 to %1 letters, digits, '-' and '_', in levels with '%2' between them, and '%3' has not"_s
        .arg(QString::number(longestPrefix), separator, prefix);
}

QString whyNotABus(const QString &bus)
{
    if (!bus.isEmpty() && bus.size() <= longestBus && std::ranges::all_of(bus, isWordCharacter))
        return {};
    return u"a bus's name has 1 to %1 letters, digits, '-' and '_', and '%2' has not"_s.arg(QString::number(longestBus),
                                                                                            bus);
}

QString whyNotTogether(const EngineOptions &options)
{
    const bool hasUser = !options.user.isEmpty();
    const bool hasNkey = !options.nkeyFile.isEmpty();
    const bool hasCredentials = !options.credentialsFile.isEmpty();
    if (options.dialect == Dialect::Mqtt && (hasNkey || hasCredentials))
        return u"nkeys and credentials are NATS's: for MQTT, take --user and --password-file, or --client-cert and "
               "--client-key"_s;
    if (options.dialect == Dialect::Mqtt && options.hasValues)
        return u"--values needs NATS, and its key-value buckets: an MQTT broker has only retained messages, of which "
               u"the one that "
               "comes last replaces a newer one"_s;
    if (int(hasUser) + int(hasNkey) + int(hasCredentials) > 1)
        return u"--user, --nkey and --credentials exclude each other: the server asks for one of them"_s;
    if (!options.passwordFile.isEmpty() && !hasUser)
        return u"--password-file needs --user"_s;
    if (options.certificateFile.isEmpty() != options.keyFile.isEmpty())
        return u"--client-cert and --client-key go together"_s;
    // Whoever names an authority takes the connection for an encrypted one.
    if (!options.isEncrypted && !(options.caFile.isEmpty() && options.certificateFile.isEmpty()))
        return u"--ca, --client-cert and --client-key are for a connection with TLS: the URL begins with %1:// then, "
               "not %2://"_s.arg(options.dialect == Dialect::Nats ? u"tls"_s : u"mqtts"_s, options.scheme());
    return {};
}

QString defaultBus(const QString &address, int port)
{
    // Only a hash of the machine's id may leave it: machine-id(5).
    QByteArray where;
    if (!isLoopback(address))
        where = address.toUtf8();
    else if (where = QSysInfo::machineUniqueId(); where.isEmpty())
        where = QSysInfo::machineHostName().toUtf8();
    const QByteArray hash =
        QCryptographicHash::hash("pyvent-bridge:" + where + ':' + QByteArray::number(port), QCryptographicHash::Sha256);
    return u"bus-"_s + QLatin1StringView(hash.toHex().first(12));
}

} // namespace Pyvent::Bridge
