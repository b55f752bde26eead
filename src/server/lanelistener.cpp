// SPDX-License-Identifier: MIT
#include "server/lanelistener.h"

#include "transport/lanefolder.h"

#include <QtCore/qdir.h>
#include <QtCore/qset.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
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

std::system_error systemError()
{
    return std::system_error(errno, std::generic_category());
}

// A process's locks do not keep itself out, and end when it closes any descriptor of the file: so each is opened once. A child of fork()
// has none of them.
class OwnLocks
{
public:
    static bool insert(const QByteArray &path)
    {
        OwnLocks &own = ofProcess();
        const std::scoped_lock lock(own.m_mutex);
        if (own.m_paths.contains(path))
            return false;
        own.m_paths.insert(path);
        return true;
    }
    static void remove(const QByteArray &path)
    {
        OwnLocks &own = ofProcess();
        const std::scoped_lock lock(own.m_mutex);
        own.m_paths.remove(path);
    }

private:
    // Never deleted: static nodes may end after all other static objects.
    static OwnLocks &ofProcess()
    {
        static std::atomic<OwnLocks *> known = nullptr;
        OwnLocks *mine = known.load();
        while (!mine || mine->m_process != ::getpid()) {
            auto *const made = new OwnLocks;
            if (known.compare_exchange_strong(mine, made))
                return *made;
            delete made;
        }
        return *mine;
    }

    const pid_t m_process = ::getpid();
    std::mutex m_mutex;
    QSet<QByteArray> m_paths;
};

constexpr qsizetype mostTidied = 200;

sockaddr_un addressOf(const QByteArray &path)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= qsizetype(sizeof address.sun_path))
        throw std::system_error(ENAMETOOLONG, std::generic_category());
    std::memcpy(address.sun_path, path.constData(), std::size_t(path.size()));
    return address;
}

// Throws std::system_error where that cannot be tried.
bool isListening(const QByteArray &path)
{
    const sockaddr_un address = addressOf(path);
    const FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        throw systemError();
    return ::connect(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        || errno == EAGAIN;
}

} // namespace

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
    if (!OwnLocks::insert(lockPath))
        return nullptr;
    try {
        std::unique_ptr<LaneListener> listener(new LaneListener(path, lockPath));
        if (!listener->lock() || !listener->open(forOthers))
            return nullptr;
        *failure = Failure::None;
        tidy(folderOf(lockPath));
        return listener;
    } catch (const std::system_error &error) {
        *failure = Failure::Unusable;
        *errorText = QString::fromLocal8Bit(path + ": " + error.what());
    }
    return nullptr;
}

// Removes what servers of other buses have left that were killed. As many as do not take long: the next one goes on.
void LaneListener::tidy(const QByteArray &folder)
{
    constexpr QByteArrayView ending = ".lock";
    const QStringList names = QDir(QString::fromLocal8Bit(folder)).entryList({u"*.lock"_s}, QDir::Files | QDir::Hidden);
    for (const QString &name : names.first(std::min(names.size(), mostTidied))) {
        const QByteArray lockPath = folder + '/' + name.toLocal8Bit();
        if (!OwnLocks::insert(lockPath)) // one of this process's: to look at it would give it up
            continue;
        const QByteArray path = lockPath.chopped(ending.size());
        const FileDescriptor file(::open(lockPath.constData(), O_RDWR | O_CLOEXEC | O_NOFOLLOW));
        struct flock whole
        {
        };
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        if (file.isOpen() && ::fcntl(file.get(), F_SETLK, &whole) == 0 && !isListening(path)) {
            ::unlink(path.constData());
            ::unlink(lockPath.constData());
        }
        OwnLocks::remove(lockPath);
    }
}

LaneListener::LaneListener(const QByteArray &path, const QByteArray &lockPath)
    : m_path(path)
    , m_lockPath(lockPath)
{
}

LaneListener::~LaneListener()
{
    if (m_socket.isOpen()) {
        remove(m_path, m_socketFile);
        ::shutdown(m_socket.get(), SHUT_RDWR); // a child of fork() may have it, too
    }
    if (m_lock.isOpen())
        remove(m_lockPath, m_lockFile);
    m_lock = FileDescriptor(); // before another node of this process may try
    OwnLocks::remove(m_lockPath);
}

LaneListener::File LaneListener::fileAt(const QByteArray &path)
{
    struct stat status
    {
    };
    return ::lstat(path.constData(), &status) == 0 ? File{status.st_dev, status.st_ino} : File();
}

// Not another one that has its name by now: a folder for what is temporary may have been tidied.
void LaneListener::remove(const QByteArray &path, const File &file)
{
    if (fileAt(path) == file)
        ::unlink(path.constData());
}

// The kernel gives it back when the process ends, and a child of fork() does not have it. Throws std::system_error.
bool LaneListener::lock()
{
    for (int i = 0; i < mostAttempts; ++i) {
        FileDescriptor file(::open(m_lockPath.constData(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, 0600));
        if (!file.isOpen())
            throw systemError();
        struct flock whole
        {
        };
        whole.l_type = F_WRLCK;
        whole.l_whence = SEEK_SET;
        if (::fcntl(file.get(), F_SETLK, &whole) != 0) {
            if (errno == EACCES || errno == EAGAIN)
                return false;
            throw systemError();
        }
        // Whoever had it before has removed the file, and somebody may have made another one.
        struct stat locked
        {
        };
        if (::fstat(file.get(), &locked) != 0)
            throw systemError();
        m_lockFile = {locked.st_dev, locked.st_ino};
        if (fileAt(m_lockPath) == m_lockFile) {
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
    FileDescriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket.isOpen())
        throw systemError();
    ::unlink(m_path.constData()); // of a server that was killed
    if (::bind(socket.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address) != 0)
        throw systemError();
    m_socketFile = fileAt(m_path);
    if (::chmod(m_path.constData(), forOthers ? 0666 : 0600) != 0 || ::listen(socket.get(), SOMAXCONN) != 0) {
        const std::system_error error = systemError();
        remove(m_path, m_socketFile);
        throw error;
    }
    m_socket = std::move(socket);
    return true;
}

} // namespace Pyvent::Internal
