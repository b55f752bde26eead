// SPDX-License-Identifier: MIT
#include "bucketsettings.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/quuid.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

// As the server of a bus keeps them.
constexpr qint64 mostNames = 100'000;
constexpr qint64 mostBytes = qint64(128) << 20; // with what the store needs beside their 64 MiB
constexpr qint64 largest = qint64(96) << 10;    // with headers

} // namespace

QJsonObject bucketSettings(const QByteArray &bucket, int replicas)
{
    return {
        {u"name"_s, QString::fromUtf8("KV_" + bucket)},
        {u"description"_s,
         u"Pyvent's shared values and last events, %1"_s.arg(QUuid::createUuid().toString(QUuid::WithoutBraces))},
        {u"subjects"_s, QJsonArray{QString::fromUtf8("$KV." + bucket + ".>")}},
        {u"retention"_s, u"limits"_s},
        {u"max_consumers"_s, -1},
        {u"max_msgs"_s, mostNames},
        {u"max_msgs_per_subject"_s, 1},
        {u"max_bytes"_s, mostBytes},
        {u"max_age"_s, 0},
        {u"max_msg_size"_s, largest},
        {u"storage"_s, u"file"_s},
        {u"discard"_s, u"old"_s},
        {u"num_replicas"_s, replicas},
        {u"deny_delete"_s, true},
        {u"allow_rollup_hdrs"_s, true},
        {u"allow_direct"_s, true},
    };
}

QString whyNotABucket(const QByteArray &bucket, const QJsonObject &settings, QStringList *notes)
{
    const QString name = QString::fromUtf8(bucket);
    const auto refuse = [&](const QString &text) {
        return u"the bucket %1 is there with other settings: %2; remove it ('nats kv del %1'), or take another "
               "--prefix"_s.arg(name, text);
    };
    const QString subject = QString::fromUtf8("$KV." + bucket + ".>");
    if (!settings["subjects"_L1].toArray().contains(subject))
        return refuse(u"it does not take '%1'"_s.arg(subject));
    if (settings["retention"_L1].toString() != "limits"_L1)
        return refuse(u"it drops what one of its readers has got"_s);
    if (settings["no_ack"_L1].toBool())
        return refuse(u"it acknowledges nothing"_s);
    if (settings["sealed"_L1].toBool() || settings.contains("mirror"_L1))
        return refuse(u"it takes nothing"_s);
    if (settings["max_msgs_per_subject"_L1].toInteger() < 1)
        return refuse(u"it keeps all that was ever put for a key, so it is none (max_msgs_per_subject)"_s);

    QStringList limits;
    if (const qint64 age = settings["max_age"_L1].toInteger(); age > 0)
        limits += u"what was not written for %1 s is forgotten (max_age)"_s.arg(age / 1'000'000'000);
    if (const qint64 size = settings["max_msg_size"_L1].toInteger(); size > 0 && size < largest)
        limits += u"it takes %1 bytes at most (max_msg_size)"_s.arg(size);
    if (settings["discard"_L1].toString() == "new"_L1
        && (settings["max_bytes"_L1].toInteger() > 0 || settings["max_msgs"_L1].toInteger() > 0))
        limits += u"it takes nothing new when it is full (discard)"_s;
    if (settings["storage"_L1].toString() == "memory"_L1)
        limits += u"it is in memory only, and ends with its servers"_s;
    if (!limits.isEmpty())
        *notes += u"the bucket %1 is there with settings of its own: %2"_s.arg(name, limits.join(u"; "_s));
    return {};
}

} // namespace Pyvent::Bridge
