// SPDX-License-Identifier: MIT
// Compiled as a user compiles it, who has not forbidden Qt to take a literal for UTF-8.
#undef QT_NO_CAST_FROM_ASCII

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventNode>
#include <PyventObject>
#include <PyventSet>
#include <PyventTimeDelta>
#include <PyventTuple>

#include <QtCore/quuid.h>

namespace {

// Takes what the samples send, as PyventNode::send() takes it.
struct Recorder
{
    QList<PyventEvent> events = {};

    void send(QAnyStringView name, const QVariantMap &args = QVariantMap(),
              const PyventSendOptions &options = PyventSendOptions())
    {
        PyventEvent event;
        event.name = name.toString();
        event.sender = options.sender.isEmpty() ? QStringLiteral("pyvent") : options.sender;
        event.args = args;
        events.append(event);
    }
};

} // namespace

QList<PyventEvent> sampleEvents();

QList<PyventEvent> sampleEvents()
{
    Recorder node;
#include "codesamples.inc"
    return node.events;
}
