// SPDX-License-Identifier: MIT
#include "support/portpair.h"

#include "support/freeport.h"

#include <QtCore/qdir.h>
#include <QtCore/qfile.h>
#include <QtCore/qrandom.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr int firstPort = 5000;
constexpr int pairs = 2500; // below 10,000, where freePort() begins

bool isFree(int port)
{
    return BoundSocket(port, INADDR_ANY).isBound();
}

} // namespace

PortPair::PortPair()
{
    change();
}

PortPair::~PortPair()
{
    release();
}

void PortPair::change()
{
    release();
    while (!reserve(firstPort + 2 * int(QRandomGenerator::system()->bounded(pairs)))) { }
}

bool PortPair::reserve(int port)
{
    const QDir folder(QDir::tempPath() + u"/pyvent-test-ports"_s);
    folder.mkpath(u"."_s);
    const QByteArray path = QFile::encodeName(folder.filePath(QString::number(port)));
    m_lock = ::open(path.constData(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (m_lock < 0 || ::flock(m_lock, LOCK_EX | LOCK_NB) != 0 || !isFree(port) || !isFree(port + 1)) {
        release();
        return false;
    }
    m_port = port;
    return true;
}

void PortPair::release()
{
    if (m_lock >= 0)
        ::close(m_lock);
    m_lock = -1;
}

} // namespace PyventTests
