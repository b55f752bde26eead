// SPDX-License-Identifier: MIT
#include "bridge/serverprocess.h"

#include "support/freeport.h"

#include <QtCore/qfile.h>
#include <QtCore/qstandardpaths.h>

#include <csignal>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

bool takesConnections(int port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopbackAddress(port);
    const bool isTaken = ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    ::close(fd);
    return isTaken;
}

// Debian puts servers where only root's path goes.
QString find(const QString &name)
{
    const QString found = QStandardPaths::findExecutable(name);
    return found.isEmpty() ? QStandardPaths::findExecutable(name, {u"/usr/sbin"_s, u"/usr/local/sbin"_s}) : found;
}

} // namespace

QString natsServerProgram()
{
    return find(u"nats-server"_s);
}

QString mosquittoProgram()
{
    return find(u"mosquitto"_s);
}

QString opensslProgram()
{
    return find(u"openssl"_s);
}

QByteArray whySkipped(const char *program, const char *package)
{
    return QByteArray("Skipped: there is no ") + program + " here (Debian: apt-get install " + package + ").";
}

ServerProcess::ServerProcess()
    : m_port(freePort())
{
}

void ServerProcess::launch()
{
    m_process = std::make_unique<ChildProcess>(program(), arguments(), ChildProcess::Errors::Kept);
}

bool ServerProcess::start()
{
    launch();
    return waitUntilReachable();
}

bool ServerProcess::waitUntilReachable()
{
    const bool isReachable =
        waitUntil([this] { return !m_process->isRunning() || takesConnections(m_port); }) && m_process->isRunning();
    if (!isReachable)
        qWarning("%s does not start:\n%s", qPrintable(program()), qPrintable(log()));
    return isReachable;
}

void ServerProcess::kill()
{
    if (m_process)
        m_process->kill();
}

void ServerProcess::sendSignal(int number)
{
    if (m_process)
        m_process->sendSignal(number);
}

QString ServerProcess::log() const
{
    return m_process ? m_process->output() + m_process->errors() : QString();
}

QString ServerProcess::write(const QString &name, const QByteArray &content)
{
    const QString path = m_folder.filePath(name);
    QFile file(path);
    if (!file.open(QIODevice::WriteOnly) || file.write(content) != content.size())
        qFatal("%s cannot be written", qPrintable(path));
    return path;
}

NatsServer::NatsServer(const QByteArray &extra, bool hasStore)
{
    configure(extra, hasStore);
}

NatsServer::NatsServer(const Cluster &cluster, qsizetype index, const QByteArray &extra)
{
    m_port = cluster.ports[index];
    // The routes have the port after each.
    QByteArrayList routes;
    for (const int port : cluster.ports)
        routes += "nats://127.0.0.1:" + QByteArray::number(port + 1);
    configure("server_name: s" + QByteArray::number(index) + "\ncluster { name: " + cluster.name
                  + ", listen: \"127.0.0.1:" + QByteArray::number(m_port + 1) + "\", routes: [" + routes.join(", ")
                  + "] }\n" + extra,
              true);
}

void NatsServer::configure(const QByteArray &more, bool hasStore)
{
    QByteArray text = "listen: \"127.0.0.1:" + QByteArray::number(m_port) + "\"\n";
    if (hasStore)
        text += "jetstream { store_dir: \"" + folder().toUtf8()
            + "/store\", max_file_store: 4GB, max_memory_store: 64MB }\n";
    m_configuration = write(u"nats.conf"_s, text + more);
}

MosquittoBroker::MosquittoBroker(const QByteArray &extra)
{
    // As root it would become a user that may not write here.
    QByteArray text = "user root\nlistener " + QByteArray::number(m_port) + " 127.0.0.1\n" + extra + '\n';
    if (!extra.contains("allow_anonymous"))
        text += "allow_anonymous true\n";
    // 2.0.11 hangs up after a message that it refuses where any number may be queued ("max_queued_messages 0").
    text += "persistence true\npersistence_location " + folder().toUtf8()
        + "/\nautosave_interval 1\nmax_queued_messages 1000000\nmax_inflight_messages 500\nmax_keepalive 65535\n";
    m_configuration = write(u"mosquitto.conf"_s, text);
}

} // namespace PyventTests
