// SPDX-License-Identifier: MIT
// The element's life: options, states, who serves, leaving and joining again, errors.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Node"

    readonly property int patience: 20000

    Component { id: nodes; Pyvent {} }
    Component { id: processes; TestProcess {} }
    Component { id: spies; SignalSpy {} }
    Component {
        id: boundNodes
        Pyvent {
            property int base: 0
            port: base + 1
            nodeId: "kitchen-" + base
        }
    }

    function init() {
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function make(component, properties) {
        const node = createTemporaryObject(component, test, properties)
        verify(node)
        return node
    }

    function test_hasTheLibrarysDefaults() {
        const node = make(nodes, { active: false })
        compare(node.port, 52002)
        compare(node.address, "127.0.0.1")
        compare(node.nodeId, "")
        compare(node.server, true)
        compare(node.hearOwnEvents, true)
        compare(node.keyFile, "")
        compare(node.serverKey, "")
        compare(node.allowFile, "")
        compare(node.openToNetwork, false)
        compare(node.linger, 1000)
        compare(node.names, ["*"])
        compare(node.state, Pyvent.Stopped)
        compare(node.ready, false)
        compare(node.serving, false)
        compare(node.sendQueue, 0)
        compare(node.unacknowledged, 0)
        compare(node.unreadableFrames, 0)
        compare(node.unreadableByName(), {})
    }

    function test_countsWhatItCannotRead() {
        const node = make(nodes, { port: TestTools.freePort() })
        const changes = make(spies, { target: node, signalName: "unreadableFramesChanged" })
        const errors = make(spies, { target: node, signalName: "errorOccurred" })
        const events = make(spies, { target: node, signalName: "event" })
        tryCompare(node, "ready", true, patience)
        const python = make(processes)
        python.python(["frames", node.port, "b'a }s.'", "b'b }s.'", "b'a }s.'", "b'good'"])
        tryCompare(events, "count", 1, patience)
        tryCompare(node, "unreadableFrames", 3, patience)
        verify(changes.count >= 1)
        compare(node.unreadableByName(), { a: 2, b: 1 })
        compare(errors.count, 2)
        compare(errors.signalArguments[0][0].code, Pyvent.UnreadableFrame)
        node.active = false
        compare(node.unreadableFrames, 0)
    }

    function test_tellsHowManyEventsWait() {
        const node = make(nodes, { port: TestTools.freePort(), server: false, linger: 0 })
        const changes = make(spies, { target: node, signalName: "unacknowledgedChanged" })
        verify(node.send("x"))
        verify(node.send("x"))
        compare(node.sendQueue, 2)
        compare(node.unacknowledged, 2)
        tryCompare(changes, "count", 1, patience)
        node.active = false
        compare(node.unacknowledged, 0)
        compare(changes.count, 2)
    }

    function test_joinsWithTheValuesOfItsBindings() {
        const port = TestTools.freePort()
        const node = make(boundNodes, { base: port - 1 })
        compare(node.port, port)
        tryCompare(node, "ready", true, patience)
        compare(node.serving, true)
        const listener = make(processes)
        listener.pyvent(["wait", "order-food", "--port", port, "--json", "--timeout", 20])
        tryVerify(() => {
            node.send("order-food", { food: "sushi" })
            return listener.exitCode === 0
        }, patience)
        verify(listener.output.includes(`"sender":"pyvent.kitchen-${port - 1}"`), listener.output)
    }

    function test_aBareElementJoinsTheDefaultPort() {
        // Another program may hold this port; the element is on its way to it all the same.
        const node = make(nodes, { server: false, linger: 0 })
        compare(node.port, 52002)
        verify(node.state !== Pyvent.Stopped)
    }

    function test_twoElementsAreTwoNodes() {
        const port = TestTools.freePort()
        const first = make(nodes, { port: port })
        const second = make(nodes, { port: port })
        tryCompare(first, "ready", true, patience)
        tryCompare(second, "ready", true, patience)
        compare(first.serving, true)
        compare(second.serving, false)
        const spy = make(spies, { target: second, signalName: "event" })
        tryCompare(second, "ready", true, patience)
        verify(first.send("hello", { n: 1 }))
        tryCompare(spy, "count", 1, patience)
        compare(spy.signalArguments[0][0], "hello")
    }

    function test_tellsOfItsStates() {
        const node = make(nodes, { port: TestTools.freePort(), server: false, linger: 0 })
        compare(node.state, Pyvent.Connecting)
        const states = make(spies, { target: node, signalName: "stateChanged" })
        const server = make(processes)
        server.pyvent(["serve", "--port", node.port])
        tryCompare(node, "state", Pyvent.Ready, patience)
        verify(states.count >= 1)
        compare(node.ready, true)
        compare(node.serving, false)
    }

    function test_becomesTheServerWhenThatEnds() {
        const port = TestTools.freePort()
        const first = make(nodes, { port: port })
        const second = make(nodes, { port: port })
        const serving = make(spies, { target: second, signalName: "servingChanged" })
        tryCompare(second, "ready", true, patience)
        first.active = false
        tryCompare(second, "serving", true, patience)
        compare(serving.count, 1)
    }

    function test_leavesAndJoinsAgain() {
        const port = TestTools.freePort()
        const node = make(nodes, { port: port })
        const heard = make(spies, { target: node, signalName: "event" })
        tryCompare(node, "ready", true, patience)
        node.active = false
        compare(node.state, Pyvent.Stopped)
        compare(node.ready, false)
        compare(node.serving, false)
        node.port = TestTools.freePort()
        node.nodeId = "second"
        node.active = true
        tryCompare(node, "ready", true, patience)
        verify(node.send("hello"))
        tryCompare(heard, "count", 1, patience)
        compare(heard.signalArguments[0][2].sender, "pyvent.second")
    }

    function test_hearsItsOwnEventsOnlyIfItShall() {
        const port = TestTools.freePort()
        const deaf = make(nodes, { port: port, hearOwnEvents: false })
        const other = make(nodes, { port: port })
        const own = make(spies, { target: deaf, signalName: "event" })
        const others = make(spies, { target: other, signalName: "event" })
        tryCompare(deaf, "ready", true, patience)
        tryCompare(other, "ready", true, patience)
        verify(deaf.send("first"))
        tryCompare(others, "count", 1, patience)
        verify(other.send("second"))
        tryCompare(own, "count", 1, patience)
        compare(own.signalArguments[0][0], "second")
    }

    function test_tellsOfTheWorldsErrorsWithoutAWarning() {
        const node = make(nodes, { port: TestTools.freePort(), server: false, linger: 0 })
        const errors = make(spies, { target: node, signalName: "errorOccurred" })
        verify(node.send("hello"))
        node.active = false
        compare(errors.count, 1)
        const error = errors.signalArguments[0][0]
        compare(error.code, Pyvent.EventsNotDelivered)
        verify(error.text.includes("linger"), error.text)
        compare(error.subject, "1")
    }

    function test_dispatchStaysInTheElement() {
        const node = make(nodes, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        const heard = make(spies, { target: node, signalName: "event" })
        tryCompare(node, "ready", true, patience)
        verify(node.dispatch("only-here", { a: [1] }, "me"))
        compare(heard.count, 1)
        compare(heard.signalArguments[0][0], "only-here")
        compare(heard.signalArguments[0][1], { a: [1] })
        compare(heard.signalArguments[0][2].sender, "me")
    }
}
