// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SIMULATION_SHARINGBUS_H
#define PYVENT_TESTS_SIMULATION_SHARINGBUS_H

#include "session/session.h"
#include "simulatedconnection.h"

#include <map>
#include <optional>
#include <vector>

namespace PyventTests {

// A bus on which groups of workers share events: sessions, links and relays as they are, over a network and in a time that are made up. It
// runs a random schedule, and sees whether each event is worked on as it is to be.
class SharingBus
{
public:
    explicit SharingBus(quint32 seed);
    ~SharingBus();

    // Returns what went wrong; empty if all is well.
    QByteArray run();

private:
    using Session = Pyvent::Internal::Session;

    // What one of a group has made of an event.
    struct Work
    {
        int worker; // a process
        Milliseconds begin;
        Milliseconds end = never;
        bool isRedelivered;
    };
    struct Event
    {
        int topic;
        int process = -1; // -1: a script's
        quint64 index = 0;
        Milliseconds sent = 0;
        bool mayBeNew =
            false; // it has not been acknowledged where the server was lost, which knows nothing of the next one
        std::vector<bool> isOwed = {};    // to each group
        std::vector<bool> isAtRelay = {}; // for each group, which the present relay knew when it came
        std::vector<std::vector<Work>> works = {};
    };
    struct Job // under way
    {
        Milliseconds end;
        quint32 number;
        quint64 id;
        int event;
        int group;
        std::size_t work;
    };

    struct Member
    {
        quint32 number = 0;
        std::shared_ptr<Pyvent::Internal::Receiver> receiver; // null: it takes no part
    };

    // From a process's start to its end.
    struct Process
    {
        int number = 0;
        std::unique_ptr<Pyvent::Internal::Link> link;
        SimulatedConnection *connection = nullptr;
        std::unique_ptr<Session> session;
        std::vector<Member> members; // of each group
        std::vector<Job> jobs;
        std::map<int, quint64> sent; // of each topic
        quint64 accepted = 0;
        std::vector<Milliseconds> disturbed;
        std::map<int, Milliseconds> refused; // of each topic: told last that something is lost
        bool isSlow = false;                 // it does nothing else while it works
        Milliseconds standsUntil = 0;
        Milliseconds joinsAt = never;
    };

    void act();
    void actOn(Process *&worker);
    Process *start(bool isWorker);
    void kill(Process *process);
    void takePart(Process *process, int group);
    void takeNoPart(Process *process, int group);
    void cut(Process *process);
    void loseRelay(bool inOrder);
    void send(Process *process, int topic);
    void sendByScript(int topic);
    void relayed(QByteArrayView frame);
    void begin(Process *process, int group, quint32 number, const PyventEvent &event);
    void finishWhatIsDue(Process *process);
    void service(Process *process);
    void readNews(Process *process);
    void disturb(Process *process) { process->disturbed.push_back(m_network.now()); }
    bool wasDisturbed(int process, Milliseconds from, Milliseconds to) const;
    bool wasRelayLost(Milliseconds from, Milliseconds to) const;
    bool wasAnythingLost(Milliseconds from, Milliseconds to) const;
    Milliseconds nextTime() const;
    Milliseconds nextTime(const Process &process) const;
    void passTo(Milliseconds time);
    void heal();
    void check();
    void checkWorks(int number, int group);
    void checkRest();
    void probe(int topic);
    void fail(const QByteArray &what);
    QByteArray describe(int number, int group) const;
    Clock::time_point now() const { return at(m_network.now()); }
    int below(int bound) { return int((m_random() >> 4) % quint32(bound)); }
    bool happens(int percent) { return below(100) < percent; }
    Process *anyOf(const std::vector<Process *> &of) { return of[std::size_t(below(int(of.size())))]; }

    std::minstd_rand m_random;
    Network m_network;
    int m_groups;
    std::vector<std::unique_ptr<Process>> m_processes; // all that ever were
    std::vector<Process *> m_workers;
    std::vector<Process *> m_senders;
    std::vector<Event> m_events;
    std::map<std::tuple<QUuid, int, quint64>, int> m_numbers; // of events, by sender, topic and number
    std::map<QByteArray, int> m_scriptNumbers;
    Line *m_script = nullptr;
    Milliseconds m_relayStartsAt = never;
    std::vector<Milliseconds> m_relayLost;
    std::optional<Milliseconds> m_workTime; // of all works; else it is random
    QByteArray m_failure;
};

} // namespace PyventTests

#endif
