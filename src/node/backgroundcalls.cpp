// SPDX-License-Identifier: MIT
#include "node/backgroundcalls.h"

#include <QtCore/qthreadpool.h>

#include <mutex>

#include <unistd.h>

namespace Pyvent::Internal {

namespace {

// One that is blocked is not to keep others waiting.
constexpr int mostThreads = 64;

// The process's. A child of fork() has another one, since it has no threads of its parent's. Never deleted: at the end of the program,
// somebody may still wait for what they do.
QThreadPool &pool()
{
    static std::mutex mutex;
    static pid_t process = 0;
    static QThreadPool *pool = nullptr;
    const std::lock_guard lock(mutex);
    if (process != ::getpid()) {
        process = ::getpid();
        pool = new QThreadPool;
        pool->setMaxThreadCount(mostThreads);
        pool->setObjectName(QStringLiteral("pyvent-calls"));
    }
    return *pool;
}

} // namespace

void callInBackground(const std::function<void()> &call)
{
    pool().start(call);
}

} // namespace Pyvent::Internal
