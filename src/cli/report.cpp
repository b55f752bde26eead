// SPDX-License-Identifier: MIT
#include "report.h"

#include "progress.h"
#include "pythontext.h"

#include <PyventNode>

#include <unistd.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

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
        report(u"%1 events '%2' of the node %3 are lost"_s.arg(QString::number(count), name,
                                                               nodeId.toString(QUuid::WithoutBraces)));
    });
}

QString whereaboutsOf(const PyventNode &node)
{
    const QString address = node.address();
    return (address.contains(u':') ? u"[%1]:%2"_s : u"%1:%2"_s).arg(address, QString::number(node.port()));
}

} // namespace Pyvent::Cli
