// SPDX-License-Identifier: MIT
#include "pickle/pickletext.h"
#include "pickle/textcache.h"
#include "support/testprogram.h"

#include <QtCore/qstringconverter.h>
#include <QtTest/qtest.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

class tst_PickleText : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void charactersOfThreeBytes();
    void aroundBlocks_data();
    void aroundBlocks();
    void keepsLittleBesides_data();
    void keepsLittleBesides();
    void cacheGivesWhatIsRight();
    void cacheShares();
};

namespace {

// As Qt decodes it; false if it is broken.
bool decodedByQt(const QByteArray &utf8, QString *text)
{
    QStringDecoder decoder(QStringDecoder::Utf8, QStringDecoder::Flag::Stateless);
    *text = decoder(utf8);
    return !decoder.hasError();
}

QByteArray encoded(const QString &text)
{
    QByteArray bytes(maximumUtf8Size(text.size()), Qt::Uninitialized);
    bytes.resize(encodeUtf8(text, bytes.data()) - bytes.data());
    return bytes;
}

} // namespace

// Each that there is and each that is broken, among others: as Qt decodes them, but that surrogates may stand alone, as in
// Python.
void tst_PickleText::charactersOfThreeBytes()
{
    const QByteArray sushi = "\xe5\xaf\xbf";
    int right = 0;
    for (int lead = 0xe0; lead <= 0xef; ++lead) {
        for (int second = 0x70; second <= 0xff; ++second) {
            for (const int third : {0x00, 0x7f, 0x80, 0x9a, 0xbf, 0xc0, 0xff}) {
                const char bytes[] = {char(lead), char(second), char(third)};
                for (const QByteArray &behind : {QByteArray(), sushi, QByteArray("sushi, \xc3\xa4")}) {
                    const QByteArray utf8 = sushi + QByteArray(bytes, 3) + behind;
                    QString expected;
                    bool isRight = decodedByQt(utf8, &expected);
                    if (lead == 0xed && second >= 0xa0 && second < 0xc0 && (third & 0xc0) == 0x80) {
                        const QChar surrogate(0xd000 | (second & 0x3f) << 6 | (third & 0x3f));
                        expected = QString::fromUtf8(sushi) + surrogate + QString::fromUtf8(behind);
                        isRight = true;
                    }
                    QString text;
                    QVERIFY2(decodeUtf8(utf8, &text) == isRight, utf8.toHex());
                    if (isRight) {
                        QCOMPARE(text, expected);
                        QCOMPARE(encoded(text), utf8);
                    }
                    right += isRight;
                }
            }
        }
    }
    QCOMPARE(right, (32 + 15 * 64) * 3 * 3);
}

void tst_PickleText::aroundBlocks_data()
{
    QTest::addColumn<QByteArray>("surroundings");
    QTest::newRow("ASCII") << "a"_ba;
    QTest::newRow("two bytes") << "\xc3\xa4"_ba;
    QTest::newRow("mixed") << "K\xc3\xa4se, "_ba;
    QTest::newRow("three bytes") << "\xe5\xaf\xbf"_ba;
    QTest::newRow("with others") << "\xe2\x80\x9c\xc3\xa4, \xf0\x9f\x8d\xa3 bc"_ba;
}

// What takes text by blocks meets each character, and each kind of broken one, at each place of a block and of what is behind
// the last one.
void tst_PickleText::aroundBlocks()
{
    QFETCH(QByteArray, surroundings);
    const QByteArrayList others = {"b",        "\xc3\xb6", "\xe9\x85\x92", "\xf0\x9f\x8d\xa3", "\xc3",     "\x80",
                                   "\xc1\xbf", "\xc3(",    "\xe9\x85",     "\xe0\x9f\xbf",     "\xf5\x80", "\xff"};
    int right = 0;
    int broken = 0;
    for (const qsizetype before :
         {0, 1, 2, 3, 7, 8, 15, 16, 17, 30, 31, 32, 33, 47, 61, 62, 63, 64, 65, 127, 128, 129, 300}) {
        QByteArray head;
        while (head.size() < before)
            head += surroundings;
        for (const QByteArray &other : others) {
            for (qsizetype after = 0; after < 150; after += 1 + after / 24) {
                QByteArray utf8 = head + other;
                while (utf8.size() < head.size() + other.size() + after)
                    utf8 += surroundings;
                QString expected;
                const bool isRight = decodedByQt(utf8, &expected);
                QString text;
                QVERIFY2(decodeUtf8(utf8, &text) == isRight, utf8.toHex());
                ++(isRight ? right : broken);
                if (!isRight)
                    continue;
                QCOMPARE(text, expected);
                QCOMPARE(encoded(text), utf8);
            }
        }
    }
    QCOMPARE(2 * right, broken);
}

void tst_PickleText::keepsLittleBesides_data()
{
    QTest::addColumn<QString>("text");
    QTest::newRow("ASCII") << u"sushi "_s.repeated(1000);
    QTest::newRow("German") << u"Käse, Öl, "_s.repeated(1000);
    QTest::newRow("Greek") << u"σουσι"_s.repeated(1000);
    QTest::newRow("Japanese") << u"寿司"_s.repeated(1000);
    QTest::newRow("emoji") << u"🍣"_s.repeated(1000);
    QTest::newRow("short") << u"酒"_s;
}

void tst_PickleText::keepsLittleBesides()
{
    QFETCH(QString, text);
    QString decoded;
    QVERIFY(decodeUtf8(text.toUtf8(), &decoded));
    QCOMPARE(decoded, text);
    QVERIFY2(decoded.capacity() <= text.size() * 4 / 3 + 40, QByteArray::number(decoded.capacity()));
}

// Whatever order they come in, and of all sizes: those that differ in one place share a slot now and then.
void tst_PickleText::cacheGivesWhatIsRight()
{
    TextCache cache;
    quint32 random = 1;
    for (int i = 0; i < 200'000; ++i) {
        random = random * 1664525 + 1013904223;
        QByteArray utf8(random >> 8 & 31, 'a');
        if (const quint32 place = random >> 16 & 31; place < utf8.size())
            utf8[qsizetype(place)] = char('a' + (random >> 24 & 7));
        QString text;
        QVERIFY(cache.decode(utf8, &text));
        QCOMPARE(text, QLatin1String(utf8));
    }
    for (const QByteArray &broken : {"\xc3"_ba, "\x80sushi"_ba}) {
        for (int i = 0; i < 3; ++i) {
            QString text;
            QVERIFY(!cache.decode(broken, &text));
        }
    }
}

void tst_PickleText::cacheShares()
{
    TextCache cache;
    const auto decode = [&cache](const QByteArray &utf8) {
        QString text;
        cache.decode(utf8, &text);
        return text;
    };
    const QString food = decode("food");
    const QString umlaut = decode("K\xc3\xa4se");
    // Many that come once do not drive out what comes between them.
    for (int i = 0; i < 10'000; ++i) {
        decode("once " + QByteArray::number(i));
        QVERIFY(decode("food").constData() == food.constData());
        QVERIFY(decode("K\xc3\xa4se").constData() == umlaut.constData());
    }
    // What comes again later has a place soon, wherever that is.
    for (int i = 0; i < 1000; ++i) {
        const QByteArray utf8 = "later " + QByteArray::number(i);
        decode(utf8);
        const QString second = decode(utf8);
        QVERIFY(decode(utf8).constData() == second.constData());
    }
}

PYVENT_TEST(tst_PickleText)
#include "tst_pickletext.moc"
