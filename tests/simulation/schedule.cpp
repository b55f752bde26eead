// SPDX-License-Identifier: MIT
#include "schedule.h"

#include <QtCore/qbytearray.h>

#include <algorithm>

namespace PyventTests {

namespace {

constexpr qsizetype keepsAll = 100'000;

const char *nameOf(Schedule::Step::Kind kind)
{
    switch (kind) {
    case Schedule::Step::Send:
        return "send";
    case Schedule::Step::Hear:
        return "hear";
    case Schedule::Step::HearPast:
        return "hear the past";
    case Schedule::Step::HearAll:
        return "hear all";
    case Schedule::Step::KillNode:
        return "kill the node";
    case Schedule::Step::KillRelay:
        return "kill the relay";
    case Schedule::Step::CutSending:
        return "cut what it sends";
    case Schedule::Step::CutHearing:
        return "cut what it hears";
    case Schedule::Step::StandStill:
        return "stand still";
    case Schedule::Step::Leave:
        return "leave and join again";
    }
    return "";
}

} // namespace

Schedule Schedule::fromSeed(quint32 seed)
{
    std::minstd_rand random(seed);
    random.discard(2); // the first numbers of neighbouring seeds are neighbours
    const auto below = [&](int bound) { return int((random() >> 4) % quint32(bound)); };
    static constexpr int delays[] = {1, 3, 20, 100};
    static constexpr int percents[] = {0, 0, 10, 50};
    static constexpr Milliseconds skews[] = {0, 0, 0, 2000};
    Schedule schedule;
    schedule.seed = seed;
    schedule.nodes = 2 + below(3);
    schedule.topics = 1 + below(2);
    schedule.sharesLink = below(4) == 0;
    schedule.takesBatches = below(4) != 0;
    schedule.weather = {delays[below(4)], percents[below(4)], below(3) == 0 ? 3 : std::size_t(1000)};
    schedule.kept = below(4) == 0 ? 1 + below(5) : keepsAll;
    schedule.skew = skews[below(4)];
    const int disturbed = below(4); // of ten steps
    const int steps = 6 + below(25);
    for (int i = 0; i < steps; ++i) {
        Step step{.kind = Step::Send,
                  .node = below(schedule.nodes * 2),
                  .topic = below(schedule.topics),
                  .value = 1,
                  .wait = 0};
        static constexpr Milliseconds waits[] = {0, 1, 5, 40, 300};
        step.wait = waits[below(5)];
        if (below(10) < disturbed) {
            static constexpr Step::Kind kinds[] = {Step::KillNode,   Step::KillRelay,  Step::KillRelay,
                                                   Step::CutSending, Step::CutHearing, Step::StandStill,
                                                   Step::Leave};
            step.kind = kinds[below(7)];
            step.value = 1 + below(2000);
        } else if (i < 4 || below(6) == 0) {
            static constexpr Step::Kind kinds[] = {Step::Hear, Step::Hear, Step::HearAll, Step::HearPast};
            step.kind = kinds[below(4)];
        } else {
            step.value = below(4) == 0 ? 1 + below(12) : 1;
        }
        schedule.steps.push_back(step);
    }
    schedule.waits = below(3) == 0;
    return schedule;
}

QByteArray Schedule::toText() const
{
    QByteArray text = "seed " + QByteArray::number(seed) + ": " + QByteArray::number(nodes) + " processes"
        + (sharesLink ? " of two nodes" : "") + ", " + QByteArray::number(topics) + " topics, delays of up to "
        + QByteArray::number(weather.delay) + " ms, " + QByteArray::number(weather.doubledPercent) + " % doubled, "
        + QByteArray::number(qsizetype(weather.capacity)) + " events wait, " + QByteArray::number(kept)
        + " are kept, the clocks differ by " + QByteArray::number(skew) + " ms, "
        + (takesBatches ? "batches" : "no batches") + (waits ? ", senders wait" : "");
    for (const Step &step : steps) {
        text += "\n    after " + QByteArray::number(step.wait) + " ms, node " + QByteArray::number(step.node) + ": "
            + nameOf(step.kind) + ", topic " + QByteArray::number(step.topic) + ", " + QByteArray::number(step.value);
    }
    return text;
}

bool Schedule::isCalm() const
{
    return !dropsEvents() && isCalmButSlow()
        && std::none_of(steps.begin(), steps.end(), [](const Step &step) { return step.kind == Step::StandStill; });
}

bool Schedule::isCalmButSlow() const
{
    return std::all_of(steps.begin(), steps.end(), [](const Step &step) {
        return step.kind == Step::Send || step.kind == Step::Hear || step.kind == Step::HearPast
            || step.kind == Step::HearAll || step.kind == Step::StandStill;
    });
}

Schedule shrunk(Schedule schedule, const std::function<bool(const Schedule &)> &fails)
{
    for (std::size_t size = schedule.steps.size() / 2; size > 0;) {
        bool isShorter = false;
        for (std::size_t first = 0; first + size <= schedule.steps.size();) {
            Schedule shorter = schedule;
            const auto from = shorter.steps.begin() + qsizetype(first);
            shorter.steps.erase(from, from + qsizetype(size));
            if (fails(shorter)) {
                schedule = std::move(shorter);
                isShorter = true;
            } else {
                first += size;
            }
        }
        if (!isShorter || size > schedule.steps.size())
            size /= 2;
    }
    return schedule;
}

} // namespace PyventTests
