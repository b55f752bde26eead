// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <QtTest>

using namespace PyventTests;

// The example 10: questions and answers of C++ and of Python.
class tst_AskAndAnswer : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init()
    {
        m_port = QString::number(freePort());
        qputenv("PYTHONPATH", ASKING_PYTHON_PATH);
    }

    // As the README shows it.
    void asksInCpp()
    {
        QFile readme(EXAMPLES_FOLDER "/10-ask-and-answer/README.md");
        QVERIFY(readme.open(QIODevice::ReadOnly));
        QStringList shown =
            QString::fromUtf8(readme.readAll()).section("$ guest\n", 1).section("```", 0, 0).split('\n');
        Program list(PRICE_LIST, {"--port", m_port});
        QVERIFY(list.complains("Ask away"));
        Program guest(GUEST, {"--port", m_port});
        QCOMPARE(guest.exitCode(), 0);
        QStringList printed = guest.output().split('\n');
        shown.sort();
        printed.sort(); // which answer comes first is open
        QCOMPARE(printed, shown);
    }

    void asksInPython()
    {
        if (!hasPython())
            QSKIP("Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)");
        Program list(PRICE_LIST, {"--port", m_port});
        QVERIFY(list.complains("Ask away"));
        for (const auto &[dish, answer] :
             {std::pair("sushi", "12.5\n"), std::pair("eel", "There is no eel today.\n")}) {
            Program guest(ASKING_PYTHON, {EXAMPLES_FOLDER "/10-ask-and-answer/guest.py", dish, "--port", m_port});
            QCOMPARE(guest.exitCode(), 0);
            QCOMPARE(guest.output(), answer);
        }
    }

    void answersInPython()
    {
        if (!hasPython())
            QSKIP("Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)");
        Program list(PRICE_LIST, {"--port", m_port});
        QVERIFY(list.complains("Ask away"));
        Program chef(ASKING_PYTHON, {EXAMPLES_FOLDER "/10-ask-and-answer/chef.py", "--port", m_port});
        QVERIFY(chef.prints("The chef is in."));
        // Python does not know when it is heard.
        QString output;
        QTRY_VERIFY_WITH_TIMEOUT((output = answered("chef's-name")) == "Naomi\n", 60'000);
    }

private:
    static bool hasPython() { return Program(ASKING_PYTHON, {"-c", "import zmq, pydispatch"}).exitCode() == 0; }
    QString answered(const QString &name) const
    {
        Program asker({"ask", name, "--timeout", "2", "--port", m_port});
        asker.waitForEnd();
        return asker.output();
    }

    QString m_port;
};

PYVENT_TEST(tst_AskAndAnswer)
#include "tst_asking.moc"
