// SPDX-License-Identifier: MIT
#ifndef PYVENT_FAULTS_JUDGE_H
#define PYVENT_FAULTS_JUDGE_H

#include <QtCore/qbytearray.h>
#include <QtCore/qlist.h>
#include <QtCore/qmap.h>
#include <QtCore/qstringlist.h>
#include <QtCore/quuid.h>

#include <optional>

namespace PyventFaults {

// What is counted, for everything or for one kind of fault.
struct Tally
{
    qint64 owed = 0;        // one per event and receiver that has to hear it
    qint64 heard = 0;       // of these
    qint64 lost = 0;        // not heard, and nobody said so
    qint64 toldLost = 0;    // not heard, and eventsLost() said so
    qint64 toldWrongly = 0; // eventsLost() counted more than are missing
    qint64 doubled = 0;
    qint64 outOfOrder = 0; // heard after a later one
    qint64 senderDied = 0; // not heard, not acknowledged, and the sender was killed: nobody's fault

    bool isFlawless() const
    {
        return lost == 0 && toldLost == 0 && toldWrongly == 0 && doubled == 0 && outOfOrder == 0;
    }
    Tally &operator+=(const Tally &other);
};

struct Verdict
{
    qint64 sent = 0;
    Tally all;
    QMap<QString, Tally> byKind;
    QStringList defects; // for people, one each

    bool isFlawless() const { return all.isFlawless(); }
};

// Who sent and heard what, and what is missing. Plain logic: the driver reads the nodes' lines to it.
//
// A receiver is owed each event that was sent after it was Ready for the first time. Both times are of the machine's
// one clock, the sending time read before the call and the other one after it, so that doubt counts for the library.
class Judge
{
public:
    enum class End {
        Quit,  // left in good order: what it has heard last is the end of what it is owed; all that it sent counts
        Killed // what it missed is nobody's matter any more, and of what it sent only the acknowledged counts
    };

    void addNode(int node, const QString &label, bool listens);
    void setUuid(int node, const QUuid &uuid);
    void ready(int node, qint64 time);
    void sent(int sender, const QByteArray &name, qint64 first, qint64 last, qint64 time);
    void acknowledged(int sender, const QByteArray &name, qint64 last);
    void heard(int receiver, int sender, const QByteArray &name, qint64 first, qint64 last);
    void toldLost(int receiver, const QByteArray &name, const QUuid &sender, qint64 count);
    void ended(int node, End end);

    // What goes wrong from now on, or is sent from now on, is put down to this kind of fault.
    void beginKind(const QString &kind, qint64 time);

    // The last number of each stream so far: where receivers must get to, to have caught up.
    using Stream = std::pair<int, QByteArray>; // sender and name
    QMap<Stream, qint64> sentSoFar() const;
    // Which receiver has not got there, as text for people; empty: all have. \a sender: only what it sent.
    QString behind(const QMap<Stream, qint64> &mark, std::optional<int> sender = {}) const;
    // Whether nothing is missing.
    bool isComplete() const;

    Verdict verdict() const;

private:
    struct Sending
    {
        qint64 first;
        qint64 time;
    };
    struct Sent
    {
        QList<Sending> ranges;
        qint64 last = 0;
        qint64 acknowledged = 0;
    };
    struct Heard
    {
        qint64 last = 0;           // the highest number
        QMap<qint64, qint64> gaps; // below it: first and last number
        qint64 told = 0;
    };
    struct Node
    {
        QString label;
        QUuid uuid;
        bool listens = false;
        std::optional<qint64> readySince;
        std::optional<End> end;
    };
    struct Kind
    {
        qint64 time;
        QString name;
    };
    struct Range
    {
        qint64 first;
        qint64 last;
    };

    static qint64 firstSince(const Sent &sent, qint64 time);
    QList<Range> missing(const Heard &heard, qint64 from, qint64 to) const;
    QString kindAt(qint64 time) const;
    QString kindOf(const Sent &sent, qint64 number) const;
    void heardAgain(int receiver, const Stream &stream, Heard &heard, qint64 number);
    void note(const QString &defect);
    void judgeStream(int receiver, const Stream &stream, Verdict *verdict) const;

    QMap<int, Node> m_nodes;
    QMap<Stream, Sent> m_sent;
    QMap<std::pair<int, Stream>, Heard> m_heard;
    QList<Kind> m_kinds;
    QMap<QString, Tally> m_atOnce; // doubled, out of order
    QStringList m_defects;
};

} // namespace PyventFaults

#endif
