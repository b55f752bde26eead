// SPDX-License-Identifier: MIT
// PyventValue: written here and elsewhere, bound both ways, stale.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "SharedValue"

    readonly property int patience: 20000
    property int port: 0
    property var writes: []

    Component { id: nodes; Pyvent {} }
    Component {
        id: values
        PyventValue {
            property int changes: 0
            onChanged: ++changes
        }
    }
    Component {
        id: children
        Pyvent {
            id: kitchen
            property alias celsius: celsius
            property alias slider: slider
            property int heard: 0
            PyventSubscription { name: "oven.temperature"; onReceived: ++kitchen.heard }
            PyventValue { id: celsius; name: "oven.temperature"; value: 20; staleAfter: 0.3 }
            QtObject {
                id: slider
                property real value: celsius.value
                property bool grey: celsius.stale
                function move(to) { celsius.value = to }
            }
        }
    }
    Component {
        id: bindings
        Pyvent {
            id: desk
            property real source: 1
            property alias bound: bound
            PyventValue { id: bound; name: "bound"; value: desk.source }
        }
    }

    function init() {
        port = TestTools.freePort()
        writes = []
    }

    function makeNode() {
        return createTemporaryObject(nodes, test, { port: test.port })
    }

    function test_aWriteIsThereForAll() {
        const one = makeNode()
        const other = makeNode()
        const mine = createTemporaryObject(values, test, { node: one, name: "x", value: 5 })
        const theirs = createTemporaryObject(values, test, { node: other, name: "x", value: 7 })
        compare(mine.value, 5)
        verify(!mine.known)
        compare(mine.age, Infinity)
        mine.value = 6
        compare(mine.value, 6)
        verify(mine.known)
        tryCompare(theirs, "value", 6, patience)
        verify(theirs.origin.length === 36)
        compare(theirs.sender, "pyvent")
        verify(theirs.age < 60)
        theirs.value = { list: [1, "two"], flag: true }
        tryVerify(() => mine.value.list !== undefined, patience)
        compare(mine.value.list[1], "two")
        const late = createTemporaryObject(values, test, { node: makeNode(), name: "x", value: "default" })
        tryVerify(() => late.value.flag === true, patience)
    }

    // The initial value is no write, and a write of Python's form is one.
    function test_aDefaultOverwritesNothing() {
        const one = makeNode()
        const first = createTemporaryObject(values, test, { node: one, name: "x" })
        first.value = 1
        const second = createTemporaryObject(values, test, { node: makeNode(), name: "x", value: 99 })
        tryCompare(second, "value", 1, patience)
        compare(first.value, 1)
        one.send("x", { value: 2 })
        tryCompare(second, "value", 2, patience)
        tryCompare(first, "value", 2, patience)
    }

    function test_aSliderMovesBothWays() {
        const one = createTemporaryObject(children, test, { port: test.port })
        const other = createTemporaryObject(children, test, { port: test.port })
        compare(one.slider.value, 20)
        verify(one.slider.grey)
        tryVerify(() => other.ready && one.ready, patience)
        one.slider.move(180)
        compare(one.slider.value, 180)
        tryCompare(other.slider, "value", 180, patience)
        other.slider.move(90)
        tryCompare(one.slider, "value", 90, patience)
        verify(!one.slider.grey)
        tryCompare(one.slider, "grey", true, patience)
        one.slider.move(91)
        verify(!one.slider.grey)
        tryCompare(other.slider, "value", 91, patience)
        tryVerify(() => other.heard === 3, patience)
    }

    function test_aBindingWrites() {
        const one = createTemporaryObject(bindings, test, { port: test.port })
        const theirs = createTemporaryObject(values, test, { node: makeNode(), name: "bound" })
        compare(one.bound.value, 1)
        verify(!one.bound.known)
        one.source = 2
        tryCompare(theirs, "value", 2, patience)
        theirs.value = 3
        tryCompare(one.bound, "value", 3, patience)
        one.source = 4
        tryCompare(theirs, "value", 4, patience)
    }

    function test_compareAndSet() {
        const mine = createTemporaryObject(values, test, { node: makeNode(), name: "x", value: 0 })
        const results = []
        mine.compareAndSet(1, 2, done => results.push(done))
        mine.compareAndSet(0, 5, done => results.push(done))
        tryVerify(() => results.length === 2, patience)
        compare(results, [false, true])
        tryCompare(mine, "value", 5, patience)
    }

    // What is written before there is a node is written when there is one.
    function test_aNodeThatComesLater() {
        const mine = createTemporaryObject(values, test, { node: null, name: "x", value: 0 })
        mine.value = 8
        const theirs = createTemporaryObject(values, test, { node: makeNode(), name: "x" })
        mine.node = makeNode()
        tryCompare(theirs, "value", 8, patience)
        mine.name = "y"
        mine.value = 9
        const others = createTemporaryObject(values, test, { node: makeNode(), name: "y" })
        tryCompare(others, "value", 9, patience)
    }

    function test_mistakes() {
        ignoreWarning(/has no value: 'x\*' stands for many names/)
        createTemporaryObject(values, test, { node: makeNode(), name: "x*" })
        const mine = createTemporaryObject(values, test, { node: makeNode(), name: "x" })
        try {
            mine.value = () => 1 // which the engine lets nobody assign
        } catch (error) {
            verify(error)
        }
        compare(mine.value, undefined)
    }
}
