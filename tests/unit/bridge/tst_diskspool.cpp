// SPDX-License-Identifier: MIT
#include "diskspool.h"
#include "spooldatabase.h"
#include "support/childprocess.h"
#include "support/testprogram.h"

#include <QtTest>

#include <csignal>

#include <sys/resource.h>
#include <unistd.h>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

StoredMessage stored(quint64 id, qsizetype size = 10)
{
    return {.id = id,
            .isOwn = id % 2 == 0,
            .message = {.name = u"küche"_s,
                        .sender = u"till"_s,
                        .node = QUuid::fromRfc4122("0123456789abcdef"_ba),
                        .number = id + (quint64(1) << 60),
                        .time = -5,
                        .bus = "harbour",
                        .format = id % 3 ? Message::Format::Pickle : Message::Format::Json,
                        .payload = QByteArray(size, '\0'),
                        .lost = 7,
                        .stamp = id % 2 ? quint64(1) << 60 : 0}};
}

// All that is in it, by load().
class Reader
{
public:
    explicit Reader(DiskSpool *spool)
        : m_spool(spool)
    {
        QObject::connect(spool, &DiskSpool::loaded, &m_context, [this](const QList<StoredMessage> &found, bool isAll) {
            m_messages += found;
            m_isOver = isAll;
            ++m_answers;
            if (!isAll)
                m_spool->load(m_messages.last().id, 1000);
        });
    }
    QList<StoredMessage> read()
    {
        m_messages.clear();
        m_isOver = false;
        m_spool->load(0, 1000);
        if (!waitUntil([this] { return m_isOver; }))
            qFatal("no end");
        return m_messages;
    }
    int answers() const { return m_answers; }

private:
    DiskSpool *const m_spool;
    QObject m_context;
    QList<StoredMessage> m_messages;
    bool m_isOver = false;
    int m_answers = 0;
};

} // namespace

class tst_DiskSpool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void keepsMessages();
    void readsAnEarlierVersions();
    void isOfOneProcess();
    void isNobodysElse();
    void saysWhyItCannotBeUsed();
    void tellsOfAFullDisk();
    void outlivesKills();
};

void tst_DiskSpool::keepsMessages()
{
    QTemporaryDir folder;
    QList<StoredMessage> expected;
    qsizetype bytes = 0;
    {
        DiskSpool spool;
        QCOMPARE(spool.open(folder.filePath(u"new/deep"_s), u"s.sqlite"_s), QString());
        QCOMPARE(spool.contents().count, 0);
        for (quint64 id = 1; id <= 500; ++id)
            spool.append(stored(id));
        spool.remove({2, 3, 499, 777});
        for (quint64 id = 1; id <= 500; ++id) {
            if (id != 2 && id != 3 && id != 499) {
                expected += stored(id);
                bytes += stored(id).message.size();
            }
        }
        Reader reader(&spool);
        QCOMPARE(reader.read(), expected);
        QVERIFY(reader.answers() > 10); // some bytes at a time
    }
    DiskSpool spool; // what the first one was told is there, though it ended at once
    QCOMPARE(spool.open(folder.filePath(u"new/deep"_s), u"s.sqlite"_s), QString());
    QCOMPARE(spool.contents().count, 497);
    QCOMPARE(spool.contents().bytes, bytes);
    QCOMPARE(spool.contents().lastId, 500u);
    QCOMPARE(Reader(&spool).read(), expected);
}

// The table of 1.0, with what waited in it.
void tst_DiskSpool::readsAnEarlierVersions()
{
    QTemporaryDir folder;
    StoredMessage expected = stored(2);
    expected.message.stamp = 0;
    {
        QSqlDatabase database = QSqlDatabase::addDatabase(u"QSQLITE"_s, u"earlier"_s);
        database.setDatabaseName(folder.filePath(u"s.sqlite"_s));
        QVERIFY(database.open());
        QSqlQuery query(database);
        QVERIFY(
            query.exec(u"CREATE TABLE messages (id INTEGER PRIMARY KEY, own INTEGER, size INTEGER, name TEXT, sender "
                       "TEXT, node BLOB, number INTEGER, time INTEGER, bus BLOB, format INTEGER, payload BLOB, lost "
                       "INTEGER)"_s));
        QVERIFY(query.exec(u"PRAGMA user_version=1"_s));
        QVERIFY(query.prepare(u"INSERT INTO messages VALUES (2, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s));
        const Message &message = expected.message;
        for (const QVariant &value :
             QVariantList{qlonglong(message.size()), message.name, message.sender, message.node.toRfc4122(),
                          qlonglong(message.number), qlonglong(message.time), message.bus, int(message.format),
                          message.payload, qlonglong(message.lost)})
            query.addBindValue(value);
        QVERIFY(query.exec());
        query.finish();
        database.close();
    }
    QSqlDatabase::removeDatabase(u"earlier"_s);
    for (int start = 0; start < 2; ++start) {
        DiskSpool spool;
        QCOMPARE(spool.open(folder.path(), u"s.sqlite"_s), QString());
        Reader reader(&spool);
        if (start == 0) {
            QCOMPARE(reader.read(), QList{expected});
            spool.append(stored(3)); // with a stamp
        } else {
            QCOMPARE(reader.read(), (QList{expected, stored(3)}));
        }
    }
}

void tst_DiskSpool::isOfOneProcess()
{
    QTemporaryDir folder;
    DiskSpool spool;
    QCOMPARE(spool.open(folder.path(), u"s.sqlite"_s), QString());
    DiskSpool other;
    const QString why = other.open(folder.path(), u"s.sqlite"_s);
    QVERIFY2(why.contains(u"is another process's"_s), qPrintable(why));
    QVERIFY2(why.contains(u"a --spool DIR of its own"_s), qPrintable(why));
    DiskSpool another;
    QCOMPARE(another.open(folder.path(), u"t.sqlite"_s), QString());
}

void tst_DiskSpool::isNobodysElse()
{
    QTemporaryDir folder;
    DiskSpool spool;
    QCOMPARE(spool.open(folder.path(), u"s.sqlite"_s), QString());
    spool.append(stored(1));
    Reader(&spool).read();
    const QFileInfoList files = QDir(folder.path()).entryInfoList(QDir::Files);
    QVERIFY(!files.isEmpty());
    for (const QFileInfo &file : files)
        QVERIFY2(!(file.permissions() & (QFile::ReadGroup | QFile::ReadOther | QFile::WriteGroup | QFile::WriteOther)),
                 qPrintable(file.fileName()));
}

void tst_DiskSpool::saysWhyItCannotBeUsed()
{
    QTemporaryDir folder;
    const auto why = [&](const QString &path, const QString &name) {
        DiskSpool spool;
        const QString text = spool.open(path, name);
        spool.append(stored(1)); // which is done by nobody
        return text;
    };
    QFile junk(folder.filePath(u"junk.sqlite"_s));
    QVERIFY(junk.open(QIODevice::WriteOnly) && junk.write(QByteArray(10'000, 'x')) == 10'000);
    junk.close();
    QVERIFY2(why(folder.path(), u"junk.sqlite"_s).contains(u"junk.sqlite cannot be opened: "_s),
             qPrintable(why(folder.path(), u"junk.sqlite"_s)));
    QVERIFY2(why(folder.filePath(u"junk.sqlite"_s), u"s"_s).contains(u"cannot be made"_s),
             qPrintable(why(folder.filePath(u"junk.sqlite"_s), u"s"_s)));
    QVERIFY(QFile::link(u"/dev/null"_s, folder.filePath(u"link.sqlite"_s)));
    QVERIFY2(why(folder.path(), u"link.sqlite"_s).contains(u"cannot be written"_s),
             qPrintable(why(folder.path(), u"link.sqlite"_s)));

    // One that a later version has made.
    QCOMPARE(why(folder.path(), u"s.sqlite"_s), QString());
    {
        QFile file(folder.filePath(u"s.sqlite"_s));
        QVERIFY(file.open(QIODevice::ReadWrite) && file.seek(60)); // user_version in the header of the file
        QVERIFY(file.write(QByteArray("\0\0\0\x09", 4)) == 4);
    }
    QVERIFY2(why(folder.path(), u"s.sqlite"_s).contains(u"is of another version of this program (9)"_s),
             qPrintable(why(folder.path(), u"s.sqlite"_s)));
}

void tst_DiskSpool::tellsOfAFullDisk()
{
    QTemporaryDir folder;
    DiskSpool spool;
    QCOMPARE(spool.open(folder.path(), u"s.sqlite"_s), QString());
    QStringList failures;
    connect(&spool, &DiskSpool::failed, this, [&](const QString &text) { failures += text; });
    rlimit before{};
    QCOMPARE(::getrlimit(RLIMIT_FSIZE, &before), 0);
    const auto handler = std::signal(SIGXFSZ, SIG_IGN);
    const rlimit small{1 << 20, before.rlim_max};
    QCOMPARE(::setrlimit(RLIMIT_FSIZE, &small), 0);
    for (quint64 id = 1; id <= 100; ++id)
        spool.append(stored(id, 100'000));
    const bool hasFailed = waitUntil([&] { return !failures.isEmpty(); });
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    QVERIFY(hasFailed);
    QVERIFY2(failures[0].contains(u"s.sqlite cannot be written: "_s), qPrintable(failures[0]));
    spool.append(stored(200)); // nothing more is told of what it does not do
    QVERIFY(waitUntil([&] { return !spool.isBehind(); }));
    QCOMPARE(failures.size(), 1);
}

void tst_DiskSpool::outlivesKills()
{
    QTemporaryDir folder;
    quint64 last = 0;
    for (int kill = 0; kill < 10; ++kill) {
        ChildProcess writer(QStringLiteral(SPOOL_WRITER), {folder.path()});
        quint64 printed = 0;
        const int lines = 2 + 7 * kill;
        QVERIFY(waitUntil([&] { return writer.lines().size() >= lines || !writer.isRunning(); }));
        QVERIFY(writer.isRunning());
        writer.kill();
        for (const QByteArray &line : writer.lines())
            printed = std::max(printed, line.toULongLong());

        DiskSpool spool;
        QCOMPARE(spool.open(folder.path(), u"spool.sqlite"_s), QString());
        QVERIFY2(spool.contents().lastId >= std::max(printed, last), QByteArray::number(printed));
        last = spool.contents().lastId;
        Reader reader(&spool);
        const QList<StoredMessage> found = reader.read();
        quint64 expected = 0;
        for (const StoredMessage &message : found) {
            ++expected;
            if (message.id == expected + 1 && (expected + 50) % 100 == 0) // those that were done with
                ++expected;
            QCOMPARE(message.id, expected);
            QCOMPARE(message.message.payload, QByteArray(500, char('a' + message.id % 26)));
        }
        QCOMPARE(expected, last);
    }
    QVERIFY(last > 0);
}

PYVENT_TEST(tst_DiskSpool)
#include "tst_diskspool.moc"
