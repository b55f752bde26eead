// SPDX-License-Identifier: MIT
// A wrong use is one warning with the file and line of the element.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Mistakes"

    readonly property int patience: 20000

    Component { id: spies; SignalSpy {} }

    // The element that \a code declares stands in line 3 of Wrong.qml.
    function make(code) {
        const root = createTemporaryQmlObject(
            `import QtQuick; import Pyvent\nQtObject { property QtObject made:\n${code} }`, test, "Wrong.qml")
        verify(root)
        return root.made
    }

    function makeNode(code) {
        const node = make(`Pyvent { port: ${TestTools.freePort()}; ${code || ""} }`)
        tryCompare(node, "ready", true, patience)
        return node
    }

    function init() {
        TestTools.forgetWarnings()
    }

    function warns(text) {
        compare(TestTools.warnings.length, 1, Array.from(TestTools.warnings).join("\n"))
        const start = "Wrong.qml:3: QML "
        const warning = `${TestTools.warnings[0]}`
        verify(warning.startsWith(start), warning)
        compare(warning.slice(start.length), text)
    }

    function test_aGlobHasNoPast() {
        makeNode('PyventSubscription { name: "a-*"; replayLast: 3 }')
        warns("PyventSubscription: hears nothing: 'a-*' has no past to replay, because it stands for many names; give "
              + "it one name, or leave out 'replayLast' and 'replaySeconds'")
    }

    function test_whatCannotBeShared_data() {
        const goesWithout = "'share' goes without 'replayLast', 'replaySeconds', 'last', 'latest' and 'atMostEvery', because each of "
            + "the group 'w' takes all that it is given, and nothing else"
        const isName = "'share' is the name of a group, which has up to 255 bytes of UTF-8, and no control characters"
        return [
            { tag: "replayLast", code: 'share: "w"; replayLast: 3', why: goesWithout },
            { tag: "replaySeconds", code: 'share: "w"; replaySeconds: 3', why: goesWithout },
            { tag: "last", code: 'share: "w"; last: true', why: goesWithout },
            { tag: "latest", code: 'share: "w"; latest: true', why: goesWithout },
            { tag: "atMostEvery", code: 'share: "w"; atMostEvery: 5', why: goesWithout },
            { tag: "control character", code: 'share: "a\\nb"', why: isName },
            { tag: "too long", code: `share: "${"é".repeat(128)}"`, why: isName }
        ]
    }

    function test_whatCannotBeShared(data) {
        makeNode(`PyventSubscription { name: "a"; ${data.code} }`)
        warns("PyventSubscription: hears nothing: " + data.why)
    }

    function test_anOptionThatIsSetTooLate_data() {
        return [
            { tag: "port", value: 4 },
            { tag: "address", value: "127.0.0.2" },
            { tag: "nodeId", value: "late" },
            { tag: "server", value: false },
            { tag: "hearOwnEvents", value: false },
            { tag: "keyFile", value: "a.key" },
            { tag: "serverKey", value: "a.pub" },
            { tag: "allowFile", value: "allowed" },
            { tag: "openToNetwork", value: true },
            { tag: "linger", value: 5 }
        ]
    }

    function test_anOptionThatIsSetTooLate(data) {
        const node = makeNode()
        const errors = createTemporaryObject(spies, test, { target: node, signalName: "errorOccurred" })
        const before = node[data.tag]
        for (let i = 0; i < 3; ++i)
            node[data.tag] = data.value
        compare(node[data.tag], before)
        compare(node.ready, true)
        warns(`Pyvent: '${data.tag}' cannot be changed any more, because the node is on the bus: give it a value from `
              + "the start, or change it while 'active' is false")
        compare(errors.count, 3)
        compare(errors.signalArguments[0][0].code, Pyvent.ConfiguredTooLate)
        compare(errors.signalArguments[0][0].subject, data.tag)
    }

    function test_aKeyThatIsNotThere() {
        const node = make('Pyvent { keyFile: "/no/such/file.key" }')
        verify(node)
        warns("Pyvent: /no/such/file.key cannot be read: No such file or directory")
        compare(node.state, Pyvent.Stopped)
    }

    function test_anOptionThatCannotBe() {
        const node = make("Pyvent { port: 70000 }")
        compare(TestTools.warnings.length, 1)
        verify(/^Wrong\.qml:3: QML Pyvent: .*70000/.test(TestTools.warnings[0]), TestTools.warnings[0])
        compare(node.state, Pyvent.Stopped)
        node.port = TestTools.freePort()
        tryCompare(node, "ready", true, patience)
    }

    function test_aNameThatCannotBeSent_data() {
        return [
            { tag: "empty", name: "", why: "an event's name cannot be empty" },
            { tag: "space", name: "a b",
              why: "the event's name 'a b' has a space at position 1; a space ends the name on the wire" },
            { tag: "reserved", name: "__x",
              why: "the event's name '__x' begins with '__', which Python's nodes keep for themselves" }
        ]
    }

    function test_aNameThatCannotBeSent(data) {
        const node = makeNode()
        const errors = createTemporaryObject(spies, test, { target: node, signalName: "errorOccurred" })
        for (let i = 0; i < 3; ++i)
            compare(node.send(data.name, { n: i }), false)
        warns(`Pyvent: send("${data.name}") does nothing: ${data.why}`)
        compare(errors.count, 3)
        compare(errors.signalArguments[2][0].code, Pyvent.InvalidName)
    }

    function test_aCallWithoutAName_data() {
        return [
            { tag: "send", text: "send() does nothing", call: node => node.send() },
            { tag: "send, undefined", text: "send() does nothing", call: node => node.send(node.nobody) },
            { tag: "dispatch", text: "dispatch() does nothing", call: node => node.dispatch() },
            { tag: "waitFor", text: "waitFor() hears nothing", call: node => node.waitFor().catch(() => {}) }
        ]
    }

    function test_aCallWithoutAName(data) {
        const node = makeNode()
        const errors = createTemporaryObject(spies, test, { target: node, signalName: "errorOccurred" })
        data.call(node)
        data.call(node)
        warns(`Pyvent: ${data.text}: the event's name is missing`)
        compare(errors.count, 2)
        compare(errors.signalArguments[0][0].code, Pyvent.InvalidName)
    }

    function test_waitingWithoutATimeout_data() {
        return [
            { tag: "none", call: node => node.waitFor("a"), why: "the time-out in milliseconds is missing" },
            { tag: "undefined", call: node => node.waitFor("a", undefined),
              why: "the time-out in milliseconds is missing" },
            { tag: "a callback instead", call: node => node.waitFor("a", () => {}),
              why: "the time-out is not a number of milliseconds" },
            { tag: "a text instead", call: node => node.waitFor("a", "soon"),
              why: "the time-out is not a number of milliseconds" }
        ]
    }

    function test_waitingWithoutATimeout(data) {
        const node = makeNode()
        const ends = []
        data.call(node).catch(error => ends.push(error.message))
        tryVerify(() => ends.length === 1, patience)
        compare(ends, [`no event 'a' will be heard: ${data.why}`])
        warns(`Pyvent: waitFor("a") hears nothing: ${data.why}`)
    }

    function test_aRowThatIsMissing() {
        const model = make("PyventEventModel { node: null }")
        compare(model.get(), null)
        compare(model.get("first"), null)
        compare(model.get(0), null)
        warns("PyventEventModel: get() returns null: the row, a number, is missing")
    }

    function test_aSenderThatCannotBe() {
        const node = makeNode()
        compare(node.send("a", {}, "x".repeat(256)), false)
        warns('Pyvent: send("a") does nothing: a sender has at most 255 characters, this one has 256')
    }

    function test_aValueThatCannotBeSent_data() {
        const self = {}
        self.again = self
        const sparse = []
        sparse[4000000000] = 1
        const place = "the argument a.b[1] is "
        return [
            { tag: "function", value: () => 1, why: place + "a function" },
            { tag: "symbol", value: Symbol("s"), why: place + "of a type that cannot be sent (a symbol?)" },
            { tag: "promise", value: Promise.resolve(1), why: place + "a Promise, which cannot be sent" },
            { tag: "error", value: new Error("burnt"), why: place + "an Error (burnt)" },
            { tag: "regular expression", value: /x/, why: place + "a regular expression" },
            { tag: "element", value: test, why: place + "an object of QML, whose properties must be named one by one" },
            { tag: "a getter that throws", value: { get b() { throw new Error("burnt") } },
              why: place + "an object that cannot be read (Error: burnt)" },
            { tag: "sparse array", value: sparse,
              why: place + "an array of 4000000001 elements, and no more than 4194304 are sent" },
            { tag: "weak map", value: new WeakMap(), why: place + "a WeakMap, which cannot be sent" },
            { tag: "itself", value: self,
              why: "the argument a.b[1].again.again.again.again.again is nested more than 200 levels deep, or contains "
                   + "itself" }
        ]
    }

    function test_aValueThatCannotBeSent(data) {
        const node = makeNode()
        for (let i = 0; i < 3; ++i)
            compare(node.send("order", { a: { b: [0, data.value] } }), false)
        warns(`Pyvent: send("order") does nothing: ${data.why}`)
    }

    function test_argumentsThatAreNoObject_data() {
        return [
            { tag: "number", value: 5 },
            { tag: "string", value: "food" },
            { tag: "boolean", value: true },
            { tag: "array", value: [1] },
            { tag: "function", value: () => 1 },
            { tag: "date", value: new Date() }
        ]
    }

    function test_argumentsThatAreNoObject(data) {
        const node = makeNode()
        compare(node.send("order", data.value), false)
        warns(data.tag === "function"
              ? 'Pyvent: send("order") does nothing: the arguments are a function'
              : 'Pyvent: send("order") does nothing: the arguments are not an object, as { food: "sushi" } is')
    }

    function test_anArgumentThatPythonCannotTake() {
        const node = makeNode()
        compare(node.send("order", { signal: 1 }), false)
        compare(node.send("order", { signal: 2 }), false)
        warns("Pyvent: an argument of 'order' is named 'signal', which would end the receiving thread of Python nodes; "
              + "give it another name")
    }

    function test_sendingWithoutABus() {
        const node = make("Pyvent { active: false }")
        compare(node.send("order"), false)
        compare(node.send("order"), false)
        warns('Pyvent: send("order") does nothing, because the element is not on the bus')
    }

    function test_dispatchingAndWaitingWithoutABus() {
        const node = make("Pyvent { active: false }")
        const ends = []
        compare(node.dispatch("order"), false)
        node.waitFor("order", 10000, event => ends.push(event))
        node.waitFor("order", 10000).catch(error => ends.push(error.message))
        tryVerify(() => ends.length === 2, patience)
        compare(ends, [null, "no event 'order' will be heard: the element is not on the bus"])
        compare(TestTools.warnings, [
            'Wrong.qml:3: QML Pyvent: dispatch("order") does nothing, because the element is not on the bus',
            'Wrong.qml:3: QML Pyvent: waitFor("order") hears nothing, because the element is not on the bus'
        ])
    }

    function test_waitingForANameThatCannotBe() {
        const node = makeNode()
        const ends = []
        node.waitFor("a b", 10000).catch(error => ends.push(error.message))
        tryVerify(() => ends.length === 1, patience)
        warns('Pyvent: waitFor("a b") hears nothing: the event\'s name \'a b\' has a space at position 1; a space ends '
              + "the name on the wire")
        TestTools.forgetWarnings()
        node.waitFor("a", 10000, { send: "c d" }).catch(error => ends.push(error.message))
        tryVerify(() => ends.length === 2, patience)
        verify(TestTools.warnings[0].includes("'c d'"), TestTools.warnings[0])
    }

    function test_aCallbackThatThrows() {
        const node = makeNode()
        node.waitFor("a", 10000, () => { throw new Error("burnt") })
        node.dispatch("a")
        tryVerify(() => TestTools.warnings.length > 0, patience)
        compare(TestTools.warnings.length, 1)
        verify(/^Wrong\.qml:3: QML Pyvent: the callback of waitFor\("a"\) failed in line \d+: Error: burnt$/
               .test(TestTools.warnings[0]), TestTools.warnings[0])
    }

    function test_namesThatCannotBe() {
        const node = makeNode('names: ["a b", "c"]; property int heard: 0; onEvent: ++heard')
        warns("Pyvent: 'names' has a name that is not allowed: the event's name 'a b' has a space at position 1; a space "
              + "ends the name on the wire")
        node.dispatch("c")
        compare(node.heard, 1)
    }

    function test_aSubscriptionToANameThatCannotBe() {
        const node = makeNode('id: bus; property alias name: sub.name; property int heard: 0\n'
                              + 'PyventSubscription { id: sub; name: "a b"; onReceived: ++bus.heard }')
        compare(TestTools.warnings, [
            "Wrong.qml:4: QML PyventSubscription: hears nothing: the event's name 'a b' has a space at position 1; a "
            + "space ends the name on the wire"
        ])
        node.name = "c"
        node.dispatch("c")
        compare(node.heard, 1)
    }

    function test_aSubscriptionWithoutANode() {
        make('PyventSubscription { name: "a" }')
        tryVerify(() => TestTools.warnings.length > 0, patience)
        warns("PyventSubscription: has no node, and so hears nothing: put it inside a Pyvent element, or set its "
              + "property 'node' to one")
    }

    function test_aModelWithoutANode() {
        make("PyventEventModel {}")
        tryVerify(() => TestTools.warnings.length > 0, patience)
        warns("PyventEventModel: has no node, and so hears nothing: put it inside a Pyvent element, or set its "
              + "property 'node' to one")
    }

    function test_aSubscriptionThatWaitsForItsNode() {
        make('PyventSubscription { name: "a"; node: null }')
        make("PyventEventModel { node: null }")
        // Those without a node have warned by then.
        make('PyventSubscription { name: "b" }')
        tryVerify(() => TestTools.warnings.length > 0, patience)
        compare(TestTools.warnings.length, 1)
    }

    function test_aMaximumThatCannotBe() {
        const model = make("PyventEventModel { node: null; maximumCount: 0 }")
        compare(model.maximumCount, 1000)
        warns("PyventEventModel: maximumCount cannot be 0: the model keeps at least one event")
    }

    function test_aDeclaredSignalThatCannotBe() {
        const node = makeNode("signal __secret()")
        warns("Pyvent: the signal '__secret' hears nothing: the event's name '__secret' begins with '__', which "
              + "Python's nodes keep for themselves")
        compare(node.ready, true)
    }
}
