// SPDX-License-Identifier: MIT
// ask(), askAll() and PyventAnswerer: promises that all end, and answers now and later.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Asking"

    readonly property int patience: 20000
    property var ends: []
    property var replies: []

    Component { id: nodes; Pyvent {} }
    Component {
        id: shops
        Pyvent {
            property alias price: answerer
            PyventAnswerer {
                id: answerer
                name: "price-of"
                onAsked: (args, reply) => args.dish === "sushi" ? reply(12.5) : reply.refuse(`no ${args.dish}`)
            }
            PyventAnswerer { name: "echo"; onAsked: (args, reply, event) => reply({ name: event.name, args: args }) }
            PyventAnswerer { name: "later"; onAsked: (args, reply) => test.replies.push(reply) }
            PyventAnswerer { name: "twice"; onAsked: (args, reply) => { reply(1); try { reply(2) } catch (e) { test.ends.push(e.message) } } }
            PyventAnswerer { name: "function"; onAsked: (args, reply) => { try { reply(() => 1) } catch (e) {} } }
            PyventAnswerer { name: "deaf" }
            PyventAnswerer { name: "forgets"; onAsked: (args, reply) => {} }
        }
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

    function follow(promise) {
        promise.then(value => ends.push(JSON.stringify(value)), error => ends.push(`${error.kind}: ${error.message}`))
    }

    function init() {
        ends = []
        replies = []
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function test_asksAndAnswers() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("price-of", { dish: "sushi" }))
        tryCompare(test, "ends", ["12.5"], patience)
        follow(node.ask("price-of", { dish: "eel" }, { timeout: patience }))
        tryCompare(test, "ends", ["12.5", "Refused: no eel"], patience)
        ends = []
        follow(node.ask("echo", { a: [1, "b"] }))
        tryCompare(test, "ends", ['{"args":{"a":[1,"b"]},"name":"echo"}'], patience)
    }

    function test_answersLater() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("later"))
        follow(node.ask("later"))
        tryVerify(() => replies.length === 2, patience)
        compare(ends, [])
        compare(replies[0].canceled, false)
        replies[0]("first")
        replies[1].refuse("second")
        tryVerify(() => ends.length === 2, patience)
        compare(ends.sort(), ['"first"', "Refused: second"])
    }

    function test_whoForgetsHasGivenUp() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("forgets", {}, { timeout: 60000 }))
        tryVerify(() => { gc(); return ends.length > 0 }, patience)
        compare(ends, ["Refused: the answerer has given the work up"])
    }

    function test_mistakesOfTheAnswerer() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("twice"))
        tryVerify(() => ends.length === 2, patience)
        compare(ends.sort(), ["1", "the question 'twice' has been answered before"])
        ends = []
        follow(node.ask("function"))
        tryCompare(test, "ends", ["Refused: the answer cannot be sent: the argument value is a function"], patience)
        ends = []
        follow(node.ask("deaf"))
        tryCompare(test, "ends", ["Refused: the PyventAnswerer has no onAsked"], patience)
    }

    function test_propertiesChange() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("price-of", { dish: "sushi" }))
        tryCompare(test, "ends", ["12.5"], patience)
        shop.price.name = "cost-of"
        tryCompare(shop, "ready", true, patience)
        ends = []
        follow(node.ask("cost-of", { dish: "sushi" }))
        tryCompare(test, "ends", ["12.5"], patience)
        shop.price.enabled = false
        ends = []
        let isOver = false // tryVerify() calls once more in the end
        tryVerify(() => {
            if (!isOver && ends.length === 0)
                follow(node.ask("cost-of", { dish: "sushi" }, { timeout: 500 }))
            wait(20)
            isOver = isOver || ends.pop() === "NobodyAnswers: nobody answers 'cost-of'"
            return isOver
        }, patience)
    }

    function test_nobodyAnswers() {
        const node = makeReady(nodes)
        follow(node.ask("x", {}, { timeout: 3600000 }))
        tryCompare(test, "ends", ["NobodyAnswers: nobody answers 'x'"], patience)
        ends = []
        follow(node.ask("x", {}, { timeout: 0 }))
        tryCompare(test, "ends", ["TimedOut: 'x' had no time for an answer"], patience)
        ends = []
        follow(node.ask("x", {}, { timeout: -Infinity }))
        tryCompare(test, "ends", ["TimedOut: 'x' had no time for an answer"], patience)
        ends = []
        follow(node.ask("x", {}, { timeout: Infinity }))
        tryCompare(test, "ends", ["NobodyAnswers: nobody answers 'x'"], patience)
    }

    function test_asksAll() {
        const shop = makeReady(shops)
        const other = makeReady(shops, shop.port)
        other.price.name = "price-*"
        tryCompare(other, "ready", true, patience)
        const node = makeReady(nodes, shop.port)
        let all = null
        node.askAll("price-of", { dish: "sushi" }, { timeout: 60000 }).then(answers => all = answers)
        tryVerify(() => all !== null, patience)
        compare(all.length, 2)
        compare(all.map(answer => answer.value), [12.5, 12.5])
        compare(all.map(answer => answer.error), [null, null])
        follow(node.askAll("nobody", {}, { timeout: 60000 }))
        tryCompare(test, "ends", ["[]"], patience)
    }

    function test_endsWithTheElement() {
        const shop = makeReady(shops)
        const node = create(nodes, { port: shop.port })
        tryCompare(node, "ready", true, patience)
        follow(node.ask("later"))
        tryVerify(() => replies.length === 1, patience)
        node.active = false
        tryCompare(test, "ends", ["Stopped: 'active' is false"], patience)
        node.active = true
        follow(node.ask("later"))
        tryVerify(() => replies.length === 2, patience)
        node.destroy()
        tryVerify(() => ends.length === 2, patience)
        compare(ends[1], "Stopped: the element was destroyed")
        tryVerify(() => replies.length === 2, patience)
    }

    function test_mistakesOfTheAsker() {
        const node = makeReady(nodes)
        for (const promise of [node.ask(), node.ask("two words"), node.ask("x", 7), node.ask("x", {}, 7),
                               node.ask("x", {}, { timeout: "soon" }), node.ask("x", {}, { timeout: NaN })])
            follow(promise)
        tryVerify(() => ends.length === 6, patience)
        compare(ends.filter(end => end.startsWith("NotSent: ")).length, 6)
        compare(TestTools.warnings.length, 5) // the same one is told once
        TestTools.forgetWarnings()
    }
}
