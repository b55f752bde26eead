// SPDX-License-Identifier: MIT
#include "security/rulesfile.h"

#include "security/users.h"

#include <QtCore/qfile.h>
#include <QtCore/qfileinfo.h>
#include <QtCore/qscopeguard.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr mode_t othersWrite = S_IWGRP | S_IWOTH;

// A file takes no longer to be written, and its time is as exact as the system's clock ticks.
constexpr std::chrono::nanoseconds settlesWithin = std::chrono::milliseconds(100);

qint64 nanoseconds(const timespec &time)
{
    return qint64(time.tv_sec) * 1'000'000'000 + time.tv_nsec;
}

bool isWrittenJustNow(qint64 modified)
{
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto age = std::chrono::duration_cast<std::chrono::nanoseconds>(now).count() - modified;
    return age >= 0 && age < settlesWithin.count(); // one from the future would never settle
}

QString systemError()
{
    return QString::fromLocal8Bit(::strerror(errno));
}

// Why others could have written what is at \a path; empty if they cannot.
QString whyUnguarded(const QString &path, const struct stat &status)
{
    const bool isFolder = S_ISDIR(status.st_mode);
    const QString what = isFolder ? u"its folder %1"_s.arg(path) : u"it"_s;
    if (status.st_uid != ::geteuid() && status.st_uid != 0) {
        return u"%1 belongs to the user %2: only the server's own user or root may own it"_s.arg(
            what, describeUser(status.st_uid));
    }
    // In a sticky folder, nobody replaces what is another one's.
    const bool isSticky = isFolder && (status.st_mode & S_ISVTX);
    if ((status.st_mode & othersWrite) && !isSticky)
        return u"other users may write to %1: chmod go-w '%2'"_s.arg(what, path);
    return {};
}

} // namespace

std::optional<QByteArray> readGuardedFile(const QString &path, qsizetype most, QString *why)
{
    const auto refuse = [&](const QString &reason) { *why = u"the file '%1' cannot be used: %2"_s.arg(path, reason); };
    const auto fail = [&](const QString &reason) {
        refuse(reason);
        return std::nullopt;
    };
    why->clear();
    // Does not wait for a pipe's other end, and is no terminal's.
    const int file = ::open(QFile::encodeName(path).constData(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0)
        return fail(systemError());
    const auto closer = qScopeGuard([file] { ::close(file); });
    struct stat status = {};
    if (::fstat(file, &status) != 0)
        return fail(systemError());
    if (!S_ISREG(status.st_mode))
        return fail(u"it is no plain file"_s);
    const QString folder = QFileInfo(path).absolutePath();
    struct stat folderStatus = {};
    if (::stat(QFile::encodeName(folder).constData(), &folderStatus) != 0)
        return fail(systemError());

    QByteArray text(most + 1, Qt::Uninitialized);
    qsizetype size = 0;
    while (size < text.size()) {
        const ssize_t count = ::read(file, text.data() + size, std::size_t(text.size() - size));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(systemError());
        if (count == 0)
            break;
        size += count;
    }
    if (size > most)
        return fail(u"it has more than %1 bytes"_s.arg(most));
    text.truncate(size);
    if (const QString reason = whyUnguarded(path, status); !reason.isEmpty())
        refuse(reason);
    else if (const QString reasonOfFolder = whyUnguarded(folder, folderStatus); !reasonOfFolder.isEmpty())
        refuse(reasonOfFolder);
    return text;
}

RulesFile::RulesFile(const QString &path, RulesReader::Users users)
    : m_path(path)
    , m_users(users ? std::move(users) : userOf)
    , m_stamp()
    , m_problem()
    , m_rules()
{
}

RulesFile::Stamp RulesFile::stampOf(const QString &path)
{
    struct stat status = {};
    if (::stat(QFile::encodeName(path).constData(), &status) != 0)
        return {};
    return {status.st_dev, status.st_ino, qint64(status.st_size), nanoseconds(status.st_mtim),
            nanoseconds(status.st_ctim)};
}

std::shared_ptr<const Rules> RulesFile::load(QString *problem) const
{
    const auto text = readGuardedFile(m_path, Rules::mostBytes, problem);
    if (!text || !problem->isEmpty())
        return {};
    RulesReader reader(m_users);
    if (auto rules = reader.read(*text))
        return std::make_shared<const Rules>(std::move(*rules));
    QStringList mistakes;
    for (const RulesMistake &mistake : reader.mistakes())
        mistakes += mistake.describe();
    *problem = u"the rules in '%1' have mistakes: %2"_s.arg(m_path, mistakes.join(u"; "_s));
    return {};
}

bool RulesFile::read(QString *problem)
{
    problem->clear();
    m_stamp = stampOf(m_path); // before it is read: what is written meanwhile is a change
    const auto rules = load(problem);
    if (rules)
        m_rules = rules;
    m_problem = *problem;
    return bool(rules);
}

bool RulesFile::readIfChanged(QString *problem)
{
    problem->clear();
    const Stamp stamp = stampOf(m_path);
    // One that cannot be used may become so by what happens to its folder.
    const bool mayBeOther = stamp != m_stamp || !m_problem.isEmpty();
    if (!mayBeOther || isWrittenJustNow(stamp.modified))
        return false;
    QString said;
    const auto rules = load(&said);
    if (stampOf(m_path) != stamp) // it was being written
        return false;
    m_stamp = stamp;
    if (!rules) {
        if (said != m_problem)
            *problem = said + (m_rules ? u"; the earlier rules stay in force"_s : QString());
        m_problem = said;
        return false;
    }
    m_problem.clear();
    if (m_rules && *m_rules == *rules)
        return false;
    m_rules = rules;
    return true;
}

} // namespace Pyvent::Internal
