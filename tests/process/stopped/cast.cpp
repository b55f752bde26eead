// SPDX-License-Identifier: MIT
#include "cast.h"

#include "support/waituntil.h"

#include <algorithm>
#include <ctime>

using namespace Qt::StringLiterals;

namespace PyventFaults {

using PyventTests::ChildProcess;
using PyventTests::waitUntil;

qint64 Cast::now()
{
    timespec time{};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return qint64(time.tv_sec) * 1'000'000 + time.tv_nsec / 1000;
}

Cast::Node &Cast::add(const QString &label, const QStringList &arguments, const QString &program)
{
    Node &node = *m_nodes.emplace_back(std::make_unique<Node>());
    node.id = int(m_nodes.size());
    node.label = label;
    m_judge.addNode(node.id, label, arguments.contains(u"--listen"_s) || arguments.contains(u"--glob"_s));
    const QStringList all{u"--id"_s, QString::number(node.id), u"--port"_s, QString::number(port())};
    node.child = std::make_unique<ChildProcess>(program, all + arguments);
    QObject::connect(node.child.get(), &ChildProcess::outputChanged, node.child.get(), [this, &node] {
        for (const QByteArray &line : node.child->takeLines())
            read(node, line.split(' '));
    });
    return node;
}

void Cast::read(Node &node, const QByteArrayList &words)
{
    const QByteArray &what = words.first();
    const auto number = [&](qsizetype i) { return words.value(i).toLongLong(); };
    const auto uuid = [&](qsizetype i) { return QUuid::fromString(QString::fromLatin1(words.value(i))); };
    if (what == "heard") {
        node.heard += number(4) - number(3) + 1;
        m_judge.heard(node.id, int(number(1)), words.value(2), number(3), number(4));
        return;
    }
    if (what == "sent") {
        m_sent += number(3) - number(2) + 1;
        m_judge.sent(node.id, words.value(1), number(2), number(3), number(4));
        return;
    }
    if (what == "queue") {
        node.unsent = number(1);
        node.unacknowledged = number(2);
        node.queueAt = number(3);
        return;
    }
    if (what == "acked") {
        m_judge.acknowledged(node.id, words.value(1), number(2));
        return;
    }
    m_log += u"%1 %2: %3\n"_s.arg(now()).arg(node.label, QString::fromUtf8(words.join(' ')));
    if (what == "uuid") {
        m_judge.setUuid(node.id, uuid(1));
    } else if (what == "state") {
        node.state = words.value(1);
        node.stateSince = number(2);
        if (node.state == "Ready")
            m_judge.ready(node.id, node.stateSince);
    } else if (what == "serving") {
        node.serving = number(1) == 1;
        node.servingSince = number(2);
    } else if (what == "paused") {
        node.isPaused = true;
    } else if (what == "blocked") {
        node.wasBlocked = true;
    } else if (what == "lost") {
        node.told += number(3);
        m_judge.toldLost(node.id, words.value(1), uuid(2), number(3));
    } else if (what == "error") {
        m_errors.append(words.value(1));
    }
}

void Cast::hasBeenKilled(const Node &node)
{
    m_judge.ended(node.id, Judge::End::Killed);
    std::erase_if(m_nodes, [&](const auto &each) { return each.get() == &node; });
}

void Cast::tellAll(const QByteArray &command)
{
    for (const auto &node : m_nodes)
        node->child->writeLine(command);
}

bool Cast::waitForReady()
{
    return waitUntil([this] {
        return std::all_of(m_nodes.begin(), m_nodes.end(), [](const auto &node) { return node->state == "Ready"; })
            && std::any_of(m_nodes.begin(), m_nodes.end(), [](const auto &node) { return node->serving; });
    });
}

bool Cast::pauseAndWaitForAllHeard()
{
    for (const auto &node : m_nodes)
        node->isPaused = false;
    tellAll("pause");
    const auto isPaused = [this] {
        return std::all_of(m_nodes.begin(), m_nodes.end(), [](const auto &node) { return node->isPaused; });
    };
    return waitUntil([&] { return isPaused() && hasCaughtUp() && m_judge.isComplete(); });
}

QString Cast::log() const
{
    const Verdict verdict = m_judge.verdict();
    return m_log
        + u"%1 sent, %2 of %3 owed ones heard, %4 lost, %5 told lost\n"_s.arg(verdict.sent)
              .arg(verdict.all.heard)
              .arg(verdict.all.owed)
              .arg(verdict.all.lost)
              .arg(verdict.all.toldLost)
        + m_judge.behind(m_judge.sentSoFar()) + u'\n' + verdict.defects.join(u'\n');
}

} // namespace PyventFaults
