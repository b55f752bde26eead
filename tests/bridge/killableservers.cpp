// SPDX-License-Identifier: MIT
#include "bridge/killableservers.h"

#include "bridge/loopbackhttp.h"

#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

QJsonObject ask(int port, const QByteArray &path)
{
    return QJsonDocument::fromJson(httpGet(port, path)).object();
}

// What a server knows of its streams.
QJsonArray streamsIn(const QJsonObject &answer)
{
    QJsonArray streams;
    const QJsonArray accounts = answer["account_details"_L1].toArray();
    for (const auto &account : accounts) {
        const QJsonArray some = account.toObject()["stream_detail"_L1].toArray();
        for (const auto &stream : some)
            streams.append(stream);
    }
    return streams;
}

QString leaderOf(const QJsonValue &thing)
{
    return thing.toObject()["cluster"_L1].toObject()["leader"_L1].toString();
}

constexpr auto everything = "/jsz?accounts=true&streams=true&consumers=true";

} // namespace

NatsCluster::NatsCluster()
{
    for (int i = 0; i < size; ++i) {
        m_ports += freePort();
        m_monitors += freePort();
    }
    const NatsServer::Cluster cluster{.name = "test", .ports = m_ports};
    for (int i = 0; i < size; ++i)
        m_servers.push_back(std::make_unique<NatsServer>(
            cluster, i, "http: \"127.0.0.1:" + QByteArray::number(m_monitors[i]) + "\"\n"));
}

bool NatsCluster::start()
{
    for (const auto &server : m_servers)
        server->launch();
    return std::ranges::all_of(m_servers, [](const auto &server) { return server->waitUntilReachable(); });
}

QString NatsCluster::url() const
{
    QStringList urls;
    for (const int port : m_ports)
        urls += u"nats://127.0.0.1:%1"_s.arg(port);
    return urls.join(u',');
}

QString NatsCluster::kill(const QString &kind, QRandomGenerator *random)
{
    QString leader;
    for (qsizetype i = 0; i < size && leader.isEmpty(); ++i) {
        const QJsonArray streams = streamsIn(ask(m_monitors[i], everything));
        if (!streams.isEmpty())
            leader = leaderOf(streams.first());
    }
    if (leader.isEmpty())
        return {};
    m_killed = leader.sliced(1).toInt(); // "s2"
    if (kind != "leader"_L1)
        m_killed = (m_killed + 1 + random->bounded(size - 1)) % size;
    m_servers[size_t(m_killed)]->kill();
    return u"s%1"_s.arg(m_killed);
}

bool NatsCluster::restart()
{
    return m_servers[size_t(m_killed)]->start();
}

QString NatsCluster::notReady() const
{
    QString leader;
    for (qsizetype i = 0; i < size; ++i) {
        if (const QString why = notReady(i, &leader); !why.isEmpty())
            return u"s%1: %2"_s.arg(i).arg(why);
    }
    return {};
}

// All are to know the same \a leader.
QString NatsCluster::notReady(qsizetype index, QString *leader) const
{
    const QJsonObject health = ask(m_monitors[index], "/healthz");
    if (health["status"_L1].toString() != "ok"_L1)
        return u"is not well: %1"_s.arg(QString::fromUtf8(QJsonDocument(health).toJson(QJsonDocument::Compact)));
    const QJsonObject answer = ask(m_monitors[index], everything);
    const QJsonObject meta = answer["meta_cluster"_L1].toObject();
    if (meta["cluster_size"_L1].toInt() != size || meta["leader"_L1].toString().isEmpty())
        return u"is not in the cluster"_s;
    for (const auto &stream : streamsIn(answer)) {
        const QString here = leaderOf(stream);
        if (here.isEmpty() || (!leader->isEmpty() && here != *leader))
            return u"knows another leader, '%1'"_s.arg(here);
        *leader = here;
        const QJsonArray consumers = stream.toObject()["consumer_detail"_L1].toArray();
        for (const auto &consumer : consumers) {
            if (leaderOf(consumer).isEmpty())
                return u"knows no leader of a consumer"_s;
        }
        if (here != u"s%1"_s.arg(index))
            continue;
        const QJsonArray replicas = stream.toObject()["cluster"_L1].toObject()["replicas"_L1].toArray();
        const bool areCurrent = std::ranges::all_of(
            replicas, [](const auto &replica) { return replica.toObject()["current"_L1].toBool(); });
        if (replicas.size() != size - 1 || !areCurrent)
            return u"waits for its replicas"_s;
    }
    return {};
}

QStringList NatsCluster::news()
{
    QStringList news;
    for (qsizetype i = 0; i < size; ++i) {
        const QStringList lines = m_servers[size_t(i)]->log().split(u'\n');
        for (const QString &line : lines) {
            if (!line.contains(u"leader"_s) || m_told.contains(line))
                continue;
            m_told.insert(line);
            news += u"s%1: %2"_s.arg(i).arg(line);
        }
    }
    return news;
}

QString NatsCluster::log() const
{
    QString all;
    for (const auto &server : m_servers)
        all += server->log();
    return all;
}

bool LoneBroker::start()
{
    return m_broker.start();
}

QString LoneBroker::url() const
{
    return u"mqtt://127.0.0.1:%1"_s.arg(m_broker.port());
}

QString LoneBroker::kill(const QString &, QRandomGenerator *)
{
    m_broker.kill();
    return u"it"_s;
}

bool LoneBroker::restart()
{
    return m_broker.start();
}

QString LoneBroker::notReady() const
{
    if (!m_broker.isRunning())
        return u"the broker does not run"_s;
    return m_broker.log().contains(u"Saving in-memory database"_s) ? QString() : u"nothing is stored yet"_s;
}

} // namespace PyventTests
