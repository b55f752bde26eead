// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <QtTest>

#include <csignal>

using namespace PyventTests;

// The example 13: three workers, of which one is killed in the middle of a row, and a script that has the picture.
class tst_SharingWork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void anotherDoesWhatAKilledWorkerHad();
};

void tst_SharingWork::anotherDoesWhatAKilledWorkerHad()
{
    if (Program(ASKING_PYTHON, {"-c", "import zmq, pydispatch"}).exitCode() != 0)
        QSKIP("Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)");
    qputenv("PYTHONPATH", ASKING_PYTHON_PATH);
    const QString port = QString::number(freePort());
    Program server({"serve", "--port", port});
    QVERIFY(server.complains("serving"));
    Program one(RENDERER, {"--port", port, "--slow", "1"});
    Program other(RENDERER, {"--port", port, "--slow", "1"});
    Program victim(RENDERER, {"--port", port, "--slow", "3600000"}); // so it is in the middle when it is killed
    const auto workers = [&port] {
        Program nodes({"nodes", "--port", port});
        nodes.waitForEnd();
        return nodes.output().count("render-row");
    };
    QTRY_COMPARE_WITH_TIMEOUT(workers(), 3, patience);

    Program picture(ASKING_PYTHON, {EXAMPLES_FOLDER "/13-sharing-work/picture.py", "--port", port});
    QVERIFY2(victim.prints("row "), qPrintable(picture.errors()));
    const QString row = victim.output().section('\n', 0, 0);
    victim.sendSignal(SIGKILL);
    QCOMPARE(picture.exitCode(), 0);
    QStringList lines = picture.output().split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 24 + 2);
    QVERIFY2(lines[24].contains("rows by the worker"), qPrintable(lines[24]));
    QVERIFY2(lines[12].contains("@@@"), qPrintable(picture.output()));
    const QString printed = one.output() + other.output();
    QVERIFY2(printed.contains(row + ", which another worker has left\n"), qPrintable(row + '\n' + printed));
    QCOMPARE(printed.count("row "), 24);
    QCOMPARE(printed.count("another worker"), 1);
}

PYVENT_TEST(tst_SharingWork)
#include "tst_sharingwork.moc"
