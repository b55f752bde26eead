// SPDX-License-Identifier: MIT
// A signal that is declared on the element hears the event of its name.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "DeclaredSignals"

    readonly property int patience: 20000

    Component { id: processes; TestProcess {} }
    Component { id: spies; SignalSpy {} }
    Component {
        id: nodes
        Pyvent {
            property var heard: []
            property int counter: 0
            property var last

            signal orderFood(string food, string drink)
            onOrderFood: (food, drink) => heard.push(`${food} ${drink}`)

            signal playMP3File(int trackNumber)
            onPlayMP3File: trackNumber => heard.push(`track ${trackNumber}`)

            signal snake_case(int some_number)
            onSnake_case: some_number => heard.push(`snake ${some_number}`)

            signal everyType(bool flag, int whole, real number, string text, url link, color paint, date day, var any)
            onEveryType: (flag, whole, number, text, link, paint, day, any) =>
                last = [flag, whole, number, text, link, paint, day, any]

            signal nothing
            onNothing: heard.push("nothing")

            signal fromWhom(string sender, string signal)
            onFromWhom: (sender, signal) => heard.push(`${signal} from ${sender}`)

            signal manyParameters(int p1, int p2, int p3, int p4, int p5, int p6, int p7, int p8, int p9, int p10,
                                  int p11, int p12)
            onManyParameters: (p1, p2, p3, p4, p5, p6, p7, p8, p9, p10, p11, p12) => heard.push(`${p1} to ${p12}`)

            onCounterChanged: heard.push("counter")
        }
    }

    property var node

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    function init() {
        TestTools.forgetWarnings()
        node = make(nodes, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
    }

    function test_hearsAnotherProcess_data() {
        return [{ tag: "order-food" }, { tag: "order_food" }, { tag: "orderFood" }]
    }

    function test_hearsAnotherProcess(data) {
        const process = make(processes)
        process.pyvent(["send", data.tag, "food=sushi", "drink=sake", "table:=7", "--port", node.port])
        tryCompare(node, "heard", ["sushi sake"], patience)
        compare(TestTools.warnings, [])
    }

    function test_knowsTheWaysToWriteAName_data() {
        return [
            { tag: "play-mp3-file", args: { track_number: 1 }, heard: "track 1" },
            { tag: "play_mp3_file", args: { "track-number": 2 }, heard: "track 2" },
            { tag: "playMp3File", args: { trackNumber: 3 }, heard: "track 3" },
            { tag: "playMP3File", args: { trackNumber: 4, track_number: 9 }, heard: "track 4" },
            { tag: "snake-case", args: { someNumber: 5 }, heard: "snake 5" },
            { tag: "snakeCase", args: { "some-number": 6 }, heard: "snake 6" },
            { tag: "nothing", args: { x: 1 }, heard: "nothing" }
        ]
    }

    function test_knowsTheWaysToWriteAName(data) {
        verify(node.dispatch(data.tag, data.args))
        compare(node.heard, [data.heard])
        compare(TestTools.warnings, [])
    }

    function test_convertsToTheParametersTypes() {
        const day = new Date(2024, 1, 29, 12, 30)
        verify(node.dispatch("every-type", { flag: true, whole: 7, number: 1.5, text: "ü", link: "http://a/b",
                                             paint: "#ff8800", day: day, any: { deep: [1, null] } }))
        compare(node.last[0], true)
        compare(node.last[1], 7)
        compare(node.last[2], 1.5)
        compare(node.last[3], "ü")
        compare(node.last[4].toString(), "http://a/b")
        verify(Qt.colorEqual(node.last[5], "#ff8800"))
        compare(node.last[6].getTime(), day.getTime())
        compare(node.last[7], { deep: [1, null] })
    }

    function test_bindsSenderAndName() {
        verify(node.dispatch("from-whom", {}, "pyvent.waiter"))
        verify(node.dispatch("from-whom", {}, "somebody else"))
        compare(node.heard, ["from-whom from pyvent.waiter"])
    }

    function test_takesAnyNumberOfParameters() {
        const args = {}
        for (let i = 1; i <= 12; ++i)
            args["p" + i] = i
        verify(node.dispatch("many-parameters", args))
        compare(node.heard, ["1 to 12"])
    }

    function test_failsWithoutAnArgument() {
        const failures = make(spies, { target: node, signalName: "handlerFailed" })
        for (let i = 0; i < 3; ++i)
            verify(node.dispatch("order-food", { food: "sushi" }))
        compare(node.heard, [])
        compare(failures.count, 3)
        compare(failures.signalArguments[0][0], "order-food")
        compare(failures.signalArguments[0][1], "the argument 'drink' is missing and has no default")
        compare(TestTools.warnings.length, 1)
        compare(TestTools.warnings, [
            "tst_declaredsignals.qml:18: QML Pyvent: the signal 'orderFood' was not emitted for the event "
            + "'order-food': the argument 'drink' is missing and has no default"
        ])
    }

    function test_failsWhereAnArgumentDoesNotConvert() {
        const failures = make(spies, { target: node, signalName: "handlerFailed" })
        verify(node.dispatch("snake_case", { some_number: "many" }))
        compare(node.heard, [])
        compare(failures.count, 1)
        const reason = failures.signalArguments[0][1]
        verify(reason.includes("'some_number' is of type QString"), reason)
        compare(TestTools.warnings.length, 1)
    }

    function test_theElementsOwnSignalsHearNothing() {
        const ready = make(spies, { target: node, signalName: "readyChanged" })
        const errors = make(spies, { target: node, signalName: "errorOccurred" })
        for (const event of ["counter-changed", "counterChanged", "ready-changed", "error-occurred", "event",
                             "port-changed", "object-name-changed", "heard-changed", "last-changed"])
            verify(node.dispatch(event, { error: 1, name: "x", args: {} }))
        compare(node.heard, [])
        compare(ready.count, 0)
        compare(errors.count, 0)
        compare(TestTools.warnings, [])
    }

    function test_emittingByHandSendsNothing() {
        const all = make(spies, { target: node, signalName: "event" })
        tryCompare(node, "ready", true, patience)
        node.orderFood("pizza", "wine")
        compare(node.heard, ["pizza wine"])
        verify(node.send("last"))
        tryCompare(all, "count", 1, patience)
        compare(all.signalArguments[0][0], "last")
    }
}
