// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_DISKSPOOL_H
#define PYVENT_BRIDGE_DISKSPOOL_H

#include "spoolstore.h"

#include <QtCore/qobject.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

namespace Pyvent::Bridge {

// The messages that wait, in an SQLite file, which a thread writes: all that it was told meanwhile, in one transaction. What a transaction has
// ended with is there after the process was killed; after the machine was, perhaps without the last moments (journal_mode WAL, synchronous NORMAL).
class DiskSpool : public QObject, public SpoolStore
{
    Q_OBJECT

public:
    struct Contents
    {
        qsizetype count = 0;
        qsizetype bytes = 0;
        quint64 lastId = 0; // that was ever given
    };

    DiskSpool() = default;

    // Writes what it was told.
    ~DiskSpool() override;

    // Makes or opens the file \a name in \a folder, which no other process may have open. Waits for the disk. Returns why not, for people; empty if it is
    // open.
    QString open(const QString &folder, const QString &name);

    const Contents &contents() const { return m_contents; }

    void append(const StoredMessage &message) override;
    void remove(const QList<quint64> &ids) override;
    void load(quint64 id, qsizetype bytes) override;
    bool isBehind() const override;

Q_SIGNALS:
    // What load() has asked for: the next messages, and whether there are no more.
    void loaded(const QList<Pyvent::Bridge::StoredMessage> &messages, bool isAll);

    // It cannot be written or read any more; \a why is for people.
    void failed(const QString &why);

private:
    struct Load
    {
        quint64 id;
        qsizetype bytes;
    };
    using Task = std::variant<StoredMessage, QList<quint64>, Load>;

    void add(Task &&task, qsizetype bytes);
    void work();

    Contents m_contents;
    QString m_path;
    std::thread m_thread;

    mutable std::mutex m_mutex; // guards what follows
    std::condition_variable m_changed;
    std::vector<Task> m_tasks;
    qsizetype m_unwritten = 0; // bytes
    QString m_whyNotOpen;
    bool m_isOpen = false;
    bool m_isEnding = false;
};

} // namespace Pyvent::Bridge

#endif
