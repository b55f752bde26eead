// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_LOOPBACKHTTP_H
#define PYVENT_TESTS_LOOPBACKHTTP_H

#include "support/freeport.h"

#include <QtCore/qbytearray.h>

namespace PyventTests {

// What a server on the loopback answers to a GET, without the headers; empty if there is none, or it says nothing for a second.
inline QByteArray httpGet(int port, const QByteArray &path)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const timeval second{1, 0};
    ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &second, sizeof second);
    const sockaddr_in address = loopbackAddress(port);
    const QByteArray request = "GET " + path + " HTTP/1.0\r\n\r\n";
    QByteArray answer;
    if (::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0
        && ::send(fd, request.constData(), size_t(request.size()), MSG_NOSIGNAL) == request.size()) {
        char part[4096];
        for (ssize_t count; (count = ::recv(fd, part, sizeof part, 0)) > 0;)
            answer.append(part, count);
    }
    ::close(fd);
    const qsizetype end = answer.indexOf("\r\n\r\n");
    return end < 0 ? QByteArray() : answer.sliced(end + 4);
}

} // namespace PyventTests

#endif
