// SPDX-License-Identifier: MIT
#include "diskspool.h"

#include "spooldatabase.h"

#include <QtCore/qdir.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype mostUnwritten = qsizetype(128) << 20; // bytes
constexpr qsizetype sizeOfATask = 64;

template <typename... Functions>
struct Overloaded : Functions...
{
    using Functions::operator()...;
};

} // namespace

DiskSpool::~DiskSpool()
{
    {
        const std::lock_guard lock(m_mutex);
        m_isEnding = true;
    }
    m_changed.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

QString DiskSpool::open(const QString &folder, const QString &name)
{
    if (!QDir(folder).exists() && !QDir().mkpath(folder))
        return u"the folder %1 cannot be made"_s.arg(folder);
    m_path = QDir(folder).filePath(name);
    m_thread = std::thread([this] { work(); });
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_isOpen || !m_whyNotOpen.isEmpty(); });
    return m_whyNotOpen;
}

void DiskSpool::append(const StoredMessage &message)
{
    add(message, message.message.size());
}

void DiskSpool::remove(const QList<quint64> &ids)
{
    add(ids, 0);
}

void DiskSpool::load(quint64 id, qsizetype bytes)
{
    add(Load{id, bytes}, 0);
}

void DiskSpool::add(Task &&task, qsizetype bytes)
{
    {
        const std::lock_guard lock(m_mutex);
        m_tasks.push_back(std::move(task));
        m_unwritten += bytes + sizeOfATask;
    }
    m_changed.notify_all();
}

bool DiskSpool::isBehind() const
{
    const std::lock_guard lock(m_mutex);
    return m_unwritten > mostUnwritten;
}

void DiskSpool::work()
{
    SpoolDatabase database;
    {
        Contents contents;
        const bool isOpen = database.open(m_path) && database.count(&contents.count, &contents.bytes, &contents.lastId);
        const std::lock_guard lock(m_mutex);
        m_contents = contents;
        m_isOpen = isOpen;
        if (!isOpen)
            m_whyNotOpen = database.why();
    }
    m_changed.notify_all();

    bool works = true;
    const auto run = Overloaded{
        [&](const StoredMessage &message) { return database.append(message); },
        [&](const QList<quint64> &ids) { return database.remove(ids); },
        [&](const Load &load) {
            QList<StoredMessage> messages;
            bool isAll = false;
            if (!database.load(load.id, load.bytes, &messages, &isAll))
                return false;
            Q_EMIT loaded(messages, isAll);
            return true;
        },
    };
    for (;;) {
        std::vector<Task> tasks;
        qsizetype bytes = 0;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [this] { return !m_tasks.empty() || m_isEnding; });
            if (m_tasks.empty() || !m_isOpen)
                return;
            tasks.swap(m_tasks);
            bytes = m_unwritten;
        }
        const auto runAll = [&] {
            return database.begin()
                && std::ranges::all_of(tasks, [&](const Task &task) { return std::visit(run, task); })
                && database.commit();
        };
        if (works && !runAll()) {
            works = false; // what was not committed is undone when the file is closed
            Q_EMIT failed(database.why());
        }
        const std::lock_guard lock(m_mutex);
        m_unwritten -= bytes;
    }
}

} // namespace Pyvent::Bridge
