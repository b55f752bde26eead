// SPDX-License-Identifier: MIT
#include "report.h"

#include "progress.h"
#include "pythontext.h"

#include <PyventNode>

#include <algorithm>
#include <unistd.h>
#include <vector>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

// So many names are told of.
constexpr std::size_t mostNames = 10;

} // namespace

void report(const QString &text)
{
    Progress::takeDown();
    const QByteArray line = "pyvent: " + printable(text).toUtf8() + '\n';
    // One call, so that lines of several programs on one terminal do not mix. If it fails, there is nobody to
    // tell.
    [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.constData(), size_t(line.size()));
}

void reportProblems(PyventNode *node)
{
    QObject::connect(node, &PyventNode::errorOccurred, node, [](const PyventError &error) { report(error.text); });
    QObject::connect(node, &PyventNode::handlerFailed, node, [](const QString &name, const QString &reason) {
        report(u"'%1' could not be handled: %2"_s.arg(name, reason));
    });
    QObject::connect(node, &PyventNode::eventsLost, node, [](const QString &name, const QUuid &nodeId, quint64 count) {
        const QString text =
            count == 1 ? u"%1 event '%2' from the node %3 was lost"_s : u"%1 events '%2' from the node %3 were lost"_s;
        report(text.arg(QString::number(count), name, nodeId.toString(QUuid::WithoutBraces)));
    });
}

void reportNoServer(PyventNode *node, const QString &what)
{
    const PyventError error = node->lastError(); // of which a call that waits has told nobody yet
    node->disconnect();
    if (isHostUnknown(*node)) {
        report(u"the host '%1' has no address that this machine knows: check the name, and the network"_s.arg(
            node->address()));
        return;
    }
    if (error)
        report(error.text);
    report(u"no server at %1 %2"_s.arg(whereaboutsOf(*node), what));
}

bool isHostUnknown(const PyventNode &node)
{
    const PyventError error = node.lastError();
    return error.code == PyventError::ServerNotResponding && error.subject == node.address();
}

void reportUnreadable(const PyventNode &node)
{
    const quint64 count = node.unreadableFrames();
    if (count == 0)
        return;
    const QMap<QString, quint64> byName = node.unreadableByName();
    std::vector<std::pair<QString, quint64>> names(byName.keyValueBegin(), byName.keyValueEnd());
    std::stable_sort(names.begin(), names.end(),
                     [](const auto &one, const auto &other) { return one.second > other.second; });
    quint64 others = count;
    QStringList parts;
    for (std::size_t i = 0; i < std::min(names.size(), mostNames); ++i) {
        const auto &[name, times] = names[i];
        others -= times;
        parts += QString::number(times) + (name.isEmpty() ? u" with an invalid name"_s : u" of '%1'"_s.arg(name));
    }
    if (others > 0)
        parts += u"%1 of other names"_s.arg(others);
    report((count == 1 ? u"1 event could not be read, or only in part: %1"_s
                       : QString::number(count) + u" events could not be read, or only in part: %1"_s)
               .arg(parts.join(u", "_s)));
}

QString whereaboutsOf(const PyventNode &node)
{
    const QString address = node.address();
    const bool needsBrackets = address.contains(u':') && !address.startsWith(u'['); // it may have been given with them
    return (needsBrackets ? u"[%1]:%2"_s : u"%1:%2"_s).arg(address, QString::number(node.port()));
}

} // namespace Pyvent::Cli
