// SPDX-License-Identifier: MIT
// A rig's loop: it sends numbered events and sleeps between them, and never runs an event loop. It writes down what happened,
// in the lines of ../faults/fault_node.cpp, and beside them
//
//   queue UNSENT UNACKNOWLEDGED T   what waits, at T
//
// It reads "go", "pause" and "quit", and quits at the end of its input.
#include <Pyvent>
#include <PyventNode>

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <iostream>
#include <string>
#include <thread>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

using Clock = std::chrono::steady_clock;

std::atomic<bool> isSending = false;
std::atomic<bool> isOver = false;

qint64 now()
{
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

void readCommands()
{
    for (std::string command; std::getline(std::cin, command) && command != "quit";)
        isSending = command == "go";
    isOver = true;
}

template <typename Send> // (name, arguments), as PyventNode::send()
void loop(int id, double rate, PyventNode &node, const Send &send)
{
    std::cout << "uuid " << node.uuid().toString(QUuid::WithoutBraces).toStdString() << std::endl;
    const auto interval = std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
    qint64 number = 0;
    bool wasSending = false;
    Clock::time_point next = Clock::now();
    Clock::time_point toldAt;
    qint64 told = 0;
    qint64 firstAt = 0;
    while (!isOver) {
        const bool sends = isSending;
        if (sends && !wasSending)
            next = Clock::now();
        while (sends && next <= Clock::now()) {
            if (told == number)
                firstAt = now();
            if (!send("fault-0", {{u"by"_s, id}, {u"n"_s, number + 1}}))
                break;
            ++number;
            next += interval;
        }
        if (Clock::now() >= toldAt + 10ms) {
            toldAt = Clock::now();
            if (told < number)
                std::cout << "sent fault-0 " << told + 1 << ' ' << number << ' ' << firstAt << '\n';
            told = number;
            if (wasSending && !sends)
                std::cout << "paused\n";
            wasSending = sends;
            std::cout << "queue " << node.sendQueue() << ' ' << node.unacknowledged() << ' ' << now() << std::endl;
        }
        std::this_thread::sleep_for(rate > 5000 ? 50us : 500us);
    }
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv); // whose event loop never runs
    QCommandLineParser parser;
    parser.addOptions(
        {{u"port"_s, u"The bus's port."_s, u"port"_s},
         {u"id"_s, u"This node's number in its events."_s, u"number"_s},
         {u"rate"_s, u"Events a second."_s, u"rate"_s},
         {u"where"_s, u"Where the loop runs: main, thread, or default, with pyvent::send()."_s, u"where"_s}});
    parser.process(app);
    const int id = parser.value(u"id"_s).toInt();
    const double rate = parser.value(u"rate"_s).toDouble();
    const QString where = parser.value(u"where"_s);
    const PyventOptions options{.port = parser.value(u"port"_s).toInt(), .nodeId = {}, .server = false};

    std::thread reader(readCommands);
    const auto withOwnNode = [&] {
        PyventNode node(options);
        loop(id, rate, node, [&](const char *name, const QVariantMap &args) { return node.send(name, args); });
    };
    if (where == "thread"_L1) {
        std::thread(withOwnNode).join();
    } else if (where == "main"_L1) {
        withOwnNode();
    } else {
        pyvent::configure(options);
        loop(id, rate, pyvent::node(),
             [](const char *name, const QVariantMap &args) { return pyvent::send(name, args); });
    }
    reader.join();
}
