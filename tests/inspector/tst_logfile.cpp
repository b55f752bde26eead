// SPDX-License-Identifier: MIT
#include "logfile.h"

#include "eventline.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <PyventTuple>

#include <QtTest>

using namespace Pyvent::Inspector;
using namespace Pyvent::Text;
using namespace Qt::StringLiterals;
using PyventTests::patience;

namespace {

bool goOn(int)
{
    return true;
}

} // namespace

class tst_LogFile : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsWhatIsWritten();
    void namesTheMistake_data();
    void namesTheMistake();
    void opensWhatIsWhole_data();
    void opensWhatIsWhole();
    void refusesWhatIsNoLog();
    void keepsTheNewest();
    void leavesTheOldFileWhereItCannotWrite();
    void runsBesideTheEventLoop();
    void canBeCanceled();

private:
    QString write(const QByteArray &content)
    {
        QFile file(m_folder.filePath(u"log.jsonl"_s));
        return file.open(QIODevice::WriteOnly) && file.write(content) == content.size() ? file.fileName() : QString();
    }
    QTemporaryDir m_folder;
};

void tst_LogFile::readsWhatIsWritten()
{
    PyventEvent event;
    event.name = u"order-food"_s;
    event.sender = u"till"_s;
    event.args = {{u"$type"_s, u"x"_s}, {u"t"_s, QVariant::fromValue(PyventTuple({1LL, 2.0}))}};
    event.nodeId = QUuid::createUuid();
    event.sequence = 3;
    event.time = QDateTime::fromMSecsSinceEpoch(1'700'000'000'123, Qt::UTC);
    PyventEvent python;
    python.name = u"plain"_s;
    const QByteArray lines = eventAsJson(event) + '\n' + eventAsJson(python) + "\r\n\n";
    const LogResult read = readLog(write(lines), 100, goOn);
    QVERIFY2(read.error.isEmpty(), qPrintable(read.error));
    QCOMPARE(read.store->count(), 2);
    QCOMPARE(read.store->event(0), event);
    QCOMPARE(read.store->event(1).name, python.name);

    const QString path = m_folder.filePath(u"copy.jsonl"_s);
    QVERIFY(writeLog(path, *read.store, goOn).error.isEmpty());
    QFile copy(path);
    QVERIFY(copy.open(QIODevice::ReadOnly));
    QCOMPARE(copy.readAll(), eventAsJson(event) + '\n' + eventAsJson(python) + '\n');
}

void tst_LogFile::namesTheMistake_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("reason");
    QTest::newRow("no JSON") << "food"_ba << u"(character 1)"_s;
    QTest::newRow("cut off") << "{\"name\":\"a\",\"sen"_ba << u"has no end"_s;
    QTest::newRow("no object") << "[1]"_ba << u"no JSON object"_s;
    QTest::newRow("no name") << "{\"sender\":\"s\",\"args\":{}}"_ba << u"no \"name\""_s;
    QTest::newRow("no sender") << "{\"name\":\"a\",\"args\":{}}"_ba << u"no \"sender\""_s;
    QTest::newRow("no args") << "{\"name\":\"a\",\"sender\":\"s\",\"args\":[]}"_ba << u"no \"args\""_s;
    const QByteArray begin = "{\"name\":\"a\",\"sender\":\"s\",\"args\":{},";
    QTest::newRow("node") << begin + "\"node\":\"x\"}" << u"\"node\" is neither"_s;
    QTest::newRow("seq") << begin + "\"seq\":-1}" << u"\"seq\" is neither"_s;
    QTest::newRow("redelivered") << begin + "\"redelivered\":1}" << u"\"redelivered\" is neither"_s;
    QTest::newRow("time") << begin + "\"time\":\"noon\"}" << u"\"time\" is neither"_s;
}

void tst_LogFile::namesTheMistake()
{
    QFETCH(QByteArray, line);
    QFETCH(QString, reason);
    const QByteArray good = eventAsJson({.name = u"a"_s}) + '\n';
    const LogResult result = readLog(write(good + good + line + '\n' + good), 100, goOn);
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.store->count(), 3); // what is whole is there
    QVERIFY2(result.omitted.startsWith(u"Line 3 is no event and was left out: "_s) && result.omitted.contains(reason),
             qPrintable(result.omitted));
}

void tst_LogFile::opensWhatIsWhole_data()
{
    const QByteArray good = eventAsJson({.name = u"a"_s}) + '\n';
    const QByteArray bad = "{}\n";
    QTest::addColumn<QByteArray>("content");
    QTest::addColumn<int>("events");
    QTest::addColumn<QString>("omitted");
    QTest::newRow("all") << good + good << 2 << QString();
    QTest::newRow("no newline at the end") << good + good.chopped(1) << 2 << QString();
    QTest::newRow("nothing") << ""_ba << 0 << QString();
    QTest::newRow("cut off") << good + good + good.first(20) << 2
                             << u"Its last line, 3, is cut off and was left out: "_s;
    QTest::newRow("cut off in a character") << good + "{\"name\":\"\xc3" << 1 << u"Its last line, 2, is cut off"_s;
    QTest::newRow("zeros after a power cut") << good + QByteArray(4096, '\0') << 1 << u"Its last line, 2, is cut off"_s;
    QTest::newRow("several") << bad + good + bad + good.first(20) << 1
                             << u"3 lines are no events and were left out. The first is line 1: "_s;
}

void tst_LogFile::opensWhatIsWhole()
{
    QFETCH(QByteArray, content);
    QFETCH(int, events);
    QFETCH(QString, omitted);
    const LogResult result = readLog(write(content), 100, goOn);
    QVERIFY2(result.error.isEmpty(), qPrintable(result.error));
    QCOMPARE(result.store->count(), events);
    QVERIFY2(omitted.isEmpty() ? result.omitted.isEmpty() : result.omitted.startsWith(omitted),
             qPrintable(result.omitted));
}

void tst_LogFile::refusesWhatIsNoLog()
{
    const LogResult result = readLog(write("\x89PNG\r\n\x1a\n{}\n"), 100, goOn);
    QVERIFY(!result.store);
    QVERIFY2(result.error.contains(u"is no log of events: 3 lines"_s), qPrintable(result.error));
}

void tst_LogFile::keepsTheNewest()
{
    QByteArray lines;
    for (int i = 0; i < 250; ++i)
        lines += eventAsJson({.name = u"e"_s + QString::number(i)}) + '\n';
    const LogResult result = readLog(write(lines), 100, goOn);
    QVERIFY(result.error.isEmpty());
    QVERIFY(result.store->count() <= 100);
    QCOMPARE(result.dropped + result.store->count(), 250);
    QCOMPARE(result.store->name(result.store->end() - 1), u"e249"_s);
}

void tst_LogFile::leavesTheOldFileWhereItCannotWrite()
{
    EventStore store;
    for (int i = 0; i < 5000; ++i)
        store.append({.name = u"a"_s}, {});
    const QString path = write("old");
    writeLog(path, store, [](int) { return false; });
    QFile file(path);
    QVERIFY(file.open(QIODevice::ReadOnly));
    QCOMPARE(file.readAll(), "old"_ba);
    const QString nowhere = m_folder.filePath(u"missing/log.jsonl"_s);
    QVERIFY(writeLog(nowhere, store, goOn).error.contains(u"cannot be written"_s));
}

void tst_LogFile::runsBesideTheEventLoop()
{
    EventStore store;
    for (int i = 0; i < 100'000; ++i)
        store.append({.name = u"order-food"_s, .args = {{u"i"_s, qlonglong(i)}}}, {});
    LogFile file;
    QSignalSpy written(&file, &LogFile::wasWritten);
    const QString path = m_folder.filePath(u"long.jsonl"_s);
    file.write(path, store);
    QVERIFY(file.isBusy());
    store.append({.name = u"later"_s}, {}); // has no part in what is being written
    QVERIFY(written.wait(patience));
    QSignalSpy read(&file, &LogFile::wasRead);
    QSignalSpy progress(&file, &LogFile::progressed);
    file.read(path, 1'000'000);
    int turns = 0;
    QTimer turn;
    connect(&turn, &QTimer::timeout, this, [&turns] { ++turns; });
    turn.start(1);
    QVERIFY(read.wait(patience));
    QVERIFY(turns > 1);
    const auto result = read.first().at(1).value<LogResult>();
    QCOMPARE(result.store->count(), 100'000);
    QVERIFY(progress.size() > 1);
}

void tst_LogFile::canBeCanceled()
{
    const QString path = m_folder.filePath(u"long.jsonl"_s);
    LogFile file;
    QSignalSpy canceled(&file, &LogFile::canceled);
    QSignalSpy read(&file, &LogFile::wasRead);
    file.read(path, 1'000'000);
    file.cancel();
    QTRY_COMPARE_WITH_TIMEOUT(canceled.size(), 1, patience);
    QVERIFY(read.isEmpty());
}

PYVENT_TEST(tst_LogFile)
#include "tst_logfile.moc"
