// SPDX-License-Identifier: MIT
#include "server/lanelistener.h"

#include "transport/descriptors.h"
#include "transport/lanefolder.h"

#include <QtCore/qdir.h>
#include <QtCore/qset.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <mutex>
#include <system_error>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// How often a lock file that another server has just removed is made anew.
constexpr int mostAttempts = 100;

// Who serves what, in this process. Never deleted: static nodes may end after all other static objects. A child of fork() has none of its
// parent's locks.
struct OwnLocks
{
    const pid_t process = ::getpid();
    std::mutex mutex;
    QSet<QByteArray> paths;

    static OwnLocks &ofProcess()
    {
        static std::atomic<OwnLocks *> known = nullptr;
        OwnLocks *mine = known.load();
        while (!mine || mine->process != ::getpid()) {
            auto *const made = new OwnLocks;
            if (known.compare_exchange_strong(mine, made))
                return *made;
            delete made;
        }
        return *mine;
    }
};

constexpr qsizetype mostTidied = 200;

// Throws std::system_error where the path is none.
sockaddr_un addressOf(const QByteArray &path)
{
    if (const auto address = laneAddress(path))
        return *address;
    throw systemError(ENAMETOOLONG);
}

FileDescriptor newSocket()
{
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        throw systemError(errno);
    return socket;
}

// Throws std::system_error where that cannot be tried.
bool isListening(const QByteArray &path)
{
    const sockaddr_un address = addressOf(path);
    const FileDescriptor socket = newSocket();
    return ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        || errno == EAGAIN;
}

// Returns false if another process has it. The kernel gives it back when the process ends, and a child of fork() does not have it. Throws
// std::system_error.
bool lockWhole(int file)
{
    struct flock whole = {};
    whole.l_type = F_WRLCK;
    whole.l_whence = SEEK_SET;
    if (::fcntl(file, F_SETLK, &whole) == 0)
        return true;
    if (errno == EACCES || errno == EAGAIN)
        return false;
    throw systemError(errno);
}

// Removes what servers of other buses have left that were killed. As many as do not take long: the next one goes on.
void tidy(const QByteArray &folder)
{
    constexpr QByteArrayView ending = ".lock";
    const QStringList names = QDir(QString::fromLocal8Bit(folder)).entryList({u"*.lock"_s}, QDir::Files | QDir::Hidden);
    for (const QString &name : names.first(std::min(names.size(), mostTidied))) {
        const QByteArray lockPath = folder + '/' + name.toLocal8Bit();
        const OwnLock own(lockPath); // given back when the file is closed
        if (!own.isOurs())           // one of this process's: to look at it would give it up
            continue;
        const QByteArray path = lockPath.chopped(ending.size());
        const FileDescriptor file(::open(lockPath.constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        if (file.isOpen() && lockWhole(file.get()) && !isListening(path)) {
            ::unlink(path.constData());
            ::unlink(lockPath.constData());
        }
    }
}

} // namespace

FileDescriptor claimBus(const QByteArray &path)
{
    const QByteArray name = "pyvent-" + QByteArray::number(::geteuid()) + '-' + path.sliced(path.lastIndexOf('/') + 1);
    sockaddr_un address = addressOf('@' + name);
    address.sun_path[0] = '\0'; // with this it is in no folder, and the name ends with its size
    const auto size = socklen_t(offsetof(sockaddr_un, sun_path) + 1 + std::size_t(name.size()));
    FileDescriptor claim = newSocket();
    if (::bind(claim.get(), reinterpret_cast<const sockaddr *>(&address), size) == 0)
        return claim;
    if (errno == EADDRINUSE)
        return {};
    throw systemError(errno);
}

OwnLock::OwnLock(const QByteArray &path)
    : m_path(path)
{
    OwnLocks &own = OwnLocks::ofProcess();
    const std::scoped_lock lock(own.mutex);
    m_isOurs = !own.paths.contains(path);
    own.paths.insert(path);
}

OwnLock::~OwnLock()
{
    if (!m_isOurs)
        return;
    OwnLocks &own = OwnLocks::ofProcess();
    const std::scoped_lock lock(own.mutex);
    own.paths.remove(m_path);
}

std::unique_ptr<LaneListener> LaneListener::listen(const QByteArray &path, const QByteArray &lockPath, bool forOthers,
                                                   Failure *failure, QString *errorText)
{
    const auto folderOf = [](const QByteArray &file) { return file.first(file.lastIndexOf('/')); };
    *failure = Failure::Unusable;
    *errorText = prepareLaneFolder(folderOf(path), forOthers);
    if (errorText->isEmpty() && folderOf(lockPath) != folderOf(path))
        *errorText = prepareLaneFolder(folderOf(lockPath), false);
    if (!errorText->isEmpty())
        return nullptr;
    *failure = Failure::Taken;
    std::unique_ptr<LaneListener> listener(new LaneListener(path, lockPath));
    try {
        if (!listener->m_own.isOurs() || !listener->lock() || !listener->open(forOthers))
            return nullptr;
    } catch (const std::system_error &error) {
        *failure = Failure::Unusable;
        *errorText = QString::fromLocal8Bit(path + ": " + error.what());
        return nullptr;
    }
    *failure = Failure::None;
    try {
        tidy(folderOf(lockPath));
    } catch (const std::system_error &) { // the next server does
    }
    return listener;
}

LaneListener::LaneListener(const QByteArray &path, const QByteArray &lockPath)
    : m_path(path)
    , m_own(lockPath)
{
}

LaneListener::~LaneListener()
{
    if (m_socket.isOpen()) {
        remove(m_path, m_socketFile);
        ::shutdown(m_socket.get(), SHUT_RDWR); // a child of fork() may have it, too
    }
    if (m_lock.isOpen())
        remove(m_own.path(), m_lockFile);
}

LaneListener::File LaneListener::fileAt(const QByteArray &path)
{
    struct stat status = {};
    return ::lstat(path.constData(), &status) == 0 ? File{status.st_dev, status.st_ino} : File();
}

// Not another one that has its name by now: a folder for what is temporary may have been tidied.
void LaneListener::remove(const QByteArray &path, const File &file)
{
    if (fileAt(path) == file)
        ::unlink(path.constData());
}

// Returns false if another process has it. Throws std::system_error.
bool LaneListener::lock()
{
    for (int i = 0; i < mostAttempts; ++i) {
        FileDescriptor file(::open(m_own.path().constData(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.isOpen())
            throw systemError(errno);
        if (!lockWhole(file.get()))
            return false;
        // Whoever had it before has removed the file, and somebody may have made another one.
        struct stat locked = {};
        if (::fstat(file.get(), &locked) != 0)
            throw systemError(errno);
        m_lockFile = {locked.st_dev, locked.st_ino};
        if (fileAt(m_own.path()) == m_lockFile) {
            m_lock = std::move(file);
            return true;
        }
    }
    return false;
}

// Returns false if somebody listens there although the lock was free: its file has been removed. Throws std::system_error.
bool LaneListener::open(bool forOthers)
{
    const sockaddr_un address = addressOf(m_path);
    if (isListening(m_path))
        return false;
    FileDescriptor socket = newSocket();
    ::unlink(m_path.constData()); // of a server that was killed
    if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        throw systemError(errno);
    m_socketFile = fileAt(m_path);
    if (::chmod(m_path.constData(), forOthers ? 0666 : 0600) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
        const std::system_error error = systemError(errno);
        remove(m_path, m_socketFile);
        throw error;
    }
    m_socket = std::move(socket);
    return true;
}

} // namespace Pyvent::Internal
