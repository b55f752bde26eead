// SPDX-License-Identifier: MIT
// Who is there: the signals of the element, PyventNodeModel, and what is sent when an element's node is lost.
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
        name: "NodeModel"
        when: windowShown

        readonly property int patience: 60000

        Component { id: processes; TestProcess {} }
        Component { id: spies; SignalSpy {} }
        Component { id: nodes; Pyvent {} }
        Component { id: models; PyventNodeModel {} }
        Component {
            id: parents
            Pyvent {
                property alias count: model.count
                PyventNodeModel { id: model }
            }
        }
        Component {
            id: views
            ListView {
                width: 400
                height: 300
                delegate: Text {
                    required property string nodeId
                    required property string program
                    required property bool serving
                    required property var names
                    required property var about
                    required property var since
                    text: `${nodeId} ${program} ${serving} ${names} ${JSON.stringify(about)} ${since instanceof Date}`
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

        // A node in another process.
        function peer(id) {
            const process = make(processes)
            process.qtNode()
            process.order({ do: "configure", port: node.port, server: false, id: id })
            process.order({ do: "on", name: "order-*" })
            process.order({ do: "ready" })
            return process
        }

        function init() {
            TestTools.forgetWarnings()
            node = make(nodes, { port: TestTools.freePort() })
            tryCompare(node, "ready", true, patience)
        }

        function cleanup() {
            compare(TestTools.warnings, [])
        }

        function test_tellsWhoComesAndGoes() {
            const appeared = spy(node, "nodeAppeared")
            const vanished = spy(node, "nodeVanished")
            let process = peer("oven")
            tryCompare(appeared, "count", 1, patience)
            const oven = appeared.signalArguments[0][0]
            compare(oven.nodeId, "oven")
            compare(oven.names, ["order-*"])
            compare(oven.serving, false)
            verify(oven.pid > 0)
            process.order({ do: "stop" })
            tryCompare(vanished, "count", 1, patience)
            compare(vanished.signalArguments[0][0].uuid, oven.uuid)
            compare(vanished.signalArguments[0][1], Pyvent.Left)
            process.order({ do: "start" })
            tryCompare(appeared, "count", 2, patience)
            process.destroy() // which kills it
            tryCompare(vanished, "count", 2, patience)
            compare(vanished.signalArguments[1][1], Pyvent.Lost)
        }

        function test_showsWhoIsThere() {
            const model = make(models, { node: node })
            const view = make(views, { parent: window, model: model })
            compare(model.count, 0)
            const process = peer("oven")
            tryCompare(model, "count", 1, patience)
            tryVerify(() => view.count === 1 && view.itemAtIndex(0), patience)
            tryVerify(() => view.itemAtIndex(0).text.endsWith(" false order-* {} true"), patience, view.itemAtIndex(0).text)
            const row = model.get(0)
            compare(row.nodeId, "oven")
            compare(row.way, "lane")
            verify(row.since instanceof Date)
            compare(model.get(1), null)
            node.active = false
            compare(model.count, 0)
            node.active = true
            tryCompare(model, "count", 1, patience)
            process.order({ do: "quit" })
            tryCompare(model, "count", 0, patience)
        }

        function test_standsInTheElement() {
            const other = make(parents, { port: node.port })
            tryCompare(other, "count", 1, patience)
            node.active = false
            tryCompare(other, "count", 0, patience)
        }

        function test_sendsAWill() {
            const heard = make(processes)
            heard.pyvent(["listen", "screen-*", "--json", "--no-server", "--port", node.port])
            tryVerify(() => heard.errors.includes("listening to"), patience)
            const changes = spy(node, "willChanged")
            node.will = { name: "screen-lost", args: { number: 7 } }
            node.will = null
            node.will = { name: "screen-gone", args: { number: 8 }, sender: "screen" }
            compare(changes.count, 3)
            compare(node.will.name, "screen-gone")
            verify(node.send("screen-here"))
            tryVerify(() => heard.output.includes("screen-here"), patience)
            node.active = false // which is no loss
            node.active = true
            tryCompare(node, "ready", true, patience)
            verify(node.send("screen-again"))
            tryVerify(() => heard.output.includes("screen-again"), patience)
            compare(heard.output.includes("screen-gone"), false)
        }

        function test_warnsOfAWillThatIsNone() {
            node.will = { args: { number: 7 } }
            node.will = { name: "no name" }
            node.will = { name: "screen-lost", args: { f: () => 1 } }
            compare(TestTools.warnings.length, 3)
            for (const warning of TestTools.warnings)
                verify(warning.includes("'will' is not what it may be: "), warning)
            TestTools.forgetWarnings()
        }
    }
}
