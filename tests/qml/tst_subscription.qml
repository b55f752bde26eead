// SPDX-License-Identifier: MIT
// PyventSubscription: inside of a Pyvent element and elsewhere, made and ended at any time.
import QtQml.Models
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Subscription"

    readonly property int patience: 20000
    property var heard: []

    Component { id: processes; TestProcess {} }
    Component { id: nodes; Pyvent {} }
    Component {
        id: subscriptions
        PyventSubscription {
            onReceived: (args, event) => test.heard.push(`${event.name} ${args.n}`)
        }
    }
    Component {
        id: parents
        Pyvent {
            property alias model: instantiator.model
            property alias loaded: loader.active
            PyventSubscription {
                name: "child"
                onReceived: args => test.heard.push(`child ${args.n}`)
            }
            Instantiator {
                id: instantiator
                model: []
                delegate: PyventSubscription {
                    required property string modelData
                    name: modelData
                    onReceived: args => test.heard.push(`${modelData} ${args.n}`)
                }
            }
            Loader {
                id: loader
                active: false
                sourceComponent: PyventSubscription {
                    name: "loaded"
                    onReceived: args => test.heard.push(`loaded ${args.n}`)
                }
            }
        }
    }

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    function makeReady(component) {
        const node = make(component, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        return node
    }

    function init() {
        heard = []
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function test_hearsAnotherProcess() {
        const node = makeReady(parents)
        const process = make(processes)
        process.pyvent(["send", "child", "n:=1", "--port", node.port])
        tryCompare(test, "heard", ["child 1"], patience)
    }

    function test_hearsThePast() {
        const node = makeReady(nodes)
        for (let n = 1; n <= 5; ++n)
            verify(node.send("a", { n: n }))
        tryCompare(node, "unacknowledged", 0, patience)
        let replayed = []
        const subscription = make(subscriptions, { node: node, name: "a", replayLast: 2, replaySeconds: 60 })
        subscription.received.connect((args, event) => replayed.push(event.replayed))
        tryCompare(test, "heard", ["a 4", "a 5"], patience)
        verify(node.send("a", { n: 6 }))
        tryCompare(test, "heard", ["a 4", "a 5", "a 6"], patience)
        compare(replayed, [true, true, false])
        subscription.replaySeconds = -1
        compare(subscription.replaySeconds, 0)
    }

    function test_childrenComeAndGo() {
        const node = makeReady(parents)
        node.model = ["a", "b"]
        node.loaded = true
        // Those find their node in the next turn.
        tryVerify(() => {
            heard = []
            for (const name of ["a", "b", "loaded", "child"])
                node.dispatch(name, { n: 1 })
            return heard.length === 4
        }, patience)
        compare(heard, ["a 1", "b 1", "loaded 1", "child 1"])
        node.model = ["b"]
        node.loaded = false
        tryVerify(() => {
            heard = []
            for (const name of ["a", "b", "loaded", "child"])
                node.dispatch(name, { n: 2 })
            return heard.length === 2
        }, patience)
        compare(heard, ["b 2", "child 2"])
    }

    function test_standsAnywhereWithItsNode() {
        const node = makeReady(nodes)
        const subscription = make(subscriptions, { node: node, name: "a" })
        verify(node.dispatch("a", { n: 1 }))
        subscription.node = null
        verify(node.dispatch("a", { n: 2 }))
        const other = makeReady(nodes)
        subscription.node = other
        verify(node.dispatch("a", { n: 3 }))
        verify(other.dispatch("a", { n: 4 }))
        compare(heard, ["a 1", "a 4"])
    }

    function test_followsItsName() {
        const node = makeReady(nodes)
        const subscription = make(subscriptions, { node: node })
        verify(node.dispatch("a", { n: 1 }))
        subscription.name = "a"
        verify(node.dispatch("a", { n: 2 }))
        subscription.name = "b-*"
        verify(node.dispatch("a", { n: 3 }))
        verify(node.dispatch("b-x", { n: 4 }))
        subscription.enabled = false
        verify(node.dispatch("b-x", { n: 5 }))
        subscription.enabled = true
        verify(node.dispatch("b-y", { n: 6 }))
        compare(heard, ["a 2", "b-x 4", "b-y 6"])
    }

    function test_followsItsNameOnTheBus() {
        const node = makeReady(nodes)
        const subscription = make(subscriptions, { node: node, name: "a" })
        tryCompare(node, "ready", true, patience)
        verify(node.send("a", { n: 1 }))
        tryCompare(test, "heard", ["a 1"], patience)
        subscription.name = "b"
        tryCompare(node, "ready", true, patience)
        verify(node.send("a", { n: 2 }))
        verify(node.send("b", { n: 3 }))
        tryCompare(test, "heard", ["a 1", "b 3"], patience)
    }

    function test_choosesSenders() {
        const node = makeReady(nodes)
        const subscription = make(subscriptions, { node: node, name: "a" })
        compare(subscription.sender, "pyvent")
        const sendAll = () => {
            verify(node.dispatch("a", { n: 1 }))
            verify(node.dispatch("a", { n: 2 }, "pyvent.kitchen"))
            verify(node.dispatch("a", { n: 3 }, "manager"))
        }
        sendAll()
        compare(heard, ["a 1", "a 2"])
        heard = []
        subscription.sender = "manager"
        sendAll()
        compare(heard, ["a 3"])
        heard = []
        subscription.sender = ""
        sendAll()
        compare(heard, ["a 1", "a 2", "a 3"])
    }

    function test_outlivesItsNode() {
        const node = nodes.createObject(test, { port: TestTools.freePort() })
        const subscription = make(subscriptions, { node: node, name: "a" })
        node.destroy()
        tryCompare(subscription, "node", null, patience)
        subscription.name = "b"
        const other = makeReady(nodes)
        subscription.node = other
        verify(other.dispatch("b", { n: 1 }))
        compare(heard, ["b 1"])
    }

    function test_staysWhileItsNodeLeaves() {
        const node = makeReady(nodes)
        const subscription = make(subscriptions, { node: node, name: "a" })
        node.active = false
        subscription.name = "b"
        node.active = true
        tryCompare(node, "ready", true, patience)
        verify(node.send("b", { n: 1 }))
        tryCompare(test, "heard", ["b 1"], patience)
    }

    function test_mayEndInItsHandler() {
        const node = makeReady(nodes)
        const subscription = subscriptions.createObject(test, { node: node, name: "a" })
        subscription.received.connect(() => {
            subscription.name = "c"
            subscription.destroy()
        })
        verify(node.dispatch("a", { n: 1 }))
        verify(node.dispatch("a", { n: 2 }))
        compare(heard, ["a 1"])
    }
}
