// SPDX-License-Identifier: MIT
// What onEvent hears, and from whom.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Names"

    readonly property int patience: 20000

    Component { id: processes; TestProcess {} }
    Component { id: spies; SignalSpy {} }
    Component { id: silentNodes; Pyvent {} }
    Component {
        id: nodes
        Pyvent {
            property var heard: []
            onEvent: (name, args, event) => heard.push(`${name} ${args.n} ${event.sender}`)
        }
    }

    function init() {
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    // A node that hears \a names, and another process's events.
    function makeReady(names) {
        const node = make(nodes, names === undefined ? { port: TestTools.freePort() }
                                                     : { port: TestTools.freePort(), names: names })
        tryCompare(node, "ready", true, patience)
        return node
    }

    function sendFromElsewhere(node, event, n, sender) {
        const process = make(processes)
        process.pyvent(["send", event, `n:=${n}`, "--port", node.port].concat(sender ? ["--sender", sender] : []))
        tryCompare(process, "exitCode", 0, patience)
    }

    function test_hearsEverythingByDefault() {
        const node = makeReady()
        sendFromElsewhere(node, "order-food", 1)
        sendFromElsewhere(node, "x", 2, "somebody")
        tryCompare(node, "heard", ["order-food 1 pyvent", "x 2 somebody"], patience)
    }

    function test_hearsItsNamesOnly() {
        const node = makeReady(["order-*", "bill"])
        sendFromElsewhere(node, "food-ready", 1)
        sendFromElsewhere(node, "order-food", 2)
        sendFromElsewhere(node, "bill", 3)
        sendFromElsewhere(node, "bills", 4)
        sendFromElsewhere(node, "order-", 5)
        tryCompare(node, "heard", ["order-food 2 pyvent", "bill 3 pyvent", "order- 5 pyvent"], patience)
    }

    function test_takesASingleNameToo() {
        const node = makeReady("order-*")
        compare(node.names, ["order-*"])
        sendFromElsewhere(node, "x", 1)
        sendFromElsewhere(node, "order-food", 2)
        tryCompare(node, "heard", ["order-food 2 pyvent"], patience)
    }

    function test_hearsAnEventOnceWhateverFits() {
        const node = makeReady(["order-*", "order-food", "*", "order-food"])
        sendFromElsewhere(node, "order-food", 1)
        sendFromElsewhere(node, "last", 2)
        tryCompare(node, "heard", ["order-food 1 pyvent", "last 2 pyvent"], patience)
    }

    function test_aQuestionMarkIsOneCharacter() {
        const node = makeReady(["a?", "*"])
        sendFromElsewhere(node, "a🍣", 1)
        sendFromElsewhere(node, "last", 2)
        tryCompare(node, "heard", ["a🍣 1 pyvent", "last 2 pyvent"], patience)
    }

    function test_hearsNothingWithoutNames() {
        const node = makeReady([])
        const other = make(nodes, { port: node.port })
        tryCompare(other, "ready", true, patience)
        sendFromElsewhere(node, "order-food", 1)
        tryCompare(other, "heard", ["order-food 1 pyvent"], patience)
        // What both would hear is here before this.
        const proof = make(spies, { target: make(silentNodes, { port: node.port }), signalName: "event" })
        tryCompare(proof.target, "ready", true, patience)
        verify(node.dispatch("x", { n: 1 }))
        compare(node.heard, [])
    }

    function test_followsItsNames() {
        const node = makeReady(["a"])
        sendFromElsewhere(node, "a", 1)
        tryCompare(node, "heard", ["a 1 pyvent"], patience)
        node.names = ["b"]
        tryCompare(node, "ready", true, patience)
        sendFromElsewhere(node, "a", 2)
        sendFromElsewhere(node, "b", 3)
        tryCompare(node, "heard", ["a 1 pyvent", "b 3 pyvent"], patience)
        node.names = []
        node.names = ["*"]
        tryCompare(node, "ready", true, patience)
        sendFromElsewhere(node, "a", 4)
        tryCompare(node, "heard", ["a 1 pyvent", "b 3 pyvent", "a 4 pyvent"], patience)
    }

    function test_followsItsConnections() {
        const node = make(silentNodes, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        const heard = []
        const hear = name => heard.push(name)
        node.event.connect(hear)
        tryCompare(node, "ready", true, patience)
        sendFromElsewhere(node, "first", 1)
        tryVerify(() => heard.length === 1, patience)
        node.event.disconnect(hear)
        verify(node.dispatch("second"))
        node.event.connect(hear)
        tryCompare(node, "ready", true, patience)
        sendFromElsewhere(node, "third", 1)
        tryVerify(() => heard.length === 2, patience)
        compare(heard, ["first", "third"])
    }

    function test_hearsAPythonNode() {
        const node = makeReady()
        const python = make(processes)
        python.pythonNode()
        python.order({ do: "configure", port: node.port, server: false })
        python.order({ do: "on", name: "order-food" })
        python.order({ do: "ready" })
        tryVerify(() => python.output.includes('"done": "ready"'), patience)
        node.heard = []
        python.order({ do: "send", name: "food-ready", args: { n: 5 } })
        tryVerify(() => node.heard.includes("food-ready 5 pyvent"), patience)
        verify(node.send("order-food", { food: "sushi" }))
        tryVerify(() => python.output.includes('"food": "sushi"'), patience)
    }

    function test_handlersMayChangeTheirNode() {
        const node = makeReady(["a", "b", "c"])
        const states = []
        node.event.connect(name => {
            if (name === "a")
                node.names = ["b", "c"]
            if (name === "b")
                node.active = false
            states.push(node.state)
        })
        verify(node.dispatch("a", { n: 1 }))
        verify(node.dispatch("b", { n: 2 }))
        compare(node.heard, ["a 1 pyvent", "b 2 pyvent"])
        compare(node.active, false)
        compare(states[states.length - 1], Pyvent.Stopped)
    }
}
