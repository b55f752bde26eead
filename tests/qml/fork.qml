// SPDX-License-Identifier: MIT
import QtQml
import Pyvent

// What a child of fork() may try, each as a function that returns whether it worked.
Pyvent {
    id: bus

    property var codes: []          // of the errors that were told
    property string settled: ""     // how a wait has ended
    property int heard: 0
    property Component subscription: Component { PyventSubscription { name: "x" } }
    property Component model: Component { PyventEventModel { name: "x" } }

    names: ["heard"]
    onEvent: ++heard
    onErrorOccurred: error => codes.push(error.code)

    function isRefused() { return codes.indexOf(Pyvent.UsedAfterFork) >= 0 }

    function sendsWhatItHears() { return send("heard") }
    function sends() { return send("x", { i: -1 }) }
    function dispatches() { return dispatch("x", { i: -1 }) }
    function waits() {
        waitFor("x", 60000).then(() => settled = "heard", error => settled = error.message)
        return false
    }
    function waitsWithCallback() {
        waitFor("x", 60000, event => settled = event ? "heard" : "null")
        return false
    }
    function asks() {
        waitFor("x", 60000, { send: "x", callback: event => settled = event ? "heard" : "null" })
        return false
    }
    function subscribes() { return subscription.createObject(bus) === null }
    function models() { return model.createObject(bus) === null }
    function hearsOtherNames() {
        names = ["x"]
        return false
    }
    // A node that is made after the fork is like any other.
    function joinsAnew() {
        sends()
        active = false
        active = true
        return isRefused() && send("x")
    }
}
