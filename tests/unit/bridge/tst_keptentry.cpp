// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "bucketsettings.h"
#include "keptentry.h"
#include "support/testprogram.h"
#include "wire/valueversion.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qregularexpression.h>
#include <QtTest>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

const QUuid keptNode = QUuid::fromString("12345678-9abc-def0-1234-56789abcdef0"_L1);

Kept valueOf(const QString &name, quint64 stamp, const QUuid &node = keptNode)
{
    return {.message = {.name = name, .node = node, .time = 5, .bus = "one", .payload = "}."_ba, .stamp = stamp}};
}

Kept plainOf(const QString &name, qint64 time, quint64 number = 1, const QUuid &node = keptNode)
{
    return {.message = {.name = name, .node = node, .number = number, .time = time, .bus = "one", .payload = "}."_ba}};
}

bool isAKey(const QByteArray &key)
{
    static const QRegularExpression valid(u"^[-/_=.a-zA-Z0-9]+$"_s); // as NATS' clients have it
    return valid.match(QString::fromUtf8(key)).hasMatch() && !key.startsWith('.') && !key.endsWith('.')
        && !key.contains("..") && !key.startsWith("_kv") && key.size() <= longestAddress;
}

} // namespace

class tst_KeptEntry : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keysAreWhatBucketsTake()
    {
        QStringList names =
            awkwardNames() + QStringList{u"_kv.x"_s, u"_kv"_s, u"_k"_s, u"a=b"_s, u"=41"_s, u"=="_s, u"a b"_s};
        std::mt19937 random(1);
        for (int i = 0; i < 2000; ++i)
            names += randomName(&random);
        QHash<QByteArray, QString> known;
        for (const QString &name : std::as_const(names)) {
            const QByteArray key = keyOf(name);
            QVERIFY2(isAKey(key), key.constData());
            QVERIFY(!known.contains(key) || known[key] == name);
            known[key] = name;
            if (!key.startsWith("=="))
                QCOMPARE(nameOfKey(key), name);
            else
                QVERIFY(!nameOfKey(key));
        }
        QCOMPARE(keyOf(u"oven.temperature"), "oven.temperature"_ba);
        QCOMPARE(keyOf(u"küche"), "k=C3=BCche"_ba);
        QCOMPARE(keyOf(u"a=b"), "a=3Db"_ba);
        QCOMPARE(keyOf(u"_kv"), "=5Fkv"_ba);
        QVERIFY(keyOf(QString(1024, u'*')).startsWith("=="));
    }

    // A name has one key, and no other one is read.
    void otherKeysAreNone_data()
    {
        QTest::addColumn<QByteArray>("key");
        for (const QByteArray &key :
             {""_ba, "="_ba, "=4"_ba, "=4g"_ba, "=41"_ba, "=c3=bc"_ba, "a*b"_ba, "."_ba, "a."_ba, "=FF"_ba, "==00"_ba,
              "a b"_ba, "_kv"_ba, "=+1"_ba, "k\xC3\xBC"_ba, QByteArray(1, '\0')})
            QTest::addRow("%s", key.toPercentEncoding().constData()) << key;
    }
    void otherKeysAreNone()
    {
        QFETCH(QByteArray, key);
        QVERIFY(!nameOfKey(key));
    }

    void bucketsAreOfOnePrefix()
    {
        QCOMPARE(bucketOf(u"harbour"_s), "pyvent-harbour"_ba);
        QStringList prefixes{u"a.b"_s, u"a_b"_s, u"a-b"_s, u"a_-b"_s, u"a__b"_s, u"a_.b"_s, u"a._b"_s, u"a._-b"_s};
        QSet<QByteArray> buckets;
        for (const QString &prefix : std::as_const(prefixes)) {
            QVERIFY(!bucketOf(prefix).contains('.'));
            buckets.insert(bucketOf(prefix));
        }
        QCOMPARE(buckets.size(), prefixes.size());
    }

    void comesBack()
    {
        QStringList names = awkwardNames();
        std::mt19937 random(2);
        for (int i = 0; i < 500; ++i)
            names += randomName(&random);
        for (const QString &name : std::as_const(names)) {
            for (Kept kept : {plainOf(name, 7), valueOf(name, quint64(1) << 56), valueOf(name, 9)}) {
                if (kept.message.stamp == 9)
                    kept = {.message = kept.message, .leftOut = 100'000};
                if (kept.leftOut > 0)
                    kept.message.payload.clear();
                QString why;
                const Envelope envelope = sealKept(kept);
                QCOMPARE(envelope.address, keyOf(name));
                const auto back = unsealKept(envelope, &why);
                QVERIFY2(back, qPrintable(why));
                QCOMPARE(*back, kept);
            }
        }
    }

    void whatIsNoneIsNotRead()
    {
        QString why;
        const Envelope good = sealKept(valueOf(u"oven"_s, 7));
        const auto isNone = [&](const auto &change, const QString &reason) {
            Envelope envelope = good;
            change(envelope);
            why.clear();
            return !unsealKept(envelope, &why) && why.contains(reason);
        };
        const auto set = [](QByteArrayView name, const QByteArray &value) {
            return [name, value](Envelope &envelope) {
                envelope.headers.removeIf([&](const Envelope::Header &header) { return header.first == name; });
                if (!value.isNull())
                    envelope.headers.emplaceBack(name.toByteArray(), value);
            };
        };
        QVERIFY(unsealKept(good, &why));
        QVERIFY(isNone([](Envelope &envelope) { envelope.address = "a..b"; }, u"key"_s));
        QVERIFY(isNone([](Envelope &envelope) { envelope.address = keyOf(QString(1024, u'*')); }, u"key"_s));
        QVERIFY(isNone(set("Pyvent-Node", {}), u"pickle without"_s));
        QVERIFY(isNone(
            [](Envelope &envelope) {
                envelope.contentType = {};
                envelope.headers.clear();
            },
            u"no bridge"_s)); // nats kv put
        QVERIFY(isNone(set("Pyvent-Node", "x"), u"Pyvent-Node"_s));
        QVERIFY(isNone(set("Pyvent-Stamp", "-1"), u"Pyvent-Stamp"_s));
        QVERIFY(isNone(set("Pyvent-Stamp", "99999999999999999999"), u"Pyvent-Stamp"_s));
        QVERIFY(isNone(set("Pyvent-Stamp", {}), u"Pyvent-Number"_s)); // a plain event has one
        QVERIFY(isNone(set("Pyvent-Left-Out", "0"), u"Pyvent-Left-Out"_s));
        QVERIFY(isNone(set("Pyvent-Left-Out", "many"), u"Pyvent-Left-Out"_s));
    }

    void theNewestWins()
    {
        const QUuid low(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);
        const QUuid high(1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
        const auto isOlder = [](const Kept &a, const Kept &b) {
            return a.version() < b.version() && !(b.version() < a.version());
        };
        const QString name = u"x"_s;
        QVERIFY(isOlder(valueOf(name, 1, high), valueOf(name, 2, low)));
        QVERIFY(isOlder(valueOf(name, 2, low), valueOf(name, 2, high)));
        QVERIFY(isOlder(plainOf(name, 1'000'000), valueOf(name, 1)));
        QVERIFY(isOlder(plainOf(name, 1, 9), plainOf(name, 2, 1)));
        QVERIFY(isOlder(plainOf(name, 2, 9, low), plainOf(name, 2, 1, high)));
        QVERIFY(isOlder(plainOf(name, 2, 1), plainOf(name, 2, 2)));
        QVERIFY(!KeptVersion());
        QVERIFY(KeptVersion() < plainOf(name, 0).version());
        // Which write it is does not depend on when it was sent, or on its number.
        Kept other = valueOf(name, 2);
        other.message.time = 99;
        other.message.number = 99;
        QCOMPARE(other.version(), valueOf(name, 2).version());
        // As nodes have it.
        std::mt19937_64 random(3);
        for (int i = 0; i < 1000; ++i) {
            const QUuid a = QUuid::createUuid();
            const QUuid b = QUuid::createUuid();
            const quint64 stamp = 1 + random() % 3;
            const quint64 otherStamp = 1 + random() % 3;
            QCOMPARE(valueOf(name, stamp, a).version() < valueOf(name, otherStamp, b).version(),
                     (Pyvent::Internal::ValueVersion{stamp, a} < Pyvent::Internal::ValueVersion{otherStamp, b}));
        }
    }

    void nobodyIsAYearAhead()
    {
        constexpr qint64 now = 1'800'000'000'000'000;
        constexpr qint64 day = qint64(24) * 3600 * 1'000'000;
        const auto stampOf = [](qint64 time) { return quint64(time / 1000) << 16; };
        QVERIFY(isPlausible(valueOf(u"x"_s, stampOf(now + 300 * day)), now));
        QVERIFY(!isPlausible(valueOf(u"x"_s, stampOf(now + 400 * day)), now));
        QVERIFY(!isPlausible(valueOf(u"x"_s, ~quint64(0)), now));
        QVERIFY(isPlausible(plainOf(u"x"_s, now + day), now));
        QVERIFY(!isPlausible(plainOf(u"x"_s, now + 400 * day), now));
    }

    void bucketsAreLookedAt()
    {
        QStringList notes;
        const QByteArray bucket = "pyvent-house";
        const QJsonObject good = bucketSettings(bucket, 3);
        QCOMPARE(whyNotABucket(bucket, good, &notes), QString());
        QVERIFY(notes.isEmpty());
        const auto why = [&](const QString &key, const QJsonValue &value) {
            QJsonObject settings = good;
            settings[key] = value;
            notes.clear();
            return whyNotABucket(bucket, settings, &notes);
        };
        QVERIFY(why(u"subjects"_s, QJsonArray{u"other.>"_s}).contains("does not take"_L1));
        QVERIFY(why(u"subjects"_s, 7).contains("does not take"_L1));
        QVERIFY(why(u"retention"_s, u"workqueue"_s).contains("readers"_L1));
        QVERIFY(why(u"no_ack"_s, true).contains("acknowledges nothing"_L1));
        QVERIFY(why(u"sealed"_s, true).contains("takes nothing"_L1));
        QVERIFY(why(u"max_msgs_per_subject"_s, -1).contains("max_msgs_per_subject"_L1));
        QVERIFY(!whyNotABucket(bucket, {}, &notes).isEmpty());
        QCOMPARE(why(u"max_age"_s, qint64(60'000'000'000)), QString());
        QVERIFY(notes.value(0).contains("60 s"_L1));
        QCOMPARE(why(u"discard"_s, u"new"_s), QString());
        QVERIFY(notes.value(0).contains("discard"_L1));
        QCOMPARE(why(u"storage"_s, u"memory"_s), QString());
        QVERIFY(notes.value(0).contains("memory"_L1));
        QCOMPARE(why(u"max_msgs_per_subject"_s, 5), QString()); // a history
    }
};

PYVENT_TEST(tst_KeptEntry)

#include "tst_keptentry.moc"
