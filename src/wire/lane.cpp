// SPDX-License-Identifier: MIT
#include "wire/lane.h"

#include "wire/zmtp.h"

#include <QtCore/qendian.h>
#include <QtCore/qstring.h>

namespace Pyvent::Internal::Lane {

namespace {

constexpr QByteArrayView versionProperty = "Pyvent-Lane";
constexpr QByteArrayView version = "1";
constexpr QByteArrayView filesProperty = "Files";
constexpr QByteArrayView secretProperty = "Secret";
constexpr QByteArrayView yes = "1";

// A reason is for people: what is longer is none.
constexpr qsizetype longestReason = 1000;

QByteArray numberFrame(QByteArrayView command, quint64 number)
{
    char data[sizeof number];
    qToBigEndian(number, data);
    return Zmtp::commandFrame(command, QByteArrayView(data, sizeof data));
}

std::optional<quint64> readNumber(QByteArrayView data)
{
    if (data.size() < qsizetype(sizeof(quint64)))
        return {};
    return qFromBigEndian<quint64>(data.data());
}

} // namespace

static QByteArray properties(bool takesFiles)
{
    QByteArray properties = Zmtp::property(versionProperty, version);
    if (takesFiles)
        properties += Zmtp::property(filesProperty, yes);
    return properties;
}

QByteArray readyFrame(bool takesFiles, QByteArrayView secret)
{
    return Zmtp::commandFrame(readyCommand,
                              properties(takesFiles)
                                  + (secret.isEmpty() ? QByteArray() : Zmtp::property(secretProperty, secret)));
}

QByteArray serverReadyFrame(bool takesFiles)
{
    return Zmtp::commandFrame(readyCommand,
                              properties(takesFiles) + Zmtp::property(Zmtp::provesSenders, yes)
                                  + Zmtp::property(Zmtp::tellsWhoIsLost, yes));
}

QByteArrayView secretOf(QByteArrayView ready)
{
    return Zmtp::readProperty(ready, secretProperty);
}

bool provesSenders(QByteArrayView ready)
{
    return Zmtp::readProperty(ready, Zmtp::provesSenders) == yes;
}

bool tellsWhoIsLost(QByteArrayView ready)
{
    return Zmtp::readProperty(ready, Zmtp::tellsWhoIsLost) == yes;
}

bool isReady(QByteArrayView data)
{
    return Zmtp::readProperty(data, versionProperty) == version;
}

bool takesFiles(QByteArrayView ready)
{
    return Zmtp::readProperty(ready, filesProperty) == yes;
}

QByteArray acknowledgementFrame(const Acknowledgement &acknowledgement)
{
    char data[2 * sizeof(quint64)];
    qToBigEndian(acknowledgement.events, data);
    qToBigEndian(acknowledgement.subscriptions, data + sizeof(quint64));
    return Zmtp::commandFrame(acknowledgeCommand, QByteArrayView(data, sizeof data));
}

std::optional<Acknowledgement> readAcknowledgement(QByteArrayView data)
{
    if (data.size() < qsizetype(2 * sizeof(quint64)))
        return {};
    return Acknowledgement{qFromBigEndian<quint64>(data.data()),
                           qFromBigEndian<quint64>(data.data() + sizeof(quint64))};
}

const QByteArray &fileFrame()
{
    static const QByteArray frame = Zmtp::commandFrame(fileCommand, {});
    return frame;
}

QByteArray fileFrame(quint64 size)
{
    return numberFrame(fileCommand, size);
}

std::optional<quint64> readFile(QByteArrayView data)
{
    return data.isEmpty() ? 0 : readNumber(data);
}

QByteArray doneFrame(quint64 files)
{
    return numberFrame(doneCommand, files);
}

std::optional<quint64> readDone(QByteArrayView data)
{
    return readNumber(data);
}

QByteArray lagFrame(bool lags)
{
    return Zmtp::commandFrame(lagCommand, lags ? "1" : "0");
}

std::optional<bool> readLag(QByteArrayView data)
{
    if (data != "1" && data != "0")
        return {};
    return data == "1";
}

const QByteArray &fullFrame()
{
    static const QByteArray frame = Zmtp::commandFrame(fullCommand, {});
    return frame;
}

QByteArray errorFrame(const QString &reason)
{
    return Zmtp::commandFrame(errorCommand, reason.left(longestReason / 4).toUtf8());
}

QString readError(QByteArrayView data)
{
    return QString::fromUtf8(data.first(std::min(data.size(), longestReason)));
}

} // namespace Pyvent::Internal::Lane
