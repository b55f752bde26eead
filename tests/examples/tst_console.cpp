// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;

// The examples that print: 02, 03 and 08.
class tst_Console : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_port = QString::number(freePort()); }

    void listenerPrintsEverything();
    void keywordSlotsTakeTheirArguments();
    void sendersAndIdsPrintWhoHearsWhom();

private:
    int send(const QStringList &words) { return Program(QStringList{"send", "--port", m_port} + words).exitCode(); }

    QString m_port;
};

void tst_Console::listenerPrintsEverything()
{
    Program listener(LISTENER, {"--port", m_port});
    QVERIFY2(listener.complains("Listening at port " + m_port + ", and serving."), qPrintable(listener.errors()));
    QCOMPARE(send({"order-food", "food=sushi", "pieces:=8"}), 0);
    QCOMPARE(send({"new-customer", "--sender", "till"}), 0);
    QVERIFY(listener.prints("new-customer     {}\n"));
    QCOMPARE(listener.output(), "order-food       {\"food\":\"sushi\",\"pieces\":8}\nnew-customer     {}\n");
}

// The README's lines are what is sent and what must be printed.
void tst_Console::keywordSlotsTakeTheirArguments()
{
    QFile readme(EXAMPLES_FOLDER "/03-keyword-slots/README.md");
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const QString shown = QString::fromUtf8(readme.readAll()).section("```", 1, 1);

    Program restaurant(KEYWORD_SLOTS, {"--port", m_port});
    QVERIFY2(restaurant.complains("The restaurant is open at port " + m_port), qPrintable(restaurant.errors()));
    QString expected;
    for (const QString &line : shown.split('\n', Qt::SkipEmptyParts)) {
        if (line.startsWith("$ pyvent send "))
            QCOMPARE(send(line.split(' ').sliced(3)), 0);
        else if (line.contains(":  "))
            expected += line + '\n';
    }
    QCOMPARE(expected.count('\n'), 5);
    QVERIFY2(restaurant.prints("failed: "), qPrintable(restaurant.output()));
    QCOMPARE(restaurant.output(), expected);
}

void tst_Console::sendersAndIdsPrintWhoHearsWhom()
{
    QFile readme(EXAMPLES_FOLDER "/08-senders-and-ids/README.md");
    QVERIFY(readme.open(QIODevice::ReadOnly));
    const QString shown = QString::fromUtf8(readme.readAll()).section("$ senders-and-ids\n", 1).section("```", 0, 0);

    // Not the witness, who ends while the others are still at it.
    Program server({"serve", "--port", m_port});
    QVERIFY(server.complains("serving at"));
    Program witness({"listen", "new-customer", "--json", "--count", "5", "--port", m_port});
    QVERIFY(witness.complains("listening to"));
    Program table(SENDERS_AND_IDS, {"--port", m_port});
    QCOMPARE(table.exitCode(), 0);
    QCOMPARE(table.output(), shown);
    QCOMPARE(table.output().count('\n'), 6);
    QCOMPARE(witness.exitCode(), 0);
    QVERIFY(witness.output().contains(R"("sender":"pyvent.kitchen")"));
}

PYVENT_TEST(tst_Console)

#include "tst_console.moc"
