// SPDX-License-Identifier: MIT
// PyventEventModel: rows in batches, no more than its maximum, and what a view sees of them.
import QtQuick
import QtTest
import Pyvent
import PyventTest

Item {
    id: window
    width: 400
    height: 300

    TestCase {
        id: test
        name: "EventModel"
        when: windowShown

        readonly property int patience: 60000
        readonly property int events: 10000

        Component { id: processes; TestProcess {} }
        Component { id: spies; SignalSpy {} }
        Component { id: nodes; Pyvent {} }
        Component { id: models; PyventEventModel {} }
        Component {
            id: parents
            Pyvent {
                property alias count: model.count
                PyventEventModel { id: model }
            }
        }
        Component {
            id: views
            ListView {
                width: 400
                height: 300
                delegate: Text {
                    required property string name
                    required property string sender
                    required property var args
                    required property var time
                    required property var node
                    required property var sequence
                    text: `${name} ${sender} ${JSON.stringify(args)} ${time} ${node} ${sequence}`
                }
            }
        }

        property Pyvent node

        function make(component, properties) {
            const object = createTemporaryObject(component, test, properties)
            verify(object)
            return object
        }

        function spy(target, signalName) {
            return make(spies, { target: target, signalName: signalName })
        }

        function dispatch(from, to) {
            for (let i = from; i < to; ++i)
                node.dispatch("tick", { i: i })
        }

        function init() {
            TestTools.forgetWarnings()
            node = make(nodes, { port: TestTools.freePort() })
            tryCompare(node, "ready", true, patience)
        }

        function cleanup() {
            compare(TestTools.warnings, [])
        }

        function test_showsAnotherProcessesEvents() {
            const model = make(models, { node: node })
            const view = make(views, { parent: window, model: model })
            tryCompare(node, "ready", true, patience)
            const process = make(processes)
            process.pyvent(["send", "order-food", "food=sushi", "--port", node.port, "--id", "waiter"])
            tryCompare(model, "count", 1, patience)
            const event = model.get(0)
            compare(event.name, "order-food")
            compare(event.sender, "pyvent.waiter")
            compare(event.args, { food: "sushi" })
            compare(event.sequence, 1)
            verify(event.time instanceof Date)
            verify(/^[0-9a-f-]{36}$/.test(event.node), event.node)
            tryVerify(() => view.count === 1 && view.itemAtIndex(0), patience)
            compare(view.itemAtIndex(0).text,
                    `order-food pyvent.waiter {"food":"sushi"} ${event.time} ${event.node} 1`)
        }

        function test_hasNullForWhatPythonDoesNotTell() {
            const model = make(models, { node: node })
            tryCompare(node, "ready", true, patience)
            const process = make(processes)
            process.python(["send", node.port, "order-food", "{'food': 'sushi'}"])
            tryCompare(model, "count", 1, patience)
            const event = model.get(0)
            compare(event.node, null)
            compare(event.sequence, null)
            compare(event.time, null)
            compare(model.get(1), null)
            compare(model.get(-1), null)
        }

        function test_addsOneBatchForAllThatArriveAtOnce() {
            const model = make(models, { node: node })
            const inserted = spy(model, "rowsInserted")
            const removed = spy(model, "rowsRemoved")
            const counts = spy(model, "countChanged")
            dispatch(0, events)
            compare(inserted.count, 0)
            tryCompare(model, "count", 1000, patience)
            compare(inserted.count, 1)
            compare(removed.count, 0)
            compare(counts.count, 1)
            compare(model.get(0).args.i, events - 1000)
            compare(model.get(999).args.i, events - 1)

            dispatch(events, events + 300)
            tryCompare(inserted, "count", 2, patience)
            compare(removed.count, 1)
            compare(Array.from(removed.signalArguments[0]).slice(1), [0, 299])
            compare(Array.from(inserted.signalArguments[1]).slice(1), [700, 999])
            compare(model.count, 1000)
            compare(counts.count, 1)
            compare(model.get(0).args.i, events - 700)
            compare(model.get(999).args.i, events + 299)
        }

        function test_keepsUpWithAFlood() {
            const model = make(models, { node: node, maximumCount: events })
            const view = make(views, { parent: window, model: model })
            const inserted = spy(model, "rowsInserted")
            const lost = spy(node, "eventsLost")
            tryCompare(node, "ready", true, patience)
            const sender = make(processes)
            sender.qtNode()
            sender.order({ do: "configure", port: node.port, server: false })
            sender.order({ do: "send", name: "tick", args: {}, count: events })
            tryCompare(model, "count", events, patience)
            compare(lost.count, 0)
            for (let i = 0; i < events; i += 97)
                compare(model.get(i).args.i, i)
            // Events come many in a millisecond, so that each has a row of its own only if nothing were batched.
            verify(inserted.count < events / 2, inserted.count)
            console.log(`${events} events came in ${inserted.count} batches`)
            compare(view.count, events)
        }

        function test_choosesNamesAndSenders() {
            const model = make(models, { node: node, name: "order-*", sender: "manager" })
            const rows = () => Array.from({ length: model.count }, (_, i) => model.get(i).args.i)
            node.dispatch("order-food", { i: 1 })
            node.dispatch("order-food", { i: 2 }, "manager")
            node.dispatch("other", { i: 3 }, "manager")
            tryVerify(() => JSON.stringify(rows()) === "[2]", patience)
            model.name = "other"
            model.sender = ""
            node.dispatch("order-food", { i: 4 })
            node.dispatch("other", { i: 5 })
            tryVerify(() => JSON.stringify(rows()) === "[2,5]", patience)
        }

        function test_followsItsMaximum() {
            const model = make(models, { node: node })
            const removed = spy(model, "rowsRemoved")
            dispatch(0, 100)
            tryCompare(model, "count", 100, patience)
            model.maximumCount = 10
            compare(model.count, 10)
            compare(removed.count, 1)
            compare(model.get(0).args.i, 90)
            dispatch(100, 200)
            model.maximumCount = 5
            tryVerify(() => model.get(4) && model.get(4).args.i === 199, patience)
            compare(model.count, 5)
        }

        function test_pauses() {
            const model = make(models, { node: node, maximumCount: 10 })
            const inserted = spy(model, "rowsInserted")
            dispatch(0, 5)
            tryCompare(model, "count", 5, patience)
            model.paused = true
            dispatch(5, 8)
            const other = make(models, { node: node })
            dispatch(8, 9)
            tryCompare(other, "count", 1, patience)
            compare(model.count, 5)
            compare(inserted.count, 1)
            model.paused = false
            tryCompare(model, "count", 9, patience)
            compare(inserted.count, 2)
            compare(model.get(8).args.i, 8)
        }

        function test_clears() {
            const model = make(models, { node: node })
            dispatch(0, 5)
            tryCompare(model, "count", 5, patience)
            dispatch(5, 6)
            model.clear()
            compare(model.count, 0)
            dispatch(6, 7)
            tryCompare(model, "count", 1, patience)
            compare(model.get(0).args.i, 6)
        }

        function test_findsItsNodeAround() {
            const parent = make(parents, { port: TestTools.freePort() })
            parent.dispatch("a")
            tryCompare(parent, "count", 1, patience)
        }
    }
}
