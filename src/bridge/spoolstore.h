// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_SPOOLSTORE_H
#define PYVENT_BRIDGE_SPOOLSTORE_H

#include "message.h"

#include <QtCore/qlist.h>

namespace Pyvent::Bridge {

// A message that waits, as the outbox counts it.
struct StoredMessage
{
    quint64 id = 0; // grows
    bool isOwn = false;
    Message message = {};

    friend bool operator==(const StoredMessage &, const StoredMessage &) = default;
};

// Where messages wait that are to outlast the process. What it is told is done later, in the same order.
class SpoolStore
{
public:
    SpoolStore() = default;
    virtual ~SpoolStore() = default;
    Q_DISABLE_COPY_MOVE(SpoolStore)

    virtual void append(const StoredMessage &message) = 0;
    virtual void remove(const QList<quint64> &ids) = 0;

    // Asks for the messages behind \a id, some \a bytes of them; Outbox::loaded() gets them.
    virtual void load(quint64 id, qsizetype bytes) = 0;

    // Whether it cannot keep pace with what it is told.
    virtual bool isBehind() const = 0;
};

} // namespace Pyvent::Bridge

#endif
