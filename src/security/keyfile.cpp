// SPDX-License-Identifier: MIT
#include "security/keyfile.h"

#include "pyventsecurity.h"
#include "security/privatefile.h"
#include "wire/z85.h"

#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qscopeguard.h>

#include <algorithm>

#include <sodium.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostKeyBytes = qsizetype(64) * 1024; // of a file of one key
constexpr qsizetype longestKeyName = 64;
constexpr qsizetype textSize = 40; // of a key, in Z85

void wipeBytes(QByteArray *bytes)
{
    ::sodium_memzero(bytes->data(), std::size_t(bytes->size()));
}

std::optional<KeyLine> readKeyLine(QByteArrayView line)
{
    const QByteArrayView trimmed = line.trimmed();
    if (trimmed.isEmpty() || trimmed.startsWith('#'))
        return {};
    const qsizetype at = trimmed.indexOf('=');
    if (at < 0)
        return KeyLine{{}, trimmed.toByteArray()};
    return KeyLine{QString::fromUtf8(trimmed.first(at).trimmed()), trimmed.sliced(at + 1).trimmed().toByteArray()};
}

} // namespace

bool isKeyName(QStringView name)
{
    const auto fits = [](QChar c) {
        return (c.unicode() < 0x80 && c.isLetterOrNumber()) || c == u'.' || c == u'_' || c == u'@' || c == u'-';
    };
    return !name.isEmpty() && name.size() <= longestKeyName && std::all_of(name.begin(), name.end(), fits);
}

bool forEachKeyLine(QByteArrayView text, const std::function<bool(KeyLine &line, int number)> &take)
{
    for (int number = 1; !text.isEmpty(); ++number) {
        const qsizetype end = text.indexOf('\n');
        const QByteArrayView line = end < 0 ? text : text.first(end);
        text = end < 0 ? QByteArrayView() : text.sliced(end + 1);
        if (auto read = readKeyLine(line); read && !take(*read, number))
            return false;
    }
    return true;
}

QByteArray publicKeyOf(QByteArrayView text)
{
    return text.size() == textSize ? fromZ85(text) : QByteArray();
}

std::optional<KeyFile> readKeyFile(const QString &path, QString *why)
{
    auto bytes = readPrivately(path, Privacy::Secret, mostKeyBytes, why);
    if (!bytes)
        return {};
    const auto wipe = qScopeGuard([&] { wipeBytes(&*bytes); });
    QString name;
    QByteArray known;
    std::optional<KeyPair> pair;
    forEachKeyLine(*bytes, [&](KeyLine &line, int) {
        if (line.name == "name"_L1)
            name = QString::fromUtf8(line.value);
        else if (line.name == "public"_L1)
            known = publicKeyOf(line.value);
        else if (line.name == "secret"_L1 && line.value.size() == textSize) {
            QByteArray secret = fromZ85(line.value);
            pair = KeyPair::ofSecret(secret);
            wipeBytes(&secret);
        }
        wipeBytes(&line.value);
        return true;
    });
    if (!pair || pair->publicKey() != known || !isKeyName(name)) {
        *why = u"%1 is no secret key that pyvent keygen has made, or is damaged"_s.arg(path);
        return {};
    }
    return KeyFile{name, *pair};
}

QByteArray readPublicKey(const QString &keyOrPath, QString *why)
{
    if (QByteArray key = publicKeyOf(keyOrPath.toUtf8()); !key.isEmpty())
        return key;
    const auto bytes = readPrivately(keyOrPath, Privacy::Public, mostKeyBytes, why);
    if (!bytes)
        return {};
    QByteArray key;
    int lines = 0;
    bool isSecret = false;
    forEachKeyLine(*bytes, [&](const KeyLine &line, int) {
        ++lines;
        isSecret = isSecret || line.name == "secret"_L1;
        key = publicKeyOf(line.value);
        return true;
    });
    if (isSecret)
        *why = u"%1 is a secret key; name the public one that belongs to it, which ends with .pub"_s.arg(keyOrPath);
    else if (lines != 1 || key.isEmpty())
        *why =
            u"%1 has no public key in one line 'name = key', as the .pub file of pyvent keygen has it"_s.arg(keyOrPath);
    return isSecret || lines != 1 ? QByteArray() : key;
}

QString makeKeyFiles(const QString &path)
{
    const QString name = QFileInfo(path).fileName();
    if (!isKeyName(name))
        return u"'%1' cannot be the name of a key: it has letters, digits, and '.', '_', '@' or '-', up to %2"_s
            .arg(name)
            .arg(longestKeyName);
    const KeyPair pair = KeyPair::make();
    const QByteArray publicText = toZ85(pair.publicKey());
    QByteArray secretText = toZ85(pair.secretKey().view());
    QByteArray secret;
    const auto wipe = qScopeGuard([&] {
        wipeBytes(&secretText);
        wipeBytes(&secret);
    });
    secret.reserve(1024); // so that nothing secret is left elsewhere
    secret.append("# The secret key of " + name.toUtf8()
                  + ", for Pyvent. Whoever can read this file can pass for it.\nname = " + name.toUtf8()
                  + "\npublic = " + publicText + "\nsecret = ");
    secret.append(secretText);
    secret.append('\n');
    const QString keyPath = path + ".key"_L1;
    const QString publicPath = path + ".pub"_L1;
    if (QFileInfo::exists(publicPath))
        return u"there is %1 already, and it is not overwritten"_s.arg(publicPath);
    if (QString why = writeNewFile(keyPath, secret, 0600); !why.isEmpty())
        return why;
    QString why = writeNewFile(publicPath, name.toUtf8() + " = " + publicText + '\n', 0644);
    if (!why.isEmpty())
        QFile::remove(keyPath);
    return why;
}

} // namespace Pyvent::Internal

QString PyventSecurity::makeKeys(const QString &path)
{
    return Pyvent::Internal::makeKeyFiles(path);
}

std::optional<QByteArray> PyventSecurity::readSecret(const QString &path, QString *why)
{
    constexpr qsizetype most = qsizetype(1) << 20;
    return Pyvent::Internal::readPrivately(path, Pyvent::Internal::Privacy::Secret, most, why);
}
