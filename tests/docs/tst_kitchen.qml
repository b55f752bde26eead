// SPDX-License-Identifier: MIT
import QtQuick
import QtTest
import Pyvent

TestCase {
    name: "Kitchen"

    PyventTestBus { id: bus }

    // What is tested; mostly a component of its own, which gets the port.
    Pyvent {
        id: kitchen
        port: bus.port
        server: false
        signal orderFood(string food)
        onOrderFood: food => send("food-ready", { food: food, minutes: 12 })
    }

    function init() {
        tryCompare(kitchen, "ready", true, 20000)
        bus.clear()
    }

    function test_cooksWhatIsOrdered() {
        bus.send("order-food", { food: "sushi" })
        const ready = bus.waitFor("food-ready", { food: "sushi" })
        verify(ready, bus.failure)
        compare(ready.args.minutes, 12)
        compare(bus.heard("food-*").length, 1)
    }

    function test_losesNothingWhileTheServerIsAway() {
        bus.killServer()
        kitchen.send("closing", { hour: 22 })
        verify(bus.startServer(), bus.failure)
        verify(bus.waitFor("closing", { hour: 22 }, 20000), bus.failure)
    }
}
