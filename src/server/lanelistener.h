// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_LANELISTENER_H
#define PYVENT_SERVER_LANELISTENER_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <memory>

#include <sys/types.h>

namespace Pyvent::Internal {

// A process's locks of files do not keep itself out, and end when it closes any descriptor of the file: so a process opens a lock's file only
// while it has one of these that is ours.
class OwnLock
{
public:
    explicit OwnLock(const QByteArray &path);
    ~OwnLock();
    Q_DISABLE_COPY_MOVE(OwnLock)

    bool isOurs() const { return m_isOurs; }
    const QByteArray &path() const { return m_path; }

private:
    const QByteArray m_path;
    bool m_isOurs = false;
};

// What decides who has a bus that has no ports, whatever folder its lane, \a path, is in: a name in the abstract namespace, which is where ports
// are, too. Not open where another process of this user's has it. Throws std::system_error.
FileDescriptor claimBus(const QByteArray &path);

// A lane's listening Unix socket, and the lock beside it that says who serves: of all processes that try, one has it, until it gives it
// up or ends, however it ends.
class LaneListener
{
public:
    enum class Failure : quint8 {
        None,
        Taken,   // another process serves
        Unusable // errorText says why there is no lane here
    };

    // Has the lane at \a path, and lets \a others than the own user connect if that is said. The lock is the file at \a lockPath.
    // Returns null, and says why, if it cannot.
    static std::unique_ptr<LaneListener> listen(const QByteArray &path, const QByteArray &lockPath, bool forOthers,
                                                Failure *failure, QString *errorText);
    ~LaneListener();
    Q_DISABLE_COPY_MOVE(LaneListener)

    int socket() const { return m_socket.get(); }

private:
    // Which file it is, whatever its name.
    struct File
    {
        dev_t device = 0;
        ino_t number = 0;

        friend bool operator==(const File &, const File &) = default;
    };

    LaneListener(const QByteArray &path, const QByteArray &lockPath);
    bool lock();
    bool open(bool forOthers);
    static File fileAt(const QByteArray &path);
    static void remove(const QByteArray &path, const File &file);

    const QByteArray m_path;
    const OwnLock m_own; // given back when the file is closed
    FileDescriptor m_lock;
    File m_lockFile;
    FileDescriptor m_socket;
    File m_socketFile;
};

} // namespace Pyvent::Internal

#endif
