// SPDX-License-Identifier: MIT
#include "natsoptions.h"

#include "certificates.h"
#include "natscredentials.h"
#include "reachable.h"

#include <PyventSecurity>

#include <QtCore/qfile.h>

#include <sodium.h>

#include <cstring>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr int connectTimeout = 2000; // milliseconds
constexpr std::chrono::milliseconds diagnosedWithin{1000};
constexpr int writeDeadline = 2000;
constexpr int pingInterval = 2000;
constexpr int mostPings = 2;           // without an answer
constexpr int bufferSize = 256 * 1024; // bytes

char *copyOf(const QByteArray &text)
{
    return ::strdup(text.constData());
}

void wipe(QByteArray *secret)
{
    sodium_memzero(secret->data(), std::size_t(secret->size()));
}

// For the library's callbacks, which are called while it connects: a file's path, which the options outlive.
QByteArray secretAt(const void *closure, char **error)
{
    QString why;
    auto bytes = PyventSecurity::readSecret(QString::fromUtf8(static_cast<const char *>(closure)), &why);
    if (!bytes) {
        *error = copyOf(why.toUtf8());
        return {};
    }
    return *bytes;
}

natsStatus sign(char **error, unsigned char **signature, int *length, const char *nonce, void *closure)
{
    QByteArray secret = secretAt(closure, error);
    QByteArray seed = seedIn(secret);
    const natsStatus status = seed.isEmpty() ? NATS_ERR : nats_Sign(seed.constData(), nonce, signature, length);
    wipe(&seed);
    wipe(&secret);
    return status;
}

natsStatus tellToken(char **token, char **error, void *closure)
{
    QByteArray secret = secretAt(closure, error);
    const auto credentials = credentialsIn(secret);
    wipe(&secret);
    if (!credentials)
        return NATS_ERR;
    *token = copyOf(credentials->token);
    return NATS_OK;
}

QString setUser(natsOptions *options, const EngineOptions &engine)
{
    if (engine.user.isEmpty() && engine.passwordFile.isEmpty())
        return {};
    QString why;
    auto password =
        engine.passwordFile.isEmpty() ? QByteArray() : PyventSecurity::readSecret(engine.passwordFile, &why);
    if (!password)
        return why;
    QByteArray line =
        password->left(password->indexOf('\n') < 0 ? password->size() : password->indexOf('\n')).trimmed();
    natsOptions_SetUserInfo(options, engine.user.toUtf8().constData(), line.constData());
    wipe(&line);
    wipe(&*password);
    return {};
}

// \a paths are kept by the caller for as long as the library may ask.
QString setKeys(natsOptions *options, const EngineOptions &engine, const char *nkeyPath, const char *credentialsPath)
{
    QString why;
    if (!engine.credentialsFile.isEmpty()) {
        auto secret = PyventSecurity::readSecret(engine.credentialsFile, &why);
        if (!secret)
            return why;
        const bool isGood = credentialsIn(*secret).has_value();
        wipe(&*secret);
        if (!isGood)
            return u"%1 has no NATS credentials: a user's JWT and the seed of a key, as nsc makes them"_s.arg(
                engine.credentialsFile);
        void *const closure = const_cast<char *>(credentialsPath);
        natsOptions_SetUserCredentialsCallbacks(options, tellToken, closure, sign, closure);
    } else if (!engine.nkeyFile.isEmpty()) {
        auto secret = PyventSecurity::readSecret(engine.nkeyFile, &why);
        if (!secret)
            return why;
        QByteArray seed = seedIn(*secret);
        const QByteArray key = publicNkey(seed);
        wipe(&seed);
        wipe(&*secret);
        if (key.isEmpty())
            return u"%1 has no seed of a NATS user's key, which begins with SU"_s.arg(engine.nkeyFile);
        natsOptions_SetNKey(options, key.constData(), sign, const_cast<char *>(nkeyPath));
    }
    return {};
}

QString setEncryption(natsOptions *options, const EngineOptions &engine, const HostPort &server)
{
    if (!engine.isEncrypted)
        return {};
    QString why;
    const QString ca = engine.caFile.isEmpty() ? systemCertificates() : engine.caFile;
    if (natsOptions_SetSecure(options, true) != NATS_OK)
        return natsErrorText(NATS_SSL_ERROR);
    if (ca.isEmpty() || natsOptions_LoadCATrustedCertificates(options, QFile::encodeName(ca).constData()) != NATS_OK)
        return u"%1 has no certificates of authorities that can be read: name a file with --ca"_s.arg(
            ca.isEmpty() ? u"this system"_s : ca);
    if (!engine.certificateFile.isEmpty()) {
        if (!isPrivateKey(engine.keyFile, &why))
            return why;
        if (natsOptions_LoadCertificatesChain(options, QFile::encodeName(engine.certificateFile).constData(),
                                              QFile::encodeName(engine.keyFile).constData())
            != NATS_OK)
            return u"%1 and %2 are no certificate and its key, in PEM"_s.arg(engine.certificateFile, engine.keyFile);
    }
    natsOptions_SetExpectedHostname(options, server.host.toUtf8().constData());
    return {};
}

// By what it wants to be let in.
QString loginOptions(const EngineOptions &options)
{
    if (!options.user.isEmpty())
        return u"--user and --password-file"_s;
    if (!options.nkeyFile.isEmpty())
        return u"--nkey"_s;
    return options.credentialsFile.isEmpty() ? u"--user, --nkey or --credentials"_s : u"--credentials"_s;
}

// The library's text has OpenSSL's number of what is wrong with a certificate: X509_V_ERR_… in x509_vfy.h.
QString whyNotTrusted(const QString &text, const EngineOptions &options, const HostPort &server)
{
    const auto says = [&](QLatin1StringView part) { return text.contains(part, Qt::CaseInsensitive); };
    if (says("mismatch"_L1))
        return u"its certificate is for another host than '%1': the URL has to have a name that the certificate has"_s
            .arg(server.host);
    if (says("issuer certificate"_L1) || says("self-signed"_L1) || says("self signed"_L1)
        || says("first certificate"_L1))
        return u"its certificate is not of an authority in %1: name its file with --ca"_s.arg(
            options.caFile.isEmpty() ? systemCertificates() : options.caFile);
    return text;
}

} // namespace

QString whyNotConnected(natsStatus status, const EngineOptions &options, const HostPort &server)
{
    const QString text = natsErrorText(status);
    QString why;
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
        return u"it does not let this user in (%1): look at %2"_s.arg(text, loginOptions(options));
    case NATS_SECURE_CONNECTION_WANTED:
        return u"it has no TLS: the URL begins with nats:// then, not tls://"_s;
    case NATS_SSL_ERROR:
        return options.isEncrypted ? whyNotTrusted(text, options, server)
                                   : u"it asks for TLS: the URL begins with tls:// then, not nats://"_s;
    case NATS_NO_SERVER:
        return isReachable(server, diagnosedWithin, &why) ? text : why;
    case NATS_TIMEOUT:
        return u"no NATS server has answered within %1 s"_s.arg(connectTimeout / 1000);
    case NATS_PROTOCOL_ERROR: // "Expected 'PONG', got ''"
    case NATS_IO_ERROR:
    case NATS_CONNECTION_CLOSED:
        return options.isEncrypted && options.certificateFile.isEmpty() ? whyHungUp() : text;
    default:
        return text;
    }
}

QString natsErrorText(natsStatus status)
{
    natsStatus last = NATS_OK;
    const char *const text = nats_GetLastError(&last);
    QString found = text && *text ? QString::fromUtf8(text) : QString();
    // "(conn.c:1234): text": for the library's authors.
    if (const qsizetype end = found.indexOf("): "_L1); found.startsWith(u'(') && end > 0)
        found.remove(0, end + 3);
    return found.isEmpty() ? QString::fromUtf8(natsStatus_GetText(status)) : found.simplified();
}

NatsOptionsPointer makeNatsOptions(const EngineOptions &engine, const HostPort &server, QString *why)
{
    natsOptions *made = nullptr;
    if (natsOptions_Create(&made) != NATS_OK) {
        *why = natsErrorText(NATS_NO_MEMORY);
        return {};
    }
    NatsOptionsPointer options(made);
    const QByteArray url = (u"nats://"_s + server.text()).toUtf8();
    natsOptions_SetURL(made, url.constData());
    natsOptions_SetName(made, ("pyvent-bridge " + engine.bus.toUtf8()).constData());
    natsOptions_SetTimeout(made, connectTimeout);
    natsOptions_SetWriteDeadline(made, writeDeadline);
    natsOptions_SetPingInterval(made, pingInterval);
    natsOptions_SetMaxPingsOut(made, mostPings);
    natsOptions_SetIOBufSize(made, bufferSize);
    // The engine connects anew itself: what was under way goes again, and in order.
    natsOptions_SetAllowReconnect(made, false);

    *why = setUser(made, engine);
    if (why->isEmpty())
        *why = setEncryption(made, engine, server);
    // Only this thread connects, and the library asks for secrets as it does.
    thread_local QByteArray nkeyPath;
    thread_local QByteArray credentialsPath;
    nkeyPath = engine.nkeyFile.toUtf8();
    credentialsPath = engine.credentialsFile.toUtf8();
    if (why->isEmpty())
        *why = setKeys(made, engine, engine.nkeyFile.isEmpty() ? nullptr : nkeyPath.constData(),
                       credentialsPath.constData());
    if (!why->isEmpty())
        return {};
    return options;
}

} // namespace Pyvent::Bridge
