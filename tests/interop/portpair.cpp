// SPDX-License-Identifier: MIT
#include "portpair.h"

#include <QtCore/qdir.h>
#include <QtCore/qfile.h>
#include <QtCore/qrandom.h>

#include <arpa/inet.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

constexpr int firstPort = 5000;
constexpr int pairs = 2500; // below 10,000, where support/freeport.h begins

bool isFree(int port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int yes = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(quint16(port));
    address.sin_addr.s_addr = htonl(INADDR_ANY);
    const bool isBound =
        ::bind(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0 && ::listen(fd, 1) == 0;
    ::close(fd);
    return isBound;
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
