// SPDX-License-Identifier: MIT
#include "security/watchedfile.h"

#include <utility>

namespace Pyvent::Internal {

namespace {

constexpr auto looksAgainAfter = std::chrono::seconds(1);

// A file takes no longer to be written, and its time is as exact as the system's clock ticks.
constexpr auto settlesWithin = std::chrono::milliseconds(100);

bool isWrittenJustNow(const FileVersion &version)
{
    const auto age = std::chrono::system_clock::now().time_since_epoch() - version.modified;
    return age >= age.zero() && age < settlesWithin; // one from the future would never settle
}

} // namespace

bool WatchedFile::read(const Take &take, QString *why)
{
    FileVersion version;
    const auto bytes = readPrivately(m_path, Privacy::Trusted, m_most, why, &version);
    if (!bytes || take(*bytes, why) == FileChange::Unreadable)
        return false;
    m_version = version;
    return true;
}

FileChange WatchedFile::refresh(Clock::time_point now, const Take &take, QString *why)
{
    if (now < m_looksAgainAt)
        return FileChange::None;
    m_looksAgainAt = now + looksAgainAfter;
    const auto version = versionOf(m_path);
    if (version == m_version || (version && isWrittenJustNow(*version)))
        return FileChange::None;
    QString problem;
    const auto bytes = readPrivately(m_path, Privacy::Trusted, m_most, &problem);
    if (versionOf(m_path) != version) // it was being written
        return FileChange::None;
    // One that cannot be read may become readable by what happens to its folder, so it is tried again.
    m_version = bytes ? version : std::nullopt;
    const FileChange change = bytes ? take(*bytes, &problem) : FileChange::Unreadable;
    if (change != FileChange::Unreadable) {
        m_problem.clear();
        return change;
    }
    if (problem == std::exchange(m_problem, problem))
        return FileChange::None;
    *why = problem;
    return FileChange::Unreadable;
}

} // namespace Pyvent::Internal
