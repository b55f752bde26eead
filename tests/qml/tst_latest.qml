// SPDX-License-Identifier: MIT
// PyventSubscription as fast as one can look, and how it grows stale.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Latest"
    when: windowShown
    visible: true
    width: 100
    height: 100

    readonly property int patience: 20000

    Component { id: buses; PyventTestBus {} }
    Component { id: nodes; Pyvent { server: false } }
    Component { id: spies; SignalSpy {} }
    Component {
        id: subscriptions
        PyventSubscription {
            property var heard: []
            property real skippedBefore: 0
            readonly property real count: heard.length + skippedBefore
            onReceived: (args, event) => {
                skippedBefore += event.skipped
                heard = heard.concat([event.name + args.n])
            }
        }
    }

    property var bus
    property var node

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    function init() {
        TestTools.forgetWarnings()
        bus = make(buses)
        node = make(nodes, { port: bus.port })
    }

    // The subscription hears what is sent from now on.
    function subscribe(properties) {
        const subscription = make(subscriptions, Object.assign({ node: node, name: "x" }, properties))
        tryCompare(node, "ready", true, patience)
        return subscription
    }

    function send(first, last, name) {
        for (let n = first; n <= last; ++n)
            verify(bus.send(name || "x", { n: n }), bus.failure)
    }

    function last(subscription) {
        return subscription.heard[subscription.heard.length - 1]
    }

    function test_onlyTheNewestOfAFrame() {
        const subscription = subscribe({ latest: true })
        const all = make(subscriptions, { node: node, name: "x" })
        tryCompare(node, "ready", true, patience)
        send(1, 500)
        tryVerify(() => last(subscription) === "x500", patience)
        tryCompare(all, "count", 500, patience)
        compare(subscription.count, 500)
        compare(subscription.skipped, subscription.skippedBefore)
        verify(subscription.heard.length < 500, subscription.heard.length)
        compare(all.skipped, 0)
        compare(all.heard.length, 500)
    }

    function test_eachNameByItself() {
        const subscription = subscribe({ name: "x-*", latest: true })
        send(1, 1, "x-a")
        send(1, 1, "x-b")
        tryVerify(() => subscription.heard.length === 2, patience)
        compare(subscription.heard.sort(), ["x-a1", "x-b1"])
    }

    function test_atMostEvery() {
        const subscription = subscribe({ atMostEvery: 3600000 })
        const all = make(subscriptions, { node: node, name: "x" })
        tryCompare(node, "ready", true, patience)
        send(1, 1)
        tryCompare(subscription, "heard", ["x1"], patience)
        send(2, 20)
        tryCompare(all, "count", 20, patience)
        compare(subscription.heard, ["x1"])
        subscription.atMostEvery = 1
        send(21, 21)
        tryVerify(() => last(subscription) === "x21", patience)
        subscription.latest = true
        subscription.latest = false
        subscription.atMostEvery = 0
        send(22, 25)
        tryVerify(() => last(subscription) === "x25", patience)
    }

    function test_theLastEventFirst() {
        const none = subscribe()
        send(1, 3)
        tryCompare(none, "count", 3, patience)
        const late = subscribe({ last: true })
        tryCompare(late, "heard", ["x3"], patience)
        send(4, 4)
        tryCompare(late, "heard", ["x3", "x4"], patience)
        compare(none.heard, ["x1", "x2", "x3", "x4"])

        // It is a replayed event, in the way in which a gauge hears it, too.
        const events = []
        const gauge = make(subscriptions, { name: "x", last: true, latest: true })
        gauge.received.connect((args, event) => events.push([event.name, args.n, event.replayed]))
        gauge.node = node
        tryVerify(() => events.length === 1, patience)
        compare(events[0], ["x", 4, true])

        // Of each name, and none of one that nobody has used.
        const other = subscribe({ name: "y", last: true })
        send(5, 5, "y")
        tryCompare(other, "heard", ["y5"], patience)
    }

    function test_lastMayChange() {
        send(1, 1)
        const subscription = subscribe()
        compare(subscription.last, false)
        const changes = make(spies, { target: subscription, signalName: "lastChanged" })
        subscription.last = true
        subscription.last = true
        tryCompare(subscription, "heard", ["x1"], patience)
        compare(changes.count, 1)
        subscription.last = false
        tryCompare(node, "ready", true, patience)
        send(2, 2)
        tryCompare(subscription, "heard", ["x1", "x2"], patience)
        subscription.name = "y"
        subscription.last = true
        tryCompare(node, "ready", true, patience)
        send(3, 3, "y")
        tryCompare(subscription, "heard", ["x1", "x2", "y3"], patience)
        subscription.name = "x" // whose last event comes again
        tryCompare(subscription, "heard", ["x1", "x2", "y3", "x2"], patience)
    }

    // Whoever replays hears the last event with that, once.
    function test_lastWithAReplay() {
        send(1, 3)
        const subscription = subscribe({ last: true, replayLast: 2 })
        tryCompare(subscription, "heard", ["x2", "x3"], patience)
        send(4, 4)
        tryCompare(subscription, "heard", ["x2", "x3", "x4"], patience)
        compare(TestTools.warnings, [])
    }

    function test_growsStale() {
        const subscription = make(subscriptions, { node: node })
        compare(subscription.stale, false)
        compare(subscription.age(), -1)
        subscription.name = "x"
        subscription.staleAfter = 200
        compare(subscription.stale, true) // there is nothing to show yet
        tryCompare(node, "ready", true, patience)
        const changes = make(spies, { target: subscription, signalName: "staleChanged" })
        const times = make(spies, { target: subscription, signalName: "lastHeardChanged" })
        send(1, 1)
        tryCompare(times, "count", 1, patience)
        tryCompare(changes, "count", 2, patience)
        compare(subscription.stale, true)
        verify(subscription.age() >= 200)
        verify(subscription.lastHeard instanceof Date)
        subscription.staleAfter = 3600000
        compare(subscription.stale, false)
        subscription.name = "y" // of which nothing was heard
        compare(subscription.stale, true)
        compare(subscription.age(), -1)
        subscription.staleAfter = 0
        compare(subscription.stale, false)
    }

    function test_endsWithinAFrame() {
        const subscription = subscribe({ latest: true })
        let heard = 0
        subscription.received.connect(() => {
            ++heard
            subscription.destroy()
        })
        send(1, 50)
        tryVerify(() => heard > 0, patience)
        tryVerify(() => !subscription.node, patience)
        compare(heard, 1)
    }

    function test_aMistake() {
        const subscription = subscribe({ latest: true, atMostEvery: -1 })
        compare(subscription.atMostEvery, 0)
        compare(TestTools.warnings.length, 1)
        verify(`${TestTools.warnings[0]}`.includes("atMostEvery cannot be -1: it is a time in milliseconds"))
    }
}
