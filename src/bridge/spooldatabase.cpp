// SPDX-License-Identifier: MIT
#include "spooldatabase.h"

#include <QtCore/qfile.h>
#include <QtCore/qvariant.h>
#include <QtSql/qsqlerror.h>

#include <atomic>

#include <fcntl.h>
#include <unistd.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr int version = 2; // of the table below

QString uniqueName()
{
    static std::atomic_int count = 0;
    return u"pyvent-spool-%1"_s.arg(++count);
}

// SQLite makes its other files with the mode of this one. Nobody else reads events that wait.
bool makePrivately(const QString &path)
{
    const int fd = ::open(QFile::encodeName(path).constData(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    ::close(fd);
    return true;
}

} // namespace

struct SpoolDatabase::Statements
{
    explicit Statements(const QSqlDatabase &database)
        : append(database)
        , remove(database)
        , load(database)
    {
        load.setForwardOnly(true);
    }

    QSqlQuery append;
    QSqlQuery remove;
    QSqlQuery load;
};

SpoolDatabase::SpoolDatabase() = default;

SpoolDatabase::~SpoolDatabase()
{
    m_statements.reset();
    if (m_connection.isEmpty())
        return;
    m_database.close();
    m_database = {};
    QSqlDatabase::removeDatabase(m_connection);
}

bool SpoolDatabase::open(const QString &path)
{
    m_path = path;
    const QString driver = u"QSQLITE"_s;
    if (!QSqlDatabase::isDriverAvailable(driver)) {
        m_why = u"Qt's driver for SQLite is missing (Debian: libqt6sql6-sqlite)"_s;
        return false;
    }
    if (!makePrivately(path)) {
        m_why = u"%1 cannot be written: %2"_s.arg(path, qt_error_string(errno));
        return false;
    }
    m_connection = uniqueName();
    m_database = QSqlDatabase::addDatabase(driver, m_connection);
    m_database.setDatabaseName(path);
    m_database.setConnectOptions(u"QSQLITE_BUSY_TIMEOUT=0"_s);
    if (!m_database.open()) {
        m_why = u"%1 cannot be opened: %2"_s.arg(path, m_database.lastError().text().simplified());
        return false;
    }
    // The exclusive lock comes first, so that WAL does without memory that is shared with other processes.
    const QString opening = u"opened"_s;
    return run(u"PRAGMA locking_mode=EXCLUSIVE"_s, opening) && run(u"PRAGMA auto_vacuum=INCREMENTAL"_s, opening)
        && run(u"BEGIN EXCLUSIVE"_s, opening) && run(u"COMMIT"_s, opening) && run(u"PRAGMA journal_mode=WAL"_s, opening)
        && run(u"PRAGMA synchronous=NORMAL"_s, opening) && run(u"PRAGMA journal_size_limit=16777216"_s, opening)
        && checkVersion() && prepare();
}

bool SpoolDatabase::checkVersion()
{
    QSqlQuery query(m_database);
    if (!query.exec(u"PRAGMA user_version"_s))
        return fail(query.lastError(), u"read"_s);
    const int found = query.next() ? query.value(0).toInt() : 0;
    query.finish();
    if (found == 0) {
        return run(u"CREATE TABLE IF NOT EXISTS messages (id INTEGER PRIMARY KEY, own INTEGER, size INTEGER, name "
                   u"TEXT, "
                   "sender TEXT, node BLOB, number INTEGER, time INTEGER, bus BLOB, format INTEGER, payload BLOB, lost "
                   "INTEGER, stamp INTEGER NOT NULL DEFAULT 0)"_s,
                   u"written"_s)
            && run(u"PRAGMA user_version=%1"_s.arg(version), u"written"_s);
    }
    if (found == version)
        return true;
    if (found == 1) { // without stamps of shared values
        const QString what = u"brought to this program's version"_s;
        return begin() && run(u"ALTER TABLE messages ADD COLUMN stamp INTEGER NOT NULL DEFAULT 0"_s, what)
            && run(u"PRAGMA user_version=%1"_s.arg(version), what) && commit();
    }
    m_why = u"%1 is of another version of this program (%2): let that one empty it, or move it away"_s.arg(
        m_path, QString::number(found));
    return false;
}

bool SpoolDatabase::prepare()
{
    m_statements = std::make_unique<Statements>(m_database);
    const bool isPrepared =
        m_statements->append.prepare(u"INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"_s)
        && m_statements->remove.prepare(u"DELETE FROM messages WHERE id = ?"_s)
        && m_statements->load.prepare(u"SELECT id, own, name, sender, node, number, time, bus, format, payload, lost, "
                                      "stamp FROM messages WHERE id > ? ORDER BY id"_s);
    if (!isPrepared)
        m_why = u"%1 is no spool of this program: move it away"_s.arg(m_path);
    return isPrepared;
}

bool SpoolDatabase::run(const QString &statement, const QString &what)
{
    QSqlQuery query(m_database);
    return query.exec(statement) || fail(query.lastError(), what);
}

bool SpoolDatabase::run(QSqlQuery *query, const QString &what)
{
    return query->exec() || fail(query->lastError(), what);
}

bool SpoolDatabase::fail(const QSqlError &error, const QString &what)
{
    constexpr int busy = 5; // SQLITE_BUSY, with what else it knows in the upper bits
    if ((error.nativeErrorCode().toInt() & 0xff) == busy)
        m_why = u"%1 is another process's: does a bridge for the same run already? Give each a --spool DIR of its own"_s
                    .arg(m_path);
    else
        m_why = u"%1 cannot be %2: %3"_s.arg(m_path, what, error.text().simplified());
    return false;
}

bool SpoolDatabase::begin()
{
    return run(u"BEGIN"_s, u"written"_s);
}

bool SpoolDatabase::commit()
{
    return run(u"COMMIT"_s, u"written"_s);
}

bool SpoolDatabase::append(const StoredMessage &stored)
{
    QSqlQuery &query = m_statements->append;
    const Message &message = stored.message;
    int place = 0;
    const auto bind = [&](const QVariant &value) { query.bindValue(place++, value); };
    bind(qlonglong(stored.id));
    bind(stored.isOwn);
    bind(qlonglong(message.size()));
    bind(message.name);
    bind(message.sender);
    bind(message.node.toRfc4122());
    bind(qlonglong(message.number));
    bind(qlonglong(message.time));
    bind(message.bus);
    bind(int(message.format));
    bind(message.payload);
    bind(qlonglong(message.lost));
    bind(qlonglong(message.stamp));
    return run(&query, u"written"_s);
}

bool SpoolDatabase::remove(const QList<quint64> &ids)
{
    for (const quint64 id : ids) {
        m_statements->remove.bindValue(0, qlonglong(id));
        if (!run(&m_statements->remove, u"written"_s))
            return false;
    }
    return true;
}

bool SpoolDatabase::load(quint64 id, qsizetype bytes, QList<StoredMessage> *messages, bool *isAll)
{
    QSqlQuery &query = m_statements->load;
    query.bindValue(0, qlonglong(id));
    if (!run(&query, u"read"_s))
        return false;
    *isAll = false;
    while (bytes > 0) {
        if (!query.next()) {
            *isAll = true;
            break;
        }
        StoredMessage stored;
        stored.id = query.value(0).toULongLong();
        stored.isOwn = query.value(1).toBool();
        Message &message = stored.message;
        message.name = query.value(2).toString();
        message.sender = query.value(3).toString();
        message.node = QUuid::fromRfc4122(query.value(4).toByteArray());
        message.number = query.value(5).toULongLong();
        message.time = query.value(6).toLongLong();
        message.bus = query.value(7).toByteArray();
        message.format =
            query.value(8).toInt() == int(Message::Format::Json) ? Message::Format::Json : Message::Format::Pickle;
        message.payload = query.value(9).toByteArray();
        message.lost = query.value(10).toULongLong();
        message.stamp = query.value(11).toULongLong();
        bytes -= message.size();
        *messages += stored;
    }
    query.finish();
    return true;
}

bool SpoolDatabase::count(qsizetype *count, qsizetype *bytes, quint64 *lastId)
{
    QSqlQuery query(m_database);
    if (!query.exec(u"SELECT COUNT(*), SUM(size), MAX(id) FROM messages"_s) || !query.next())
        return fail(query.lastError(), u"read"_s);
    *count = query.value(0).toLongLong();
    *bytes = query.value(1).toLongLong();
    *lastId = query.value(2).toULongLong();
    query.finish();
    return *count > 0 || shrink();
}

// What an earlier process left room for goes back to the file system.
bool SpoolDatabase::shrink()
{
    QSqlQuery query(m_database);
    if (!query.exec(u"PRAGMA incremental_vacuum"_s))
        return fail(query.lastError(), u"written"_s);
    while (query.next()) { // each frees a page
    }
    return true;
}

} // namespace Pyvent::Bridge
