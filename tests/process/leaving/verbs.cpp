// SPDX-License-Identifier: MIT
#include "verbs.h"

#include <Pyvent>

#include <QtCore/qcoreapplication.h>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A call that waits ends long before, where it is refused.
constexpr auto readyWithin = 20s;

class Order
{
    Q_GADGET
    Q_PROPERTY(int i MEMBER i)

public:
    int i = 0;
};

class Kitchen : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    void order(int i) { Q_UNUSED(i) }
};

// A future that nobody has to wait for is over; one that brings something was not refused.
template <typename T>
bool isPromised(const QFuture<T> &future)
{
    return !future.isFinished() || !future.isCanceled();
}

template <typename Change>
bool changesOptions(PyventNode &node, Change change)
{
    const auto values = [&] { return std::tuple(node.port(), node.address(), node.nodeId(), node.server()); };
    const auto before = values();
    change();
    return values() != before;
}

const Verb all[] = {
    {"configure", [](PyventNode &node, QObject *) { return node.configure({.nodeId = u"new"_s}); }},
    {"setPort", [](PyventNode &node, QObject *) { return changesOptions(node, [&] { node.setPort(1); }); }},
    {"setAddress",
     [](PyventNode &node, QObject *) { return changesOptions(node, [&] { node.setAddress(u"::1"_s); }); }},
    {"setNodeId", [](PyventNode &node, QObject *) { return changesOptions(node, [&] { node.setNodeId(u"new"_s); }); }},
    {"setServer",
     [](PyventNode &node, QObject *) { return changesOptions(node, [&] { node.setServer(!node.server()); }); }},
    {"tryStart", [](PyventNode &node, QObject *) { return node.tryStart(); }},
    {"startServer", [](PyventNode &node, QObject *) { return node.startServer(); }},
    {"whenReady", [](PyventNode &node, QObject *) { return isPromised(node.whenReady()); }},
    {"waitForReady", [](PyventNode &node, QObject *) { return node.waitForReady(readyWithin); }},
    {"stop",
     [](PyventNode &node, QObject *) {
         node.stop();
         return node.state() != PyventNode::Stopped;
     },
     false},
    {"on, a lambda", [](PyventNode &node, QObject *context) { return bool(node.on("left", context, [] {})); }},
    {"on, a lambda and a filter",
     [](PyventNode &node, QObject *context) {
         return bool(node.on("left", {.sender = PyventSender::Any}, context, [](const PyventEvent &) {}));
     }},
    {"on, keywords",
     [](PyventNode &node, QObject *context) { return bool(node.on("left", {"i"}, context, [](int) {})); }},
    {"on, a gadget",
     [](PyventNode &node, QObject *context) { return bool(node.on<Order>("left", context, [](const Order &) {})); }},
    {"on, a slot's name",
     [](PyventNode &node, QObject *) {
         Kitchen kitchen;
         return bool(node.on("left", &kitchen, "order"));
     }},
    {"on, with a past",
     [](PyventNode &node, QObject *context) {
         return bool(node.on("left", {.replay = {.last = 10}}, context, [] {}));
     }},
    {"event", [](PyventNode &node, QObject *) { return node.event("left") != nullptr; }},
    {"off, a name", [](PyventNode &node, QObject *) { return node.off("go") != 0; }},
    {"off, a context", [](PyventNode &node, QObject *) { return node.off(QCoreApplication::instance()) != 0; }},
    {"eventReceived",
     [](PyventNode &node, QObject *context) {
         QObject::connect(&node, &PyventNode::eventReceived, context, [] {});
         return node.state() != PyventNode::Stopped;
     }},
    {"received",
     [](PyventNode &node, QObject *context) {
         QObject::connect(&node, &PyventNode::received, context, [] {});
         return node.state() != PyventNode::Stopped;
     }},
    {"send",
     [](PyventNode &node, QObject *) {
         return node.send("left", {{u"i"_s, -1}});
     }},
    {"send, a gadget", [](PyventNode &node, QObject *) { return node.send("left", Order()); }},
    {"forward",
     [](PyventNode &node, QObject *context) {
         return bool(node.forward(context, &QObject::objectNameChanged, "left"));
     }},
    {"flush", [](PyventNode &node, QObject *) { return node.flush(readyWithin); }},
    {"dispatch",
     [](PyventNode &node, QObject *) {
         return node.dispatch("left", {{u"i"_s, -1}});
     }},
    {"waitFor", [](PyventNode &node, QObject *) { return node.waitFor("left", readyWithin).has_value(); }},
    {"waitFor, and send",
     [](PyventNode &node, QObject *) {
         return node.waitFor("left", readyWithin, {.send = u"left"_s, .args = {{u"i"_s, -1}}}).has_value();
     }},
    {"next", [](PyventNode &node, QObject *) { return isPromised(node.next("left")); }},
    {"findNodes", [](PyventNode &node, QObject *) { return isPromised(node.findNodes()); }},

    {"pyvent::on, a lambda", [](PyventNode &, QObject *context) { return bool(pyvent::on("left", context, [] {})); }},
    {"pyvent::on, a lambda and a filter",
     [](PyventNode &, QObject *context) {
         return bool(pyvent::on("left", {.sender = PyventSender::Any}, context, [] {}));
     }},
    {"pyvent::on, keywords",
     [](PyventNode &, QObject *context) { return bool(pyvent::on("left", {"i"}, context, [](int) {})); }},
    {"pyvent::on, a gadget",
     [](PyventNode &, QObject *context) { return bool(pyvent::on<Order>("left", context, [](const Order &) {})); }},
    {"pyvent::on, a slot's name",
     [](PyventNode &, QObject *) {
         Kitchen kitchen;
         return bool(pyvent::on("left", &kitchen, "order"));
     }},
    {"pyvent::event", [](PyventNode &, QObject *) { return pyvent::event("left") != nullptr; }},
    {"pyvent::off, a name", [](PyventNode &, QObject *) { return pyvent::off("go") != 0; }},
    {"pyvent::off, a context", [](PyventNode &, QObject *) { return pyvent::off(QCoreApplication::instance()) != 0; }},
    {"pyvent::send",
     [](PyventNode &, QObject *) {
         return pyvent::send("left", {{u"i"_s, -1}});
     }},
    {"pyvent::send, a gadget", [](PyventNode &, QObject *) { return pyvent::send("left", Order()); }},
    {"pyvent::forward",
     [](PyventNode &, QObject *context) {
         return bool(pyvent::forward(context, &QObject::objectNameChanged, "left"));
     }},
    {"pyvent::flush", [](PyventNode &, QObject *) { return pyvent::flush(readyWithin); }},
    {"pyvent::dispatch",
     [](PyventNode &, QObject *) {
         return pyvent::dispatch("left", {{u"i"_s, -1}});
     }},
    {"pyvent::waitFor", [](PyventNode &, QObject *) { return pyvent::waitFor("left", readyWithin).has_value(); }},
    {"pyvent::next", [](PyventNode &, QObject *) { return isPromised(pyvent::next("left")); }},
    {"pyvent::findNodes", [](PyventNode &, QObject *) { return isPromised(pyvent::findNodes()); }},
    {"pyvent::configure", [](PyventNode &, QObject *) { return pyvent::configure({.nodeId = u"new"_s}); }},
    {"pyvent::startServer", [](PyventNode &, QObject *) { return pyvent::startServer() || pyvent::isServer(); }},
    {"pyvent::tryStart", [](PyventNode &, QObject *) { return pyvent::tryStart(); }},
    {"pyvent::stop",
     [](PyventNode &node, QObject *) {
         pyvent::stop();
         return node.state() != PyventNode::Stopped;
     },
     false},
};

} // namespace

std::span<const Verb> verbs()
{
    return all;
}

#include "verbs.moc"
