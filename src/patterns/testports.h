// SPDX-License-Identifier: MIT
#ifndef PYVENT_PATTERNS_TESTPORTS_H
#define PYVENT_PATTERNS_TESTPORTS_H

#include <QtCore/qglobal.h>

namespace Pyvent::Internal {

// A port and the next one that no other object of this kind has, in any process of this machine: also while nobody listens to them,
// so that a server can be ended and started again. Somebody who knows nothing of this may have them all the same.
class TestPorts
{
public:
    TestPorts() = default;
    ~TestPorts();
    Q_DISABLE_COPY_MOVE(TestPorts)

    // Takes another pair. Returns false if the system gives none.
    bool take();

    int port() const { return m_port; }

private:
    void release();

    int m_port = 0;
    int m_lock = -1;
};

} // namespace Pyvent::Internal

#endif
