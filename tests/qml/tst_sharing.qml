// SPDX-License-Identifier: MIT
// PyventSubscription as one of a group that shares events.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Sharing"

    readonly property int patience: 20000

    Component { id: processes; TestProcess {} }
    Component { id: buses; PyventTestBus {} }
    Component { id: nodes; Pyvent { server: false } }
    Component {
        id: workers
        PyventSubscription {
            property var heard: []
            property var again: []
            name: "job"
            share: "workers"
            onReceived: (args, event) => {
                heard = heard.concat([args.n])
                again = again.concat([event.redelivered])
            }
        }
    }

    property var bus

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    // On a node of its own.
    function makeWorker(properties) {
        const node = make(nodes, { port: bus.port })
        const worker = make(workers, Object.assign({ node: node }, properties))
        tryCompare(node, "ready", true, patience)
        return worker
    }

    function init() {
        TestTools.forgetWarnings()
        bus = make(buses)
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function send(first, last) {
        for (let n = first; n <= last; ++n)
            verify(bus.send("job", { n: n }), bus.failure)
    }

    function range(first, last) {
        return Array.from({ length: last - first + 1 }, (_, index) => first + index)
    }

    function sorted(numbers) {
        return numbers.sort((one, other) => one - other)
    }

    function test_eachEventGoesToOne() {
        const one = makeWorker()
        const other = makeWorker()
        const all = makeWorker({ share: "" })
        const audit = makeWorker({ share: "audit" })
        send(1, 40)
        tryVerify(() => one.heard.length + other.heard.length >= 40, patience)
        compare(sorted(one.heard.concat(other.heard)), range(1, 40))
        verify(one.heard.length > 0 && other.heard.length > 0)
        tryCompare(all, "heard", range(1, 40), patience)
        tryCompare(audit, "heard", range(1, 40), patience)
        verify(!one.again.concat(other.again, all.again).includes(true))
    }

    function test_followsItsGroup() {
        const one = makeWorker()
        const other = makeWorker()
        one.share = "others"
        tryCompare(one.node, "ready", true, patience)
        send(1, 10)
        tryCompare(one, "heard", range(1, 10), patience)
        // What was on its way to the former member comes after its last word.
        tryVerify(() => other.heard.length === 10, patience)
        compare(sorted(other.heard), range(1, 10))
        one.enabled = false
        other.share = ""
        tryCompare(other.node, "ready", true, patience)
        send(11, 12)
        tryVerify(() => other.heard.length === 12, patience)
        compare(other.heard.slice(10), [11, 12])
        compare(one.heard, range(1, 10))
    }

    // Its node leaves the bus while it works.
    function test_tellsThatAnEventComesAgain() {
        const one = makeWorker()
        one.received.connect(() => one.node.active = false)
        send(1, 1)
        tryCompare(one, "heard", [1], patience)
        compare(one.again, [false])
        const other = makeWorker()
        tryCompare(other, "heard", [1], patience)
        compare(other.again, [true])
    }

    // The rest of an asynchronous handler is not waited for, as qml/README.md says.
    function test_hasFinishedWhenTheHandlerReturns() {
        const one = makeWorker()
        one.received.connect(() => new Promise(() => {}))
        send(1, 5)
        tryCompare(one, "heard", range(1, 5), patience)
    }

    function test_sharesWithAnotherProcess() {
        const one = makeWorker()
        const process = make(processes)
        process.pyvent(["listen", "job", "--sender", "pyvent", "--share", "workers", "--port", bus.port])
        tryVerify(() => process.errors.includes("listening to"), patience)
        send(1, 20)
        const printed = () => process.output.split("\n").filter(line => line.includes("  n="))
            .map(line => Number(line.split("n=")[1]))
        tryVerify(() => one.heard.length + printed().length >= 20, patience)
        compare(sorted(one.heard.concat(printed())), range(1, 20))
        verify(printed().length > 0 && one.heard.length > 0)
    }
}
