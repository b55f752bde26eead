// SPDX-License-Identifier: MIT
// PyventTestBus as an element.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "TestBus"

    readonly property int patience: 20000

    Component { id: buses; PyventTestBus {} }
    Component { id: spies; SignalSpy {} }
    Component { id: processes; TestProcess {} }
    Component {
        id: kitchens
        Pyvent {
            server: false
            signal orderFood(string food)
            onOrderFood: food => send("food-ready", { food: food, list: [1, "a"] })
        }
    }

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    function init() {
        TestTools.forgetWarnings()
    }

    function test_hears() {
        const bus = make(buses)
        const kitchen = make(kitchens, { port: bus.port })
        const spy = make(spies, { target: bus, signalName: "eventHeard" })
        tryCompare(kitchen, "ready", true, patience)
        verify(bus.send("order-food", { food: "sushi" }), bus.failure)
        const ready = bus.waitFor("food-*", { food: "sushi", list: [1, "a"] }, patience)
        verify(ready, bus.failure)
        compare(bus.failure, "")
        compare(ready.name, "food-ready")
        compare(ready.args.food, "sushi")
        compare(bus.heard("food-ready", { food: "sushi" }).length, 1)
        compare(bus.heard()[0].args.list, [1, "a"])
        compare(bus.heard("food-ready", { food: "ramen" }), [])
        compare(spy.count, 1)
        bus.clear()
        compare(bus.heard(), [])
    }

    function test_saysWhatCameInstead() {
        const bus = make(buses)
        compare(bus.waitFor("bill", { table: 7 }, 0), null)
        compare(bus.failure, "'bill' with table=7 did not come. Nothing came.")
        compare(bus.waitFor("bill", { table: () => 7 }, 0), null)
        verify(bus.failure.includes("table is a function"), bus.failure)
        compare(TestTools.warnings.length, 1)
    }

    function test_itsServer() {
        const bus = make(buses)
        const kitchen = make(kitchens, { port: bus.port })
        tryCompare(kitchen, "ready", true, patience)
        bus.killServer()
        tryCompare(bus, "serving", false, patience)
        tryCompare(kitchen, "ready", false, patience)
        verify(kitchen.send("kept", { n: 1 }))
        verify(bus.startServer(), bus.failure)
        verify(bus.waitFor("kept", { n: 1 }, patience), bus.failure)
        verify(bus.restartServer(), bus.failure)
        tryCompare(kitchen, "ready", true, patience)
    }

    function test_otherProcesses() {
        const bus = make(buses)
        const process = make(processes)
        process.pyvent(["send", "x", "n:=1", "--port", bus.port])
        verify(bus.waitFor("x", { n: 1 }, patience), bus.failure)
        make(processes).pyvent(["listen", "order-*", "--port", bus.port])
        verify(bus.waitForListener("order-food", patience), bus.failure)
        verify(!bus.waitForListener("nothing", 10))
        compare(bus.failure, "no node listens to 'nothing' after 10 ms")
    }
}
