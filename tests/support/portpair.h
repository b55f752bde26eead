// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_PORTPAIR_H
#define PYVENT_TESTS_PORTPAIR_H

#include <QtCore/qglobal.h>

namespace PyventTests {

// A port and the next one, free on all addresses when it was made, and this object's as long as it lives:
// other test processes of this kind are kept away by a file lock, and the kernel by staying below the range
// that it gives to outgoing connections. freePort() keeps to another range. Python's server binds all
// addresses, so that a port of the loopback's own would not do.
class PortPair
{
public:
    PortPair();
    ~PortPair();
    Q_DISABLE_COPY_MOVE(PortPair)

    // Takes another pair, where somebody who takes no locks was quicker.
    void change();

    int port() const { return m_port; }

private:
    bool reserve(int port);
    void release();

    int m_port = 0;
    int m_lock = -1;
};

} // namespace PyventTests

#endif
