// SPDX-License-Identifier: MIT
#include "mosquittoroles.h"

#include "daemon.h"
#include "support/freeport.h"

#include <QtCore/qdatastream.h>
#include <QtCore/qdir.h>
#include <QtCore/qfile.h>

#include <cstdlib>
#include <functional>
#include <mosquitto.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>

namespace Pyvent::Benchmarks {

using namespace Qt::StringLiterals;

namespace {

constexpr int keepAlive = 60;
constexpr int networkTurn = 10; // ms

struct Order
{
    QString food;
    QString drink;
    qint64 count = -1;

    QByteArray toBytes() const
    {
        QByteArray bytes;
        QDataStream stream(&bytes, QIODevice::WriteOnly);
        stream << food << drink << count;
        return bytes;
    }
    static Order fromBytes(const mosquitto_message &message)
    {
        Order order;
        const auto bytes = QByteArray::fromRawData(static_cast<const char *>(message.payload), message.payloadlen);
        QDataStream stream(bytes);
        stream >> order.food >> order.drink >> order.count;
        return order;
    }
};

void check(int code)
{
    if (code != MOSQ_ERR_SUCCESS)
        throw std::runtime_error(mosquitto_strerror(code));
}

// A client whose network is served by the thread that uses it: no other thread is woken for a message.
class Client
{
public:
    using Handler = std::function<void(const QString &topic, const Order &order)>;

    Client(const RoleOptions &options, Handler handler)
        : m_handler(std::move(handler))
    {
        mosquitto_lib_init();
        m_mosquitto = mosquitto_new(nullptr, true, this);
        if (!m_mosquitto)
            throw std::runtime_error("mosquitto_new");
        check(mosquitto_int_option(m_mosquitto, MOSQ_OPT_TCP_NODELAY, 1));
        mosquitto_connect_callback_set(m_mosquitto, [](mosquitto *, void *self, int code) {
            static_cast<Client *>(self)->m_isConnected = code == 0;
        });
        mosquitto_subscribe_callback_set(m_mosquitto, [](mosquitto *, void *self, int, int, const int *) {
            ++static_cast<Client *>(self)->m_subscriptions;
        });
        mosquitto_message_callback_set(m_mosquitto, [](mosquitto *, void *self, const mosquitto_message *message) {
            static_cast<Client *>(self)->m_handler(QString::fromUtf8(message->topic), Order::fromBytes(*message));
        });
        check(mosquitto_connect(m_mosquitto, "127.0.0.1", options.port, keepAlive));
        while (!m_isConnected)
            turn();
    }
    ~Client()
    {
        mosquitto_destroy(m_mosquitto);
        mosquitto_lib_cleanup();
    }
    Q_DISABLE_COPY_MOVE(Client)

    void subscribe(const QString &topic)
    {
        const int wanted = m_subscriptions + 1;
        check(mosquitto_subscribe(m_mosquitto, nullptr, topic.toUtf8().constData(), 0));
        while (m_subscriptions < wanted)
            turn();
    }

    void publish(const QString &topic, const Order &order)
    {
        const QByteArray bytes = order.toBytes();
        check(mosquitto_publish(m_mosquitto, nullptr, topic.toUtf8().constData(), int(bytes.size()), bytes.constData(),
                                0, false));
    }

    // Whether what was published has left this process.
    bool isWritten() const { return !mosquitto_want_write(m_mosquitto); }

    void turn() { check(mosquitto_loop(m_mosquitto, networkTurn, 1)); }

    [[noreturn]] void run()
    {
        for (;;)
            turn();
    }

private:
    const Handler m_handler;
    mosquitto *m_mosquitto = nullptr;
    bool m_isConnected = false;
    int m_subscriptions = 0;
};

bool accepts(int port)
{
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = PyventTests::loopbackAddress(port);
    const bool isAccepted = ::connect(fd, reinterpret_cast<const sockaddr *>(&address), sizeof address) == 0;
    ::close(fd);
    return isAccepted;
}

} // namespace

int mosquittoServer(const RoleOptions &options)
{
    const int port = PyventTests::freePort();
    // No limit to what waits for a slow receiver: what is measured is how fast it is, not what is dropped.
    QFile file(QDir(options.directory).filePath(u"mosquitto.conf"_s));
    if (!file.open(QIODevice::WriteOnly))
        return sayFailed(u"%1: %2"_s.arg(file.fileName(), file.errorString()));
    file.write("listener " + QByteArray::number(port)
               + " 127.0.0.1\n"
                 "user root\n" // if root starts it: who changes the user does not end with its parent any more
                 "allow_anonymous true\n"
                 "persistence false\n"
                 "log_type error\n"
                 "set_tcp_nodelay true\n"
                 "max_queued_messages 0\n");
    file.close();
    return runDaemon(u"mosquitto"_s, {u"-c"_s, file.fileName()}, port, [port] { return accepts(port); });
}

int mosquittoSender(const RoleOptions &options)
{
    Client client(options, [](const QString &, const Order &) {});
    say("started", nanoseconds());
    for (qint64 sent = 0; sent < options.events; ++sent) {
        client.publish(orderName, {u"sushi"_s, u"sake"_s, sent});
        while (!client.isWritten())
            client.turn();
    }
    client.publish(endName, {});
    client.run();
}

int mosquittoReceiver(const RoleOptions &options)
{
    qint64 heard = 0;
    qint64 finishedAt = 0;
    Client client(options, [&](const QString &topic, const Order &order) {
        if (topic == endName) {
            if (heard != options.events)
                std::exit(sayFailed(u"of %1 events of Mosquitto %2 were heard"_s.arg(options.events).arg(heard)));
            return say("finished", finishedAt);
        }
        if (order.count != heard)
            std::exit(sayFailed(u"event %1 of Mosquitto came as number %2"_s.arg(order.count).arg(heard)));
        if (++heard == options.events)
            finishedAt = nanoseconds();
    });
    client.subscribe(orderName);
    client.subscribe(endName);
    say("ready");
    client.run();
}

int mosquittoPinger(const RoleOptions &options)
{
    qint64 answered = -1;
    Client client(options, [&](const QString &, const Order &order) { answered = order.count; });
    client.subscribe(pongName);
    RoundTrips roundTrips(options.events);
    while (!roundTrips.isComplete()) {
        roundTrips.begin();
        client.publish(pingName, {u"sushi"_s, u"sake"_s, roundTrips.count()});
        while (answered != roundTrips.count())
            client.turn();
        roundTrips.end();
    }
    roundTrips.sayResult();
    client.run();
}

int mosquittoEcho(const RoleOptions &options)
{
    Client *answering = nullptr;
    Client client(options, [&](const QString &, const Order &order) { answering->publish(pongName, order); });
    answering = &client;
    client.subscribe(pingName);
    say("ready");
    client.run();
}

} // namespace Pyvent::Benchmarks
