// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_METRICSSERVER_H
#define PYVENT_BRIDGE_METRICSSERVER_H

#include <QtCore/qobject.h>

#include <functional>
#include <memory>

class QTcpServer;
class QTcpSocket;

namespace Pyvent::Bridge {

// Answers HTTP/1.1 requests for "/metrics" on a port of the loopback, one on each connection. Any process of this machine may connect: so there are some
// connections at most, each sends some bytes at most and ends in some seconds.
class MetricsServer : public QObject
{
    Q_OBJECT

public:
    static constexpr int mostConnections = 8;
    static constexpr qsizetype mostRequestBytes = 4096;
    static constexpr int patience = 5000; // milliseconds, with one connection

    // \a text makes what is answered.
    explicit MetricsServer(std::function<QByteArray()> text);
    ~MetricsServer() override;

    // Returns why not, for people; empty if it listens. Port 0 is any free one.
    QString listen(int port);
    int port() const;

    int connections() const { return m_connections; }

private:
    void accept();
    void read(QTcpSocket *socket);
    void answer(QTcpSocket *socket, const QByteArray &request);

    const std::function<QByteArray()> m_text;
    std::unique_ptr<QTcpServer> m_server;
    int m_connections = 0;
};

} // namespace Pyvent::Bridge

#endif
