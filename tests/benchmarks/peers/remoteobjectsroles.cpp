// SPDX-License-Identifier: MIT
#include "remoteobjectsroles.h"

#include "rep_kitchen_merged.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdir.h>
#include <QtCore/qtimer.h>
#include <QtCore/qurl.h>
#include <QtRemoteObjects/qremoteobjectnode.h>

#include <memory>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int sendBatch = 100;

QUrl url(const RoleOptions &options, const QString &name)
{
    return QUrl(u"local:"_s + QDir(options.directory).filePath(name));
}

void host(QRemoteObjectHost &node, const RoleOptions &options, QObject *source)
{
    if (!node.setHostUrl(url(options, u"kitchen"_s)) || !node.setRegistryUrl(url(options, u"registry"_s))
        || !node.enableRemoting(source, u"Kitchen"_s))
        throw std::runtime_error("Qt Remote Objects: the source cannot be hosted");
}

// The source: sends orders as soon as a receiver asks for them, and answers pings.
class KitchenSource : public KitchenSimpleSource
{
    Q_OBJECT

public:
    explicit KitchenSource(qint64 events = 0)
        : m_events(events)
    {
        connect(&m_timer, &QTimer::timeout, this, &KitchenSource::sendSome);
    }

    void open() override
    {
        say("started", nanoseconds());
        m_timer.start(0);
    }
    void ping(const QString &food, const QString &drink, qlonglong count) override
    {
        Q_EMIT ponged(food, drink, count);
    }

private:
    void sendSome()
    {
        for (int i = 0; i < sendBatch && m_sent < m_events; ++i)
            Q_EMIT ordered(u"sushi"_s, u"sake"_s, m_sent++);
        if (m_sent < m_events)
            return;
        m_timer.stop();
        Q_EMIT ended();
    }

    const qint64 m_events;
    qint64 m_sent = 0;
    QTimer m_timer;
};

} // namespace

int remoteObjectsServer(const RoleOptions &options)
{
    QRemoteObjectRegistryHost registry(url(options, u"registry"_s));
    say("ready", 0);
    return QCoreApplication::exec();
}

int remoteObjectsSender(const RoleOptions &options)
{
    KitchenSource source(options.events);
    QRemoteObjectHost node;
    host(node, options, &source);
    return QCoreApplication::exec();
}

int remoteObjectsReceiver(const RoleOptions &options)
{
    QRemoteObjectNode node(url(options, u"registry"_s));
    const std::unique_ptr<KitchenReplica> kitchen(node.acquire<KitchenReplica>(u"Kitchen"_s));
    qint64 heard = 0;
    qint64 finishedAt = 0;
    const auto fail = [](const QString &why) { QCoreApplication::exit(sayFailed(why)); };
    QObject::connect(kitchen.get(), &KitchenReplica::initialized, kitchen.get(), &KitchenReplica::open);
    QObject::connect(kitchen.get(), &KitchenReplica::ordered, [&](const QString &, const QString &, qlonglong count) {
        if (count != heard)
            return fail(u"event %1 of Qt Remote Objects came as number %2"_s.arg(count).arg(heard));
        if (++heard == options.events)
            finishedAt = nanoseconds();
    });
    QObject::connect(kitchen.get(), &KitchenReplica::ended, [&] {
        if (heard != options.events)
            return fail(u"of %1 events of Qt Remote Objects %2 were heard"_s.arg(options.events).arg(heard));
        say("finished", finishedAt);
    });
    say("ready"); // the source sends nothing until it is asked to
    return QCoreApplication::exec();
}

int remoteObjectsPinger(const RoleOptions &options)
{
    QRemoteObjectNode node(url(options, u"registry"_s));
    const std::unique_ptr<KitchenReplica> kitchen(node.acquire<KitchenReplica>(u"Kitchen"_s));
    RoundTrips roundTrips(options.events);
    const auto ping = [&] {
        roundTrips.begin();
        kitchen->ping(u"sushi"_s, u"sake"_s, roundTrips.count());
    };
    QObject::connect(kitchen.get(), &KitchenReplica::initialized, ping);
    QObject::connect(kitchen.get(), &KitchenReplica::ponged, [&] {
        roundTrips.end();
        if (!roundTrips.isComplete())
            return ping();
        roundTrips.sayResult();
    });
    return QCoreApplication::exec();
}

int remoteObjectsEcho(const RoleOptions &options)
{
    KitchenSource source;
    QRemoteObjectHost node;
    host(node, options, &source);
    say("ready");
    return QCoreApplication::exec();
}

} // namespace Pyvent::Benchmarks

#include "remoteobjectsroles.moc"
