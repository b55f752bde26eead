// SPDX-License-Identifier: MIT
#include "metricsserver.h"

#include <QtCore/qtimer.h>
#include <QtNetwork/qtcpserver.h>
#include <QtNetwork/qtcpsocket.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

MetricsServer::MetricsServer(std::function<QByteArray()> text)
    : m_text(std::move(text))
    , m_server(std::make_unique<QTcpServer>())
{
    m_server->setMaxPendingConnections(mostConnections);
    connect(m_server.get(), &QTcpServer::newConnection, this, &MetricsServer::accept);
}

MetricsServer::~MetricsServer() = default;

QString MetricsServer::listen(int port)
{
    if (m_server->listen(QHostAddress::LocalHost, quint16(port)))
        return {};
    return u"metrics cannot be served at 127.0.0.1:%1: %2"_s.arg(QString::number(port), m_server->errorString());
}

int MetricsServer::port() const
{
    return m_server->serverPort();
}

void MetricsServer::accept()
{
    while (QTcpSocket *const socket = m_server->nextPendingConnection()) {
        if (m_connections >= mostConnections) {
            socket->abort();
            socket->deleteLater();
            continue;
        }
        ++m_connections;
        socket->setReadBufferSize(mostRequestBytes);
        connect(socket, &QTcpSocket::readyRead, this, [this, socket] { read(socket); });
        connect(socket, &QTcpSocket::disconnected, this, [this, socket] {
            --m_connections;
            socket->disconnect(this);
            socket->deleteLater();
        });
        QTimer::singleShot(patience, socket, [socket] { socket->abort(); });
        if (socket->state() == QAbstractSocket::UnconnectedState) // it has gone already
            Q_EMIT socket->disconnected();
        else if (socket->bytesAvailable() > 0)
            read(socket);
    }
}

void MetricsServer::read(QTcpSocket *socket)
{
    // What comes in parts stays in the socket's own buffer, which is bounded.
    const QByteArray request = socket->peek(mostRequestBytes);
    if (request.contains("\r\n\r\n") || request.contains("\n\n") || request.size() >= mostRequestBytes)
        answer(socket, request);
}

void MetricsServer::answer(QTcpSocket *socket, const QByteArray &request)
{
    const QByteArrayView line = QByteArrayView(request).first(std::max<qsizetype>(request.indexOf('\n'), 0));
    const QList<QByteArray> words = line.toByteArray().simplified().split(' ');
    const QByteArray method = words.value(0);
    const QByteArray path = words.value(1);
    QByteArray status = "200 OK";
    QByteArray body;
    if (request.size() >= mostRequestBytes)
        status = "431 Request Header Fields Too Large";
    else if (words.size() != 3 || !words[2].startsWith("HTTP/1."))
        status = "400 Bad Request";
    else if (method != "GET" && method != "HEAD")
        status = "405 Method Not Allowed";
    else if (path != "/metrics" && !path.startsWith("/metrics?"))
        status = "404 Not Found";
    else
        body = m_text();
    const bool isGood = status.startsWith("200");
    if (!isGood)
        body = status + ": what there is is GET /metrics\n";
    QByteArray answer = "HTTP/1.1 " + status + "\r\nContent-Type: text/plain; "
        + (isGood ? "version=0.0.4; charset=utf-8" : "charset=utf-8")
        + "\r\nContent-Length: " + QByteArray::number(body.size()) + "\r\nConnection: close\r\n\r\n";
    if (method != "HEAD")
        answer += body;
    disconnect(socket, &QTcpSocket::readyRead, this, nullptr);
    socket->readAll();
    socket->write(answer);
    socket->disconnectFromHost(); // when it is written
}

} // namespace Pyvent::Bridge
