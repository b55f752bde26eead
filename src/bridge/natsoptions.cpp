// SPDX-License-Identifier: MIT
#include "natsoptions.h"

#include "certificates.h"
#include "natscredentials.h"

#include <PyventSecurity>

#include <QtCore/qfile.h>

#include <sodium.h>

#include <cstring>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr int connectTimeout = 2000; // milliseconds
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

} // namespace

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
