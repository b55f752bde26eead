// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_ROLE_H
#define PYVENT_BENCHMARKS_ROLE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qhash.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <vector>

// What the processes of one measurement agree on.
//
// Each is a program with --role SIDE-PART. It tells how far it is in lines on stdout, a word and its numbers:
//
//     ready PORT              a server serves at PORT and the next one
//     ready                   whoever listens hears everything from now on; whoever idles does nothing from now on
//     started NS              the first event goes out now
//     first NS                the first event was heard
//     finished NS             the last event was heard, each one exactly once and in order
//     roundtrip MEDIAN P99    in nanoseconds
//     lateness MEDIAN P99     of a window's timer, in nanoseconds
//     resumed NS              an event was heard again after the server was killed
//     failed WHY              and the process ends with 1
//
// NS is of the steady clock, which all processes of a machine share. A process stays until it is killed, so that its
// share of the processor's time can be looked up.
namespace Pyvent::Benchmarks {

// What the process that measures tells a role. roles.py reads the same.
struct RoleOptions
{
    int port = 0;
    QString directory = {};            // for sockets that have a path
    qint64 events = 0;                 // or pings
    qint64 payload = 0;                // bytes that each event carries beside its three arguments
    int nodes = 1;                     // in this process
    int handlers = 0;                  // for other names, which nobody sends
    bool acknowledged = true;          // whether the bare server answers each event
    bool lane = true;                  // whether nodes may take it
    qint64 rate = 0;                   // events a second; 0: as many as there can be
    QByteArray frame = {};             // what a bare sender sends, as it would be on the bus without the payload
    QByteArray answer = {};            // what a bare echo sends
    std::chrono::seconds timeout = {}; // the process ends then, whatever happens

    QByteArray toJson() const;
    static RoleOptions fromJson(const QByteArray &json);
};

using Role = int (*)(const RoleOptions &options);

// The main() of a program that has only roles. One that measures, too, calls play() where it finds --role.
int playFromCommandLine(const QHash<QString, Role> &roles);
int play(const QHash<QString, Role> &roles, const QString &role, const RoleOptions &options);

inline const QString orderName = QStringLiteral("order-food");
inline const QString endName = QStringLiteral("end-of-orders"); // after the last order: no more will come
inline const QString progressName = QStringLiteral("orders-heard");
inline const QString pingName = QStringLiteral("ping");
inline const QString pongName = QStringLiteral("pong");

// One of the names that there are handlers for, and that nobody sends.
QString otherName(int i);

// How far a sender on the bus may be ahead of the receiver, which says after each so many events how far it is. What counts is
// what arrives, and a receiver that is too far behind has the publisher drop events, which are then sent again.
qint64 maximumLead(const RoleOptions &options);
qint64 progressStep(const RoleOptions &options);

// The first pings are not measured: they find cold caches and unfaulted memory.
inline constexpr qint64 warmUpPings = 20;

// The events that the figures are about: three arguments, and a fourth one where a payload is measured.
QVariantMap sampleArguments(qint64 count, const QByteArray &payload = {});

// The number of such an event; -1 if it is none.
qint64 countOf(const QVariantMap &arguments, qint64 payload = 0);

qint64 nanoseconds();

// How many of the events are due, at the rate that is asked for.
qint64 due(const RoleOptions &options, qint64 startedAt);

// Writes one line to stdout, at once.
void say(const char *word);
void say(const char *word, qint64 number);
void say(const char *word, qint64 number, qint64 second);

// Says the median and the 99th percentile of what was measured.
void say(const char *word, std::vector<qint64> &&values);

// Says why this role cannot go on; returns the exit code.
int sayFailed(const QString &why);

// Waits to be killed.
int rest();

// The times of single round trips, as they are measured.
class RoundTrips
{
public:
    explicit RoundTrips(qint64 pings)
        : m_wanted(pings + warmUpPings)
    {
        m_times.reserve(std::size_t(m_wanted));
    }

    void begin() { m_began = nanoseconds(); }
    void end() { m_times.push_back(nanoseconds() - m_began); }
    qint64 count() const { return qint64(m_times.size()); }
    bool isComplete() const { return count() >= m_wanted; }
    void sayResult();

private:
    qint64 m_wanted;
    qint64 m_began = 0;
    std::vector<qint64> m_times;
};

} // namespace Pyvent::Benchmarks

#endif
