// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_LANELISTENER_H
#define PYVENT_SERVER_LANELISTENER_H

#include "transport/filedescriptor.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <memory>

namespace Pyvent::Internal {

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

    // Has the lane at \a path, and lets \a others than the own user connect if that is said. Returns null, and says why, if it cannot.
    static std::unique_ptr<LaneListener> listen(const QByteArray &path, bool forOthers, Failure *failure,
                                                QString *errorText);
    ~LaneListener();
    Q_DISABLE_COPY_MOVE(LaneListener)

    int socket() const { return m_socket.get(); }

private:
    explicit LaneListener(const QByteArray &path);
    bool lock();
    void open(bool forOthers);

    const QByteArray m_path;
    FileDescriptor m_lock;
    FileDescriptor m_socket;
};

} // namespace Pyvent::Internal

#endif
