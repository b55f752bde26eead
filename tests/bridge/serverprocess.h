// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SERVERPROCESS_H
#define PYVENT_TESTS_SERVERPROCESS_H

#include "support/childprocess.h"

#include <QtCore/qtemporarydir.h>

#include <memory>

namespace PyventTests {

// A nats-server or mosquitto of a test's own, with all that it writes in a folder that ends with it.
class ServerProcess
{
public:
    virtual ~ServerProcess() = default;
    Q_DISABLE_COPY_MOVE(ServerProcess)

    int port() const { return m_port; }

    // Starts it, also again with what it has stored, and waits until it takes connections.
    bool start();

    // Starts it, and does not wait.
    void launch();
    bool waitUntilReachable();

    // Ends it as a crash would.
    void kill();
    void sendSignal(int number);

    bool isRunning() const { return m_process && m_process->isRunning(); }
    qint64 pid() const { return m_process ? m_process->pid() : 0; }
    QString folder() const { return m_folder.path(); }

    // What it has said, for messages.
    QString log() const;

protected:
    ServerProcess();
    virtual QString program() const = 0;
    virtual QStringList arguments() const = 0;
    QString write(const QString &name, const QByteArray &content);

    int m_port = 0;

private:
    QTemporaryDir m_folder;
    std::unique_ptr<ChildProcess> m_process;
};

// The paths of the programs; empty where they are not installed, and then whySkipped() says so.
QString natsServerProgram();
QString mosquittoProgram();
QString opensslProgram();
QByteArray whySkipped(const char *program, const char *package);

class NatsServer : public ServerProcess
{
public:
    // \a extra is more of its configuration. Without a store it has no JetStream.
    explicit NatsServer(const QByteArray &extra = {}, bool hasStore = true);

    // One of several that are a cluster: all have their ports before the first one is started.
    struct Cluster
    {
        QByteArray name;
        QList<int> ports;
    };
    NatsServer(const Cluster &cluster, qsizetype index, const QByteArray &extra = {});

protected:
    QString program() const override { return natsServerProgram(); }
    QStringList arguments() const override { return {QStringLiteral("-c"), m_configuration}; }

private:
    void configure(const QByteArray &more, bool hasStore);

    QString m_configuration;
};

class MosquittoBroker : public ServerProcess
{
public:
    // \a extra comes before the line that lets anybody in, unless it has one itself.
    explicit MosquittoBroker(const QByteArray &extra = {});

protected:
    QString program() const override { return mosquittoProgram(); }
    QStringList arguments() const override { return {QStringLiteral("-c"), m_configuration}; }

private:
    QString m_configuration;
};

} // namespace PyventTests

#endif
