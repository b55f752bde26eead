// SPDX-License-Identifier: MIT
#ifndef PYVENT_BENCHMARKS_ROLE_H
#define PYVENT_BENCHMARKS_ROLE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

#include <vector>

// What the processes of one measurement agree on.
//
// Each is this program with --role. It tells how far it is in lines on stdout, a word and its numbers:
//
//     ready PORT              a server serves at PORT and the next one
//     ready                   whoever listens hears everything from now on
//     started NS              the first event goes out now
//     finished NS             the last event was heard, each one exactly once and in order
//     roundtrip MEDIAN P99    in nanoseconds
//     failed WHY              and the process ends with 1
//
// NS is of the steady clock, which all processes of a machine share.
namespace Pyvent::Benchmarks {

struct RoleOptions
{
    int port = 0;
    qint64 events = 0; // or pings
    QByteArray frame;  // what a bare sender sends, as it would be on the bus
    QByteArray answer; // what a bare echo sends
};

using Role = int (*)(const RoleOptions &options);

inline const QString orderName = QStringLiteral("order-food");
inline const QString endName = QStringLiteral("end-of-orders"); // after the last order: no more will come
inline const QString progressName = QStringLiteral("orders-heard");
inline const QString pingName = QStringLiteral("ping");
inline const QString pongName = QStringLiteral("pong");

// The first pings are not measured: they find cold caches and unfaulted memory.
inline constexpr qint64 warmUpPings = 20;

// The event that all figures are about.
QVariantMap sampleArguments(qint64 count);

qint64 nanoseconds();

// Writes one line to stdout, at once.
void say(const char *word);
void say(const char *word, qint64 number);
void say(const char *word, qint64 number, qint64 second);

// Says why this role cannot go on; returns the exit code.
int sayFailed(const QString &why);

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
