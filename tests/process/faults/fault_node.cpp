// SPDX-License-Identifier: MIT
// One process, one node: it sends numbered events, hears them, serves, or several of these, and writes down what
// happened, one line each, on its standard output:
//
//   uuid U                    the node's
//   state S T                 its new state, at T
//   serving 0|1 T             whether it serves
//   sent NAME FIRST LAST T    it has sent these numbers of this name, none of them before T
//   acked NAME LAST           the server has acknowledged all numbers up to this one
//   heard BY NAME FIRST LAST  it has heard these numbers of the node that the driver calls BY, in this order
//   lost NAME U COUNT         eventsLost()
//   error CODE TEXT
//   way W                     how it reaches the server: "lane", "tcp", or "none"
//   paused                    it sends no more, and has written down everything before
//   blocked                   its event loop goes on again
//
// T are microseconds of the system's clock. It reads "go", "pause", "way", "block MILLISECONDS", which stands its event loop still,
// and "quit", and quits at the end of its input.
#include <PyventNode>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qdeadlinetimer.h>
#include <QtCore/qelapsedtimer.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qsocketnotifier.h>
#include <QtCore/qthread.h>
#include <QtCore/qtimer.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>

#include <unistd.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

qint64 now()
{
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

struct Roles
{
    int id = 0;
    double rate = 0; // events a second, all names together; 0: sends none
    int names = 1;
    int payload = 0; // bytes in each event
    bool listens = false;
    bool byGlob = false;
};

class FaultNode : public QObject
{
public:
    FaultNode(const PyventOptions &options, const Roles &roles);
    ~FaultNode() override { flushLines(); }
    Q_DISABLE_COPY_MOVE(FaultNode)

private:
    void line(const QByteArray &text) { m_lines += text + '\n'; }
    void flushLines();
    void tellState(PyventNode::State state);
    void hear(const PyventEvent &event);
    void endRange();
    void sendDue();
    void confirm();
    void tellWay();
    void readCommands();
    QByteArray nameOf(int i) const { return "fault-" + QByteArray::number(i); }

    Roles m_roles;
    const QByteArray m_payload;
    PyventNode m_node;
    QTimer m_sendTimer;
    QTimer m_flushTimer;
    QTimer m_confirmTimer;
    QElapsedTimer m_sending;
    double m_debt = 0;
    QList<qint64> m_counters;
    QList<qint64> m_acknowledged;
    int m_nextName = 0;
    QByteArray m_lines;
    QByteArray m_input;
    QSocketNotifier m_stdin{STDIN_FILENO, QSocketNotifier::Read};

    // What was heard last, not yet written
    qint64 m_by = -1;
    QByteArray m_name;
    qint64 m_first = 0;
    qint64 m_last = 0;
};

FaultNode::FaultNode(const PyventOptions &options, const Roles &roles)
    : m_roles(roles)
    , m_payload(roles.payload, 'x')
    , m_node(options)
    , m_counters(roles.names, 0)
    , m_acknowledged(roles.names, 0)
{
    line("uuid " + m_node.uuid().toByteArray(QUuid::WithoutBraces));
    connect(&m_node, &PyventNode::servingChanged, this, [this](bool serving) {
        line("serving " + QByteArray::number(int(serving)) + ' ' + QByteArray::number(now()));
        flushLines();
    });
    connect(&m_node, &PyventNode::eventsLost, this, [this](const QString &name, const QUuid &by, quint64 count) {
        endRange();
        line("lost " + name.toUtf8() + ' ' + by.toByteArray(QUuid::WithoutBraces) + ' ' + QByteArray::number(count));
    });
    connect(&m_node, &PyventNode::errorOccurred, this, [this](const PyventError &error) {
        line("error " + QByteArray(QMetaEnum::fromType<PyventError::Code>().valueToKey(error.code)) + ' '
             + error.text.toUtf8().replace('\n', ' '));
    });
    connect(&m_stdin, &QSocketNotifier::activated, this, [this] { readCommands(); });
    connect(&m_flushTimer, &QTimer::timeout, this, [this] { flushLines(); });
    connect(&m_sendTimer, &QTimer::timeout, this, [this] { sendDue(); });
    connect(&m_confirmTimer, &QTimer::timeout, this, [this] { confirm(); });
    m_sendTimer.setTimerType(Qt::PreciseTimer);
    m_flushTimer.start(25ms);

    if (roles.listens) {
        for (int i = 0; i < roles.names && !roles.byGlob; ++i)
            m_node.on(nameOf(i), this, [this](const PyventEvent &event) { hear(event); });
        if (roles.byGlob)
            m_node.on("fault-*", this, [this](const PyventEvent &event) { hear(event); });
    }
    m_node.tryStart();
    // Ready is for the subscriptions made so far: not before all of them are.
    connect(&m_node, &PyventNode::stateChanged, this, &FaultNode::tellState);
    tellState(m_node.state());
}

void FaultNode::tellState(PyventNode::State state)
{
    line("state " + QByteArray(QMetaEnum::fromType<PyventNode::State>().valueToKey(state)) + ' '
         + QByteArray::number(now()));
    flushLines();
}

void FaultNode::flushLines()
{
    endRange();
    qsizetype written = 0;
    while (written < m_lines.size()) {
        const ssize_t count = ::write(STDOUT_FILENO, m_lines.constData() + written, size_t(m_lines.size() - written));
        if (count < 0 && errno != EINTR)
            ::_exit(3); // the driver is gone
        written += std::max<ssize_t>(count, 0);
    }
    m_lines.clear();
}

void FaultNode::hear(const PyventEvent &event)
{
    const qint64 by = event.args.value(u"by"_s, -1).toLongLong();
    const qint64 number = event.args.value(u"n"_s, -1).toLongLong();
    const QByteArray name = event.name.toUtf8();
    if (by != m_by || name != m_name || number != m_last + 1) {
        endRange();
        m_by = by;
        m_name = name;
        m_first = number;
    }
    m_last = number;
}

void FaultNode::endRange()
{
    if (m_by < 0)
        return;
    line("heard " + QByteArray::number(m_by) + ' ' + m_name + ' ' + QByteArray::number(m_first) + ' '
         + QByteArray::number(m_last));
    m_by = -1;
}

// After a stop of the process it goes on at its rate, and does not make up for the time that it missed.
void FaultNode::sendDue()
{
    const double seconds = std::min(double(m_sending.nsecsElapsed()) / 1e9, 0.2);
    m_sending.start();
    m_debt += seconds * m_roles.rate;
    for (; m_debt >= 1; m_debt -= 1) {
        const int i = m_nextName;
        const qint64 number = m_counters[i] + 1;
        const qint64 time = now();
        if (!m_node.send(nameOf(i), {{u"by"_s, m_roles.id}, {u"n"_s, number}, {u"payload"_s, m_payload}}))
            break; // the queue is full, which errorOccurred() tells
        m_counters[i] = number;
        m_nextName = (i + 1) % m_roles.names;
        line("sent " + nameOf(i) + ' ' + QByteArray::number(number) + ' ' + QByteArray::number(number) + ' '
             + QByteArray::number(time));
    }
    m_debt = std::min(m_debt, 1.0);
    flushLines();
}

void FaultNode::confirm()
{
    if (m_acknowledged == m_counters || !m_node.flush(0ms))
        return;
    for (int i = 0; i < m_roles.names; ++i) {
        if (m_acknowledged[i] != m_counters[i])
            line("acked " + nameOf(i) + ' ' + QByteArray::number(m_counters[i]));
    }
    m_acknowledged = m_counters;
}

// What it answers itself, as every node of the bus does.
void FaultNode::tellWay()
{
    m_node.findNodes(500ms).then(this, [this](const QList<PyventNodeInfo> &nodes) {
        QByteArray way;
        for (const PyventNodeInfo &info : nodes) {
            if (info.uuid == m_node.uuid())
                way = info.way.toLatin1();
        }
        line("way " + (way.isEmpty() ? QByteArray("none") : way));
        flushLines();
    });
}

void FaultNode::readCommands()
{
    char buffer[256];
    const ssize_t count = ::read(STDIN_FILENO, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR)
        return;
    m_input += count > 0 ? QByteArray(buffer, count) : QByteArray("\nquit\n");
    for (qsizetype end; (end = m_input.indexOf('\n')) >= 0; m_input.remove(0, end + 1)) {
        const QByteArray command = m_input.first(end).trimmed();
        if (command == "go" && m_roles.rate > 0) {
            m_sending.start();
            m_sendTimer.start(5ms);
            m_confirmTimer.start(20ms);
        } else if (command == "pause") {
            m_sendTimer.stop();
            line("paused");
            flushLines();
        } else if (command == "way") {
            tellWay();
        } else if (command.startsWith("block ")) {
            QThread::msleep(command.sliced(6).toULong());
            line("blocked");
        } else if (command == "quit") {
            m_sendTimer.stop();
            m_stdin.setEnabled(false);
            QCoreApplication::quit();
        }
    }
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(u"A node for the fault harness: see faults."_s);
    parser.addHelpOption();
    parser.addOptions(
        {{u"port"_s, u"The bus's port."_s, u"port"_s},
         {u"id"_s, u"This node's number in its events."_s, u"number"_s, u"0"_s},
         {u"serve"_s, u"It may become the server."_s},
         {u"tcp"_s, u"It neither takes nor opens the lane."_s},
         {u"rate"_s, u"Events a second; 0: it sends none."_s, u"rate"_s, u"0"_s},
         {u"names"_s, u"How many names it sends or hears."_s, u"count"_s, u"1"_s},
         {u"payload"_s, u"How many bytes each of its events has more than it needs."_s, u"bytes"_s, u"0"_s},
         {u"listen"_s, u"It hears each name."_s},
         {u"glob"_s, u"It hears the names by a glob."_s}});
    parser.process(app);
    Roles roles;
    roles.id = parser.value(u"id"_s).toInt();
    roles.rate = parser.value(u"rate"_s).toDouble();
    roles.names = std::max(parser.value(u"names"_s).toInt(), 1);
    roles.payload = parser.value(u"payload"_s).toInt();
    roles.listens = parser.isSet(u"listen"_s) || parser.isSet(u"glob"_s);
    roles.byGlob = parser.isSet(u"glob"_s);
    FaultNode node(PyventOptions{.port = parser.value(u"port"_s).toInt(),
                                 .nodeId = {},
                                 .server = parser.isSet(u"serve"_s),
                                 .lane = !parser.isSet(u"tcp"_s)},
                   roles);
    return QCoreApplication::exec();
}
