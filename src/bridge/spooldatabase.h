// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_SPOOLDATABASE_H
#define PYVENT_BRIDGE_SPOOLDATABASE_H

#include "spoolstore.h"

#include <QtSql/qsqldatabase.h>
#include <QtSql/qsqlquery.h>

#include <memory>

namespace Pyvent::Bridge {

// The SQLite file of a spool, for one thread: the one that makes it. Each function returns false if the file cannot be used; why() says why.
class SpoolDatabase
{
public:
    SpoolDatabase();
    ~SpoolDatabase();
    Q_DISABLE_COPY_MOVE(SpoolDatabase)

    // Makes the file where there is none. No other process has it open from then on.
    bool open(const QString &path);

    bool begin();
    bool commit();
    bool append(const StoredMessage &message);
    bool remove(const QList<quint64> &ids);

    // The messages behind \a id, some \a bytes of them, and whether there are no more.
    bool load(quint64 id, qsizetype bytes, QList<StoredMessage> *messages, bool *isAll);

    bool count(qsizetype *count, qsizetype *bytes, quint64 *lastId);

    const QString &why() const { return m_why; }

private:
    bool run(const QString &statement, const QString &what);
    bool run(QSqlQuery *query, const QString &what);
    bool fail(const QSqlError &error, const QString &what);
    bool checkVersion();
    bool prepare();
    bool shrink();

    struct Statements;

    QString m_connection;
    QString m_path;
    QString m_why;
    QSqlDatabase m_database;
    std::unique_ptr<Statements> m_statements;
};

} // namespace Pyvent::Bridge

#endif
