// SPDX-License-Identifier: MIT
// waitFor(): promises and callbacks, and that all of them end.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "WaitFor"

    readonly property int patience: 20000
    property var ends: []

    Component { id: processes; TestProcess {} }
    Component { id: nodes; Pyvent {} }
    Component {
        id: answerers
        Pyvent {
            signal question(int n)
            onQuestion: n => send("answer", { n: n + 1 })
        }
    }
    Loader {
        id: loader
        active: false
        sourceComponent: Pyvent { active: false }
    }

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    // For objects that the test itself ends.
    function create(component, properties) {
        const object = component.createObject(test, properties)
        verify(object)
        return object
    }

    function makeReady(component, port) {
        const node = make(component, { port: port || TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        return node
    }

    // Takes down how a promise ends.
    function follow(promise) {
        promise.then(event => ends.push(`${event.name} ${event.args.n}`), error => ends.push(error.message))
    }

    function init() {
        ends = []
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function test_promisesAnEventOfAnotherProcess() {
        const node = makeReady(nodes)
        follow(node.waitFor("food-*", patience))
        compare(ends, [])
        tryCompare(node, "ready", true, patience)
        const process = make(processes)
        process.pyvent(["send", "food-ready", "n:=7", "--port", node.port])
        tryCompare(test, "ends", ["food-ready 7"], patience)
    }

    function test_callsBackWithAnEvent() {
        const node = makeReady(nodes)
        const promise = node.waitFor("a", patience, event => ends.push(`${event.name} ${event.args.n}`))
        compare(promise, undefined)
        tryCompare(node, "ready", true, patience)
        verify(node.send("a", { n: 1 }))
        tryCompare(test, "ends", ["a 1"], patience)
        verify(node.dispatch("a", { n: 2 }))
        compare(ends, ["a 1"])
    }

    function test_endsWithItsTimeOut() {
        const node = makeReady(nodes)
        follow(node.waitFor("a", 20))
        node.waitFor("a", 0, event => ends.push(`called back with ${event}`))
        tryVerify(() => ends.length === 2, patience)
        compare(ends.sort(), ["called back with null", "no event 'a' was heard within 20 ms"])
    }

    function test_asksFirst() {
        const node = makeReady(answerers)
        const asker = make(nodes, { port: node.port })
        follow(asker.waitFor("answer", patience, { send: "question", args: { n: 41 } }))
        tryCompare(test, "ends", ["answer 42"], patience)
        asker.waitFor("answer", patience, { send: "question", args: { n: 1 },
                                            callback: event => ends.push(`then ${event.args.n}`) })
        tryCompare(test, "ends", ["answer 42", "then 2"], patience)
    }

    function test_choosesTheSender() {
        const node = makeReady(nodes)
        follow(node.waitFor("a", patience, { sender: "manager" }))
        tryCompare(node, "ready", true, patience)
        verify(node.send("a", { n: 1 }))
        verify(node.send("a", { n: 2 }, "manager"))
        tryCompare(test, "ends", ["a 2"], patience)
        follow(node.waitFor("a", patience, { sender: "" }))
        tryCompare(node, "ready", true, patience)
        verify(node.send("a", { n: 3 }, "anybody"))
        tryCompare(test, "ends", ["a 2", "a 3"], patience)
    }

    function test_manyWaitAtOnce() {
        const node = makeReady(nodes)
        for (let i = 0; i < 100; ++i)
            follow(node.waitFor("n-" + i % 10, patience))
        tryCompare(node, "ready", true, patience)
        for (let i = 0; i < 10; ++i)
            verify(node.send("n-" + i, { n: i }))
        tryVerify(() => ends.length === 100, patience)
        for (let i = 0; i < 10; ++i)
            compare(ends.filter(end => end === `n-${i} ${i}`).length, 10)
    }

    function test_endsWithTheElement() {
        const node = create(nodes, { port: TestTools.freePort(), server: false, linger: 0 })
        follow(node.waitFor("a", patience))
        node.waitFor("a", patience, event => ends.push(`called back with ${event}`))
        follow(node.waitFor("a", patience, { send: "b" }))
        node.destroy()
        tryVerify(() => ends.length === 3, patience)
        compare(ends.sort(), ["called back with null",
                                          "no event 'a' will be heard: the element was destroyed",
                                          "no event 'a' will be heard: the element was destroyed"])
    }

    function test_endsWithTheComponentOfTheElement() {
        loader.active = true
        const node = loader.item as Pyvent
        node.port = TestTools.freePort()
        node.active = true
        follow(node.waitFor("a", patience))
        loader.active = false
        tryCompare(test, "ends", ["no event 'a' will be heard: the element was destroyed"], patience)
    }

    function test_endsWhenTheElementLeaves() {
        const node = makeReady(nodes)
        follow(node.waitFor("a", patience))
        node.active = false
        tryCompare(test, "ends", ["no event 'a' will be heard: 'active' is false"], patience)
    }

    function test_aHandlerMayWaitAgainAndEndTheElement() {
        const node = create(nodes, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        node.waitFor("a", patience, event => {
            ends.push(`first ${event.args.n}`)
            node.waitFor("a", patience, second => {
                ends.push(`second ${second.args.n}`)
                node.destroy()
            })
        })
        verify(node.dispatch("a", { n: 1 }))
        tryCompare(test, "ends", ["first 1"], patience)
        verify(node.dispatch("a", { n: 2 }))
        tryCompare(test, "ends", ["first 1", "second 2"], patience)
    }
}
