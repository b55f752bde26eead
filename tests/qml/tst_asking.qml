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

    // What goes wrong elsewhere while a question is answered.
    signal disturbed()
    onDisturbed: { throw new Error("of another handler") }

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
            PyventAnswerer {
                id: throwing
                name: "throws"
                onAsked: (args, reply) => {
                    test.replies.push(reply)
                    if (args.answer)
                        reply(args.answer)
                    throw args.plain ? args.plain : new Error(args.text)
                }
            }
            PyventAnswerer { name: "mistaken"; onAsked: (args, reply) => reply(noSuchThing) }
            PyventAnswerer { id: connected; name: "connected"; Component.onCompleted: connected.asked.connect(() => { throw "no" }) }
            PyventAnswerer { id: watched; name: "watched" }
            Connections { target: watched; function onAsked(args, reply) { reply.none() } }
            PyventAnswerer {
                name: "disturbed"
                onAsked: (args, reply) => {
                    test.replies.push(reply)
                    test.disturbed()
                    if (args.throws)
                        throw new Error("its own")
                }
            }
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

    // At once, also where somebody has kept the reply.
    function test_whatTheHandlerThrowsIsTheAnswer_data() {
        return [
            { tag: "an error", name: "throws", args: { text: "no such dish" }, end: "Refused: no such dish" },
            { tag: "a string", name: "throws", args: { plain: "no such dish" }, end: "Refused: no such dish" },
            { tag: "without a text", name: "throws", args: {}, end: "Refused: Error" },
            { tag: "behind the answer", name: "throws", args: { answer: 7, text: "late" }, end: "7" },
            { tag: "a mistake", name: "mistaken", args: {}, end: "Refused: ReferenceError: noSuchThing is not defined" },
            { tag: "a function", name: "connected", args: {}, end: "Refused: no" },
            { tag: "Connections", name: "watched", args: {}, end: "Refused: TypeError: Property 'none' of object function reply() { [native code] } is not a function" },
            { tag: "others throw, too", name: "disturbed", args: { throws: true }, end: "Refused: its own" }
        ]
    }

    function test_whatTheHandlerThrowsIsTheAnswer(row) {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask(row.name, row.args, { timeout: 3600000 }))
        tryVerify(() => ends.length === 1, patience)
        compare(ends[0], row.end)
        verify(TestTools.warnings.length >= 1)
        TestTools.forgetWarnings()
        for (const reply of replies) { // which is used up
            let refused = false
            try { reply(1) } catch (error) { refused = error.message.includes("has been answered before") }
            verify(refused)
        }
    }

    // Whoever answers later is not disturbed by what goes wrong elsewhere meanwhile.
    function test_otherErrorsAreNoAnswer() {
        const shop = makeReady(shops)
        const node = makeReady(nodes, shop.port)
        follow(node.ask("disturbed", {}, { timeout: 3600000 }))
        tryVerify(() => replies.length === 1, patience)
        compare(TestTools.warnings.length, 1)
        TestTools.forgetWarnings()
        follow(node.ask("price-of", { dish: "sushi" }))
        tryCompare(test, "ends", ["12.5"], patience)
        replies[0]("well")
        tryCompare(test, "ends", ["12.5", '"well"'], patience)
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
        tryCompare(test, "ends", ["TimedOut: 'x' had no time for an answer: give a time-out of more than 0"], patience)
        ends = []
        follow(node.ask("x", {}, { timeout: -Infinity }))
        tryCompare(test, "ends", ["TimedOut: 'x' had no time for an answer: give a time-out of more than 0"], patience)
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
