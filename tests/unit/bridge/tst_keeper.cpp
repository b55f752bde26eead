// SPDX-License-Identifier: MIT
#include "bridgesamples.h"
#include "keeper.h"
#include "support/schedules.h"
#include "support/testprogram.h"

#include <QtTest>

#include <algorithm>
#include <map>
#include <memory>

using namespace Pyvent::Bridge;
using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

constexpr qint64 wallOfTest = 1'800'000'000'000'000;
const QUuid keeperNode = QUuid::fromString("12345678-9abc-def0-1234-56789abcdef0"_L1);
const QList<PyventPattern> allNames{PyventPattern(u"*"_s)};

quint64 stampAt(qint64 milliseconds)
{
    return quint64(wallOfTest / 1000 + milliseconds) << 16;
}

Message valueMessage(const QString &name, qint64 milliseconds, const QUuid &node = keeperNode)
{
    return {.name = name,
            .node = node,
            .time = wallOfTest,
            .payload = "value "_ba + QByteArray::number(milliseconds),
            .stamp = stampAt(milliseconds)};
}

Message plainMessage(const QString &name, qint64 milliseconds, const QUuid &node = keeperNode)
{
    return {.name = name,
            .node = node,
            .number = quint64(milliseconds + 1),
            .time = wallOfTest + milliseconds * 1000,
            .payload = "n "_ba + QByteArray::number(milliseconds)};
}

// A keeper, and how its clocks go.
struct KeeperAt
{
    explicit KeeperAt(const Keeper::Options &options = {.in = allNames, .out = allNames})
        : keeper(options)
    {
    }
    void open()
    {
        keeper.opened();
        keeper.loaded();
    }
    void heard(const Message &message) { keeper.heard(message, wall(), now); }
    void stored(const Message &message, quint64 revision) { keeper.stored({message}, revision, wall(), now); }
    QList<Keeper::Put> puts(std::chrono::milliseconds after = 0ms)
    {
        now += after;
        return keeper.takePuts(now);
    }
    QStringList questions(std::chrono::milliseconds after = 0ms)
    {
        now += after;
        return keeper.takeQuestions(wall(), now);
    }
    std::optional<Message> gift()
    {
        const auto kept = keeper.takeGift();
        return kept ? std::optional(kept->message) : std::nullopt;
    }
    qint64 wall() const
    {
        return wallOfTest + std::chrono::duration_cast<std::chrono::microseconds>(now - start).count();
    }

    Keeper keeper;
    Keeper::Clock::time_point now = start;
};

// A bucket as NATS has it.
class ModelBucket
{
public:
    // Returns the new revision; nothing, and \a actual, where another one is there than is replaced.
    std::optional<quint64> put(const Kept &kept, quint64 replaced, quint64 *actual)
    {
        const QString &name = kept.message.name;
        const auto found = entries.find(name);
        *actual = found == entries.end() ? 0 : found->second.first;
        if (*actual != replaced)
            return {};
        if (found != entries.end() && kept.version() < found->second.second.version())
            wentBack = true;
        entries[name] = {++revision, kept};
        return revision;
    }

    std::map<QString, std::pair<quint64, Kept>> entries;
    quint64 revision = 0;
    bool wentBack = false;
};

// Several buses with a keeper each, and the bucket; what they tell each other may take its time, and get lost.
class Buses
{
public:
    Buses(quint32 seed, int count)
        : m_random(seed)
    {
        for (int i = 0; i < count; ++i)
            m_buses.push_back(std::make_unique<Bus>());
    }

    QString run()
    {
        for (int step = 0; step < 60; ++step)
            doSomething();
        for (int round = 0; round < 60; ++round) { // then nothing happens any more
            for (auto &bus : m_buses) {
                if (!bus->isOpen)
                    open(*bus);
                bus->at.now += 100ms;
                work(*bus, false);
                while (!bus->answers.empty())
                    answer(*bus);
                catchUp(*bus);
            }
        }
        return whatDiffers();
    }

private:
    struct Bus
    {
        KeeperAt at;
        std::map<QString, Kept> server; // what the bus's server keeps
        std::deque<std::function<void()>> answers;
        quint64 readUpTo = 0;
        bool isOpen = false;
    };

    quint32 below(quint32 n) { return quint32(m_random() % n); }

    void doSomething()
    {
        Bus &bus = *m_buses[below(quint32(m_buses.size()))];
        bus.at.now += std::chrono::milliseconds(below(200));
        switch (below(12)) {
        case 0:
        case 1:
        case 2:
            return send(bus);
        case 3:
            bus.isOpen ? close(bus) : open(bus);
            return;
        case 4: // another server, which knows of nothing
            if (!bus.isOpen || below(3) > 0)
                return;
            bus.server.clear();
            bus.at.keeper.busIsNew();
            close(bus);
            open(bus);
            return;
        case 5:
            if (below(8) == 0 && !m_bucket.entries.empty()) // it makes room
                m_bucket.entries.erase(m_bucket.entries.begin());
            return;
        case 6:
        case 7:
            if (!bus.answers.empty())
                answer(bus);
            return;
        case 8:
        case 9:
            return catchUp(bus);
        default:
            return work(bus, below(4) == 0);
        }
    }

    void send(Bus &bus)
    {
        const bool isValue = below(2) > 0;
        const QString name = isValue ? u"value%1"_s.arg(below(2)) : u"plain%1"_s.arg(below(2));
        const auto ago = qint64(below(400)); // clocks differ
        const QUuid node(below(3), 1, 1, 1, 1, 1, 1, 1, 1, 1, 1);
        Message message = isValue ? valueMessage(name, ago, node) : plainMessage(name, 0, node);
        message.time = bus.at.wall() - ago * 1000;
        message.number = isValue ? 0 : ++m_number;
        keepAtServer(bus, {message});
        bus.at.heard(message);
    }

    // As LastValues::keepWrite() and keepPast().
    static void keepAtServer(Bus &bus, const Kept &kept)
    {
        auto [known, isNew] = bus.server.try_emplace(kept.message.name, kept);
        if (!isNew && known->second.version() < kept.version())
            known->second = kept;
    }

    void open(Bus &bus)
    {
        bus.isOpen = true;
        bus.readUpTo = 0;
        bus.at.keeper.opened();
        catchUp(bus);
        bus.at.keeper.loaded();
        for (const auto &[name, kept] : bus.server) // what Keeping asks the server for then
            bus.at.keeper.keptByServer(kept.message, bus.at.wall(), bus.at.now);
    }

    static void close(Bus &bus)
    {
        bus.isOpen = false;
        bus.answers.clear();
        bus.at.keeper.closed();
    }

    void catchUp(Bus &bus)
    {
        if (!bus.isOpen)
            return;
        QList<std::pair<quint64, Kept>> found;
        for (const auto &[name, entry] : m_bucket.entries) {
            if (entry.first > bus.readUpTo)
                found += entry;
        }
        std::ranges::sort(found, {}, [](const auto &entry) { return entry.first; });
        for (const auto &[revision, kept] : found) {
            bus.at.keeper.stored(kept, revision, bus.at.wall(), bus.at.now);
            bus.readUpTo = revision;
        }
        while (auto gift = bus.at.keeper.takeGift())
            keepAtServer(bus, *gift);
    }

    void work(Bus &bus, bool losesAll)
    {
        for (const Keeper::Put &put : bus.at.keeper.takePuts(bus.at.now)) {
            if (!bus.isOpen || (losesAll && below(2) == 0)) { // it may have been put all the same
                bus.answers.push_back([this, &bus, put] { bus.at.keeper.putIsRefused(put.id, true, bus.at.now); });
                if (below(2) == 0)
                    continue;
                quint64 actual = 0;
                m_bucket.put(put.kept, put.revision, &actual);
                continue;
            }
            quint64 actual = 0;
            const auto revision = m_bucket.put(put.kept, put.revision, &actual);
            bus.answers.push_back([&bus, put, revision, actual] {
                if (revision)
                    bus.at.keeper.putIsDone(put.id, *revision, bus.at.now);
                else
                    bus.at.keeper.putHasConflict(put.id, actual, bus.at.now);
            });
        }
        for (const QString &name : bus.at.keeper.takeQuestions(bus.at.wall(), bus.at.now)) {
            const auto last = bus.server.find(name);
            bus.at.keeper.told(name, last == bus.server.end() ? std::nullopt : std::optional(last->second.message),
                               bus.at.wall(), bus.at.now);
        }
        if (bus.at.keeper.takeWantsAgain()) {
            close(bus);
            open(bus);
        }
    }

    static void answer(Bus &bus)
    {
        const auto next = std::move(bus.answers.front());
        bus.answers.pop_front();
        next();
    }

    QString whatDiffers() const
    {
        if (m_bucket.wentBack)
            return u"an older one has replaced a newer one"_s;
        for (const auto &bus : m_buses) {
            if (!bus->at.keeper.isDone() || bus->at.keeper.waitingBytes() != 0)
                return u"something waits for ever"_s;
            for (const auto &[name, kept] : bus->server) {
                const auto found = m_bucket.entries.find(name);
                // Of what the bucket has made room for, buses may have different ones.
                if (found != m_bucket.entries.end() && found->second.second.version() != kept.version())
                    return u"%1 is not the same everywhere"_s.arg(name);
            }
        }
        return {};
    }

    std::mt19937 m_random;
    quint64 m_number = 0;
    std::vector<std::unique_ptr<Bus>> m_buses;
    ModelBucket m_bucket;
};

} // namespace

class tst_Keeper : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void putsWhatIsNewer()
    {
        KeeperAt bus;
        bus.heard(valueMessage(u"oven"_s, 5));
        QVERIFY(bus.puts(1s).isEmpty()); // nobody knows what is there
        bus.keeper.opened();
        bus.stored(valueMessage(u"oven"_s, 4), 7);
        bus.stored(valueMessage(u"door"_s, 9), 8);
        bus.heard(valueMessage(u"door"_s, 8));
        QVERIFY(bus.puts(1s).isEmpty());
        bus.keeper.loaded();
        const auto puts = bus.puts();
        QCOMPARE(puts.size(), 1);
        QCOMPARE(puts[0].kept.message, valueMessage(u"oven"_s, 5));
        QCOMPARE(puts[0].revision, 7u);
        bus.heard(valueMessage(u"oven"_s, 5)); // once more
        bus.heard(valueMessage(u"oven"_s, 3)); // what is late
        bus.keeper.putIsDone(puts[0].id, 9, bus.now);
        QVERIFY(bus.puts(1s).isEmpty());
        QVERIFY(bus.keeper.isDone());
        bus.heard(valueMessage(u"oven"_s, 6));
        QCOMPARE(bus.puts()[0].revision, 9u);
        // The bus has the newer door than what it has sent itself, and nothing else is given to it.
        QCOMPARE(bus.gift(), valueMessage(u"door"_s, 9));
        QVERIFY(!bus.gift());
    }

    void whoWasLaterTriesAgain()
    {
        KeeperAt bus;
        bus.open();
        bus.heard(valueMessage(u"oven"_s, 5));
        auto puts = bus.puts();
        QCOMPARE(puts[0].revision, 0u);
        bus.keeper.putHasConflict(puts[0].id, 3, bus.now); // which is not heard yet
        QVERIFY(bus.puts(1s).isEmpty());
        bus.stored(valueMessage(u"oven"_s, 4), 3);
        puts = bus.puts();
        QCOMPARE(puts.size(), 1);
        QCOMPARE(puts[0].revision, 3u);
        bus.keeper.putHasConflict(puts[0].id, 4, bus.now);
        bus.stored(valueMessage(u"oven"_s, 6), 4);
        QVERIFY(bus.puts(5s).isEmpty());
        QVERIFY(bus.keeper.isDone());
        QCOMPARE(bus.gift(), valueMessage(u"oven"_s, 6));
        QCOMPARE(bus.keeper.counters().conflicts, 2u);
        // What was forgotten to make room is put anew.
        bus.heard(valueMessage(u"oven"_s, 7));
        puts = bus.puts();
        bus.keeper.putHasConflict(puts[0].id, 0, bus.now);
        QCOMPARE(bus.puts()[0].revision, 0u);
    }

    // Something is not as it can be: all is read again, and no more often than that is good.
    void readsAgainWhatDoesNotCome()
    {
        KeeperAt bus;
        bus.open();
        bus.heard(valueMessage(u"oven"_s, 5));
        bus.keeper.putHasConflict(bus.puts()[0].id, 3, bus.now);
        QVERIFY(!bus.keeper.takeWantsAgain());
        QVERIFY(bus.puts(3s).isEmpty());
        QVERIFY(bus.keeper.takeWantsAgain());
        QVERIFY(bus.puts(3s).isEmpty());
        QVERIFY(!bus.keeper.takeWantsAgain());
        QVERIFY(bus.puts(40s).isEmpty());
        QVERIFY(bus.keeper.takeWantsAgain());
        bus.open();
        QCOMPARE(bus.puts().size(), 1);
    }

    void waitsWhileThereIsNoBucket()
    {
        KeeperAt bus;
        bus.open();
        bus.heard(valueMessage(u"oven"_s, 5));
        bus.heard(valueMessage(u"door"_s, 5));
        const auto puts = bus.puts();
        QCOMPARE(puts.size(), 2);
        bus.heard(valueMessage(u"oven"_s, 6)); // waits for the end of the one that is under way
        QVERIFY(bus.puts(1s).isEmpty());
        bus.keeper.closed();
        QVERIFY(bus.puts(1s).isEmpty());
        QVERIFY(bus.keeper.deadline() == Keeper::Clock::time_point::max());
        bus.keeper.putIsDone(puts[0].id, 9, bus.now); // of the connection before
        bus.open();
        QList<Message> again;
        for (const Keeper::Put &put : bus.puts()) {
            QCOMPARE(put.revision, 0u);
            again += put.kept.message;
        }
        QCOMPARE(again.size(), 2);
        QVERIFY(again.contains(valueMessage(u"oven"_s, 6)));
        QVERIFY(again.contains(valueMessage(u"door"_s, 5)));
    }

    void isRefused()
    {
        KeeperAt bus;
        bus.open();
        bus.heard(valueMessage(u"oven"_s, 5));
        auto puts = bus.puts();
        QCOMPARE(bus.keeper.putIsRefused(puts[0].id, true, bus.now), QString());
        QVERIFY(bus.puts().isEmpty());
        puts = bus.puts(1s);
        QCOMPARE(puts.size(), 1);
        QCOMPARE(bus.keeper.putIsRefused(puts[0].id, false, bus.now), u"oven"_s);
        QVERIFY(bus.puts(1s).isEmpty());
        QVERIFY(bus.keeper.isDone());
        QCOMPARE(bus.keeper.counters().refused, 1u);
        QCOMPARE(bus.keeper.putIsRefused(99, true, bus.now), QString());
    }

    // Of a name that is sent a thousand times a second, a few are put.
    void oftenIsNotTooOften()
    {
        KeeperAt bus;
        bus.open();
        int puts = 0;
        for (int i = 0; i < 1000; ++i) {
            bus.heard(plainMessage(u"oven.celsius"_s, i));
            for (const Keeper::Put &put : bus.puts(1ms)) {
                ++puts;
                bus.keeper.putIsDone(put.id, quint64(puts), bus.now);
            }
        }
        QVERIFY2(puts >= 3 && puts <= 5, qPrintable(QString::number(puts)));
        const auto last = bus.puts(1s);
        QCOMPARE(last.size(), 1);
        QCOMPARE(last[0].kept.message.number, 1000u);
    }

    void plainEventsDoNotReplaceValues()
    {
        KeeperAt bus;
        bus.open();
        bus.stored(valueMessage(u"oven"_s, 1), 3);
        Message plain = plainMessage(u"oven"_s, 100);
        bus.heard(plain);
        QCOMPARE(bus.questions(), QStringList{u"oven"_s}); // which stamp has the server given it?
        QVERIFY(bus.puts(1s).isEmpty());
        bus.keeper.told(u"oven"_s, {}, bus.wall(), bus.now);
        QVERIFY(bus.puts(1s).isEmpty());
        QVERIFY(bus.keeper.isDone());
    }

    // A Python node's write.
    void theServerSaysTheStamp()
    {
        KeeperAt bus;
        bus.open();
        Message write = plainMessage(u"oven"_s, 1);
        write.payload = "value 180";
        bus.heard(write);
        bus.heard(write); // more of it come, before the answer has
        QCOMPARE(bus.questions(), QStringList{u"oven"_s});
        QVERIFY(bus.puts(500ms).isEmpty());
        bus.keeper.told(u"oven"_s, valueMessage(u"oven"_s, 7), bus.wall(), bus.now);
        QCOMPARE(bus.puts()[0].kept.message, valueMessage(u"oven"_s, 7));
        QCOMPARE(bus.questions(), QStringList{u"oven"_s}); // what has come since
        bus.keeper.told(u"oven"_s, valueMessage(u"oven"_s, 7), bus.wall(), bus.now);
        QVERIFY(bus.questions().isEmpty());
        bus.keeper.told(u"door"_s, valueMessage(u"door"_s, 7), bus.wall(), bus.now); // nobody has asked
        QVERIFY(!bus.keeper.isValue(u"door"_s));

        // It came from another bus without a stamp, and has one here.
        bus.keeper.arrived(plainMessage(u"oven"_s, 9), bus.now);
        QCOMPARE(bus.questions(), QStringList{u"oven"_s});

        // It is no value, or nobody answers.
        write.name = u"bell"_s;
        bus.heard(write);
        QCOMPARE(bus.questions(), QStringList{u"bell"_s});
        QVERIFY(bus.keeper.deadline() <= bus.now + 1s);
        QVERIFY(bus.questions(2s).isEmpty());
        bus.now += 1s;
        QList<Message> put;
        for (const Keeper::Put &each : bus.puts())
            put += each.kept.message;
        QVERIFY(put.contains(write));
    }

    void namesAreThoseThatCross()
    {
        KeeperAt bus({.in = {PyventPattern(u"in.*"_s)}, .out = {PyventPattern(u"out.*"_s)}});
        bus.open();
        for (const QString &name : {u"in.x"_s, u"out.x"_s, u"other"_s}) {
            bus.heard(valueMessage(name, 1));
            bus.stored(valueMessage(name, 2), 3);
        }
        QCOMPARE(bus.gift(), valueMessage(u"in.x"_s, 2));
        QVERIFY(!bus.gift());
        for (const QString &name : {u"in.x"_s, u"out.x"_s, u"other"_s})
            bus.heard(valueMessage(name, 3));
        const auto puts = bus.puts(1s);
        QCOMPARE(puts.size(), 1);
        QCOMPARE(puts[0].kept.message.name, u"out.x"_s);
        QCOMPARE(bus.keeper.names(), 2);
    }

    void anotherServerGetsAll()
    {
        KeeperAt bus;
        bus.open();
        bus.stored(plainMessage(u"bell"_s, 1), 3);
        QCOMPARE(bus.gift(), plainMessage(u"bell"_s, 1));
        bus.stored(plainMessage(u"bell"_s, 1), 3);
        QVERIFY(!bus.gift());
        bus.keeper.arrived(plainMessage(u"bell"_s, 2), bus.now); // by the stream
        bus.stored(plainMessage(u"bell"_s, 2), 4);
        QVERIFY(!bus.gift());
        bus.keeper.busIsNew();
        bus.open();
        bus.stored(plainMessage(u"bell"_s, 2), 4);
        QCOMPARE(bus.gift(), plainMessage(u"bell"_s, 2));
    }

    void contentsMayBeAnything()
    {
        KeeperAt bus;
        bus.open();
        Message far = valueMessage(u"oven"_s, 1);
        far.stamp = ~quint64(0) >> 1;
        bus.stored(far, 3); // nobody's time: it counts for nothing
        QVERIFY(!bus.gift());
        bus.heard(valueMessage(u"oven"_s, 1));
        QCOMPARE(bus.puts()[0].revision, 3u);
        bus.keeper.storedNothing(u"door"_s, 5, true, bus.now);
        bus.keeper.storedNothing({}, 6, true, bus.now);
        bus.heard(valueMessage(u"door"_s, 1));
        QCOMPARE(bus.puts()[0].revision, 5u);
        QCOMPARE(bus.keeper.counters().unreadable, 2u);
        // One of which nothing is there but that there is one.
        bus.keeper.stored({.message = valueMessage(u"big"_s, 9), .leftOut = 1'000'000}, 7, bus.wall(), bus.now);
        QVERIFY(!bus.gift());
        bus.heard(valueMessage(u"big"_s, 8));
        QVERIFY(bus.puts(1s).isEmpty());
        // A clock that is ahead makes nothing the newest.
        bus.heard(plainMessage(u"bell"_s, 3'600'000));
        const auto puts = bus.puts(1s);
        QCOMPARE(puts.size(), 1);
        QVERIFY(puts[0].kept.message.time <= bus.wall());
    }

    void isBounded()
    {
        KeeperAt bus({.in = allNames,
                      .out = allNames,
                      .limits = {.names = 10, .bytes = 1000, .waitingBytes = 20'000, .underWay = 3}});
        bus.open();
        Message large = valueMessage(u"large"_s, 1);
        large.payload = QByteArray(2000, 'x');
        bus.heard(large);
        auto puts = bus.puts();
        QCOMPARE(puts[0].kept.leftOut, 2000);
        QVERIFY(puts[0].kept.message.payload.isEmpty());
        QCOMPARE(bus.keeper.takeProblems().size(), 1);
        bus.keeper.putIsDone(puts[0].id, 1, bus.now);

        for (int i = 0; i < 100; ++i)
            bus.stored(valueMessage(u"name%1"_s.arg(i), 1), quint64(i + 2));
        QCOMPARE(bus.keeper.names(), 10);
        QVERIFY(bus.keeper.takeProblems().value(0).contains(u"names"_s));
        while (bus.gift()) { }

        for (int i = 0; i < 100; ++i) {
            Message message = valueMessage(u"name%1"_s.arg(i % 50), i + 2);
            message.payload = QByteArray(500, 'x');
            bus.heard(message);
            QVERIFY(bus.keeper.waitingBytes() <= 20'000);
            QVERIFY(bus.keeper.names() <= 10);
        }
        QCOMPARE(bus.puts(1s).size(), 3);
        QVERIFY(bus.puts(1s).isEmpty());
    }

    // Whatever gets lost, comes late, or is forgotten: all buses have the same in the end, and no newer one was ever replaced by an older one.
    void endsTheSameEverywhere()
    {
        const Schedules schedules = schedulesFromEnvironment(5'000);
        for (int i = 0; i < schedules.count; ++i) {
            const quint32 seed = schedules.seed + quint32(i);
            const QString differs = Buses(seed, 2 + int(seed % 3)).run();
            QVERIFY2(differs.isEmpty(), scheduleName(seed) + qPrintable(' '_L1 + differs));
        }
    }
};

PYVENT_TEST(tst_Keeper)

#include "tst_keeper.moc"
