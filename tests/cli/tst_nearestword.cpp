// SPDX-License-Identifier: MIT
#include "nearestword.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace Pyvent::Cli;
using namespace Qt::StringLiterals;

class tst_NearestWord : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void finds_data();
    void finds();
};

void tst_NearestWord::finds_data()
{
    QTest::addColumn<QString>("word");
    QTest::addColumn<QString>("nearest");

    const auto row = [](const QString &word, const QString &nearest) {
        QTest::newRow(qPrintable(word.left(20))) << word << nearest;
    };
    row(u"sned"_s, u"send"_s); // swapped
    row(u"sendd"_s, u"send"_s);
    row(u"snd"_s, u"send"_s);
    row(u"sent"_s, u"send"_s);
    row(u"SEND"_s, u"send"_s);
    row(u"list"_s, u"listen"_s); // the beginning
    row(u"colour"_s, u"color"_s);
    row(u"tiemout"_s, u"timeout"_s);
    row(u"from_json"_s, u"from-json"_s);
    row(u"fromjson"_s, u"from-json"_s);
    row(u"s"_s, u"send"_s);
    row(u"x"_s, QString());
    row(u"xyzzy"_s, QString());
    row(QString(), QString());
    row(QString(100'000, u's'), QString());
}

void tst_NearestWord::finds()
{
    QFETCH(QString, word);
    QFETCH(QString, nearest);
    const QStringList words{u"send"_s, u"listen"_s, u"wait"_s, u"serve"_s, u"color"_s, u"timeout"_s, u"from-json"_s};
    QCOMPARE(nearestWord(word, words), nearest);
}

PYVENT_TEST(tst_NearestWord)
#include "tst_nearestword.moc"
