// SPDX-License-Identifier: MIT
#include "dbusroles.h"

#include "daemon.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qdir.h>
#include <QtCore/qtimer.h>
#include <QtDBus/qdbusconnection.h>
#include <QtDBus/qdbuserror.h>
#include <QtDBus/qdbusmessage.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int sendBatch = 100;

const QString service = u"org.pyvent.Kitchen"_s;
const QString path = u"/kitchen"_s;
const QString interface = u"org.pyvent.Kitchen"_s;
const QString orderSignal = u"Ordered"_s;
const QString endSignal = u"Ended"_s;

QString address(const RoleOptions &options)
{
    return "unix:path="_L1 + QDir(options.directory).filePath(u"bus"_s);
}

QDBusConnection connection(const RoleOptions &options)
{
    QDBusConnection bus = QDBusConnection::connectToBus(address(options), u"benchmark"_s);
    if (!bus.isConnected())
        throw std::runtime_error("D-Bus: " + bus.lastError().message().toStdString());
    return bus;
}

// What slots hear, and answer.
class Kitchen : public QObject
{
    Q_OBJECT
    Q_CLASSINFO("D-Bus Interface", "org.pyvent.Kitchen")

public:
    explicit Kitchen(qint64 events = 0)
        : m_events(events)
    {
    }

public Q_SLOTS:
    void order(const QString &, const QString &, qlonglong count)
    {
        if (count != m_heard)
            QCoreApplication::exit(sayFailed(u"event %1 on D-Bus came as number %2"_s.arg(count).arg(m_heard)));
        if (++m_heard == m_events)
            m_finishedAt = nanoseconds();
    }
    void end()
    {
        if (m_heard != m_events)
            QCoreApplication::exit(sayFailed(u"of %1 events on D-Bus %2 were heard"_s.arg(m_events).arg(m_heard)));
        say("finished", m_finishedAt);
    }
    qlonglong Ping(const QString &, const QString &, qlonglong count) { return count; }

private:
    const qint64 m_events;
    qint64 m_heard = 0;
    qint64 m_finishedAt = 0;
};

} // namespace

int dbusServer(const RoleOptions &options)
{
    const QString socket = QDir(options.directory).filePath(u"bus"_s);
    return runDaemon(u"dbus-daemon"_s,
                     {u"--session"_s, u"--nofork"_s, u"--nopidfile"_s, u"--address="_s + address(options)}, 0,
                     [socket] { return QFileInfo::exists(socket); });
}

int dbusSender(const RoleOptions &options)
{
    QDBusConnection bus = connection(options);
    qint64 sent = 0;
    QTimer timer;
    QObject::connect(&timer, &QTimer::timeout, [&] {
        for (int i = 0; i < sendBatch && sent < options.events; ++i) {
            QDBusMessage signal = QDBusMessage::createSignal(path, interface, orderSignal);
            signal << u"sushi"_s << u"sake"_s << qlonglong(sent++);
            bus.send(signal);
        }
        if (sent == options.events) {
            bus.send(QDBusMessage::createSignal(path, interface, endSignal));
            timer.stop();
        }
    });
    say("started", nanoseconds());
    timer.start(0);
    return QCoreApplication::exec();
}

int dbusReceiver(const RoleOptions &options)
{
    QDBusConnection bus = connection(options);
    Kitchen kitchen(options.events);
    // connect() waits for the daemon's answer: from then on the signals come.
    if (!bus.connect(QString(), path, interface, orderSignal, &kitchen, SLOT(order(QString, QString, qlonglong)))
        || !bus.connect(QString(), path, interface, endSignal, &kitchen, SLOT(end())))
        return sayFailed(u"D-Bus: %1"_s.arg(bus.lastError().message()));
    say("ready");
    return QCoreApplication::exec();
}

int dbusPinger(const RoleOptions &options)
{
    QDBusConnection bus = connection(options);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        QDBusMessage call = QDBusMessage::createMethodCall(service, path, interface, u"Ping"_s);
        roundTrips.begin();
        call << u"sushi"_s << u"sake"_s << qlonglong(roundTrips.count());
        const QDBusMessage reply = bus.call(call);
        roundTrips.end();
        if (reply.arguments().value(0).toLongLong() != roundTrips.count() - 1)
            return sayFailed(u"D-Bus: %1"_s.arg(reply.errorMessage()));
    }
    roundTrips.sayResult();
    return rest();
}

int dbusEcho(const RoleOptions &options)
{
    QDBusConnection bus = connection(options);
    Kitchen kitchen;
    if (!bus.registerObject(path, &kitchen, QDBusConnection::ExportAllSlots) || !bus.registerService(service))
        return sayFailed(u"D-Bus: %1"_s.arg(bus.lastError().message()));
    say("ready");
    return QCoreApplication::exec();
}

} // namespace Pyvent::Benchmarks

#include "dbusroles.moc"
