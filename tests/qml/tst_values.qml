// SPDX-License-Identifier: MIT
// Values on their way from JavaScript to Python, from Python to JavaScript, and there and back.
import QtQuick
import QtTest
import Pyvent
import PyventTest

TestCase {
    id: test
    name: "Values"

    readonly property int patience: 20000
    property color orange: "#ff8800"
    property point corner: Qt.point(1, 2)
    property list<string> words: ["a", "b"]

    Component { id: processes; TestProcess {} }
    Component { id: nodes; Pyvent {} }

    function make(component, properties) {
        const object = createTemporaryObject(component, test, properties)
        verify(object)
        return object
    }

    function init() {
        TestTools.forgetWarnings()
    }

    function cleanup() {
        compare(TestTools.warnings, [])
    }

    function bytes() {
        return new Uint8Array([0, 1, 254, 255])
    }

    function test_pythonReadsWhatJavaScriptSends_data() {
        return [
            { tag: "null", value: null, python: "None" },
            { tag: "booleans", value: [true, false], python: "[True, False]" },
            { tag: "whole numbers", value: [0, -1, 2 ** 31, 2 ** 53, -(2 ** 53)],
              python: "[0, -1, 2147483648, 9007199254740992, -9007199254740992]" },
            { tag: "other numbers", value: [1.5, -0, 2 ** 60, 1e300, NaN, -Infinity],
              python: "[1.5, -0.0, 1.152921504606847e+18, 1e+300, nan, -inf]" },
            { tag: "text", value: ["", "ü", "\u{1f363}", "a\nb"], python: "['', 'ü', '\u{1f363}', 'a\\nb']" },
            { tag: "nested", value: { a: { b: [{ c: [] }, {}] } }, python: "{'a': {'b': [{'c': []}, {}]}}" },
            { tag: "instances",
              value: Object.assign(new (class Plate { get size() { return 2 } })(), { food: "sushi" }),
              python: "{'food': 'sushi'}" },
            { tag: "hidden properties",
              value: Object.defineProperty({ a: 1 }, "hidden", { value: 2, enumerable: false }),
              python: "{'a': 1}" },
            { tag: "undefined", value: { gone: undefined, list: [undefined, , 1] },
              python: "{'list': [None, None, 1]}" },
            { tag: "dates", value: [new Date(Date.UTC(2024, 1, 29, 12, 30, 15, 250)), new Date(NaN)],
              python: "[datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, tzinfo=datetime.timezone.utc), None]" },
            { tag: "bytes", value: [bytes().buffer, bytes(), bytes().subarray(1, 3)],
              python: "[b'\\x00\\x01\\xfe\\xff', b'\\x00\\x01\\xfe\\xff', b'\\x01\\xfe']" },
            { tag: "typed arrays", value: [new Float64Array([0.5, 2]), new Int16Array([-3])],
              python: "[[0.5, 2], [-3]]" },
            { tag: "sets", value: new Set([7]), python: "{7}" },
            { tag: "maps", value: new Map([[1, "one"], ["two", [2]]]), python: "{1: 'one', 'two': [2]}" },
            { tag: "lists of QML", value: test.words, python: "['a', 'b']" },
            { tag: "colours", value: Qt.rgba(1, 0, 0, 1), python: "{'$qt': 'QColor', 'data': b" },
            { tag: "URLs", value: Qt.url("http://a/b"), python: "{'$qt': 'QUrl', 'data': b" }
        ]
    }

    function test_pythonReadsWhatJavaScriptSends(data) {
        const python = make(processes)
        const port = TestTools.freePort()
        python.python(["serve", port])
        const node = make(nodes, { port: port, server: false })
        tryCompare(node, "ready", true, patience)
        verify(node.send("values", { v: data.value }))
        tryVerify(() => python.output.includes("values {"), patience)
        const line = python.output.split("\n").find(text => text.startsWith("values "))
        verify(line.startsWith("values {'v': " + data.python), line)
    }

    function test_javaScriptReadsWhatPythonSends_data() {
        return [
            { tag: "None", python: "None", is: v => v === null },
            { tag: "bool", python: "True", is: v => v === true },
            { tag: "int", python: "[0, -1, 2**53 - 1]",
              is: v => v.join() === "0,-1,9007199254740991" && typeof v[2] === "number" },
            { tag: "large int", python: "[2**53, -2**53, 2**64 - 1, 2**100]",
              is: v => v.join(" ") === "9007199254740992 -9007199254740992 18446744073709551615 "
                                       + "1267650600228229401496703205376"
                       && v.every(n => typeof n === "string") },
            { tag: "float", python: "[1.5, 1e300, inf]", is: v => v[0] === 1.5 && v[1] === 1e300 && v[2] === Infinity },
            { tag: "str", python: "'ü\u{1f363}'", is: v => v === "ü\u{1f363}" },
            { tag: "tuple", python: "(1, ('a', None))",
              is: v => Array.isArray(v) && JSON.stringify(v) === '[1,["a",null]]' },
            { tag: "list", python: "[[], [1]]", is: v => Array.isArray(v) && JSON.stringify(v) === "[[],[1]]" },
            { tag: "set", python: "{5}", is: v => JSON.stringify(v) === "[5]" },
            { tag: "frozenset", python: "frozenset(['x'])", is: v => JSON.stringify(v) === '["x"]' },
            { tag: "deque", python: "deque([1, 2])", is: v => JSON.stringify(v) === "[1,2]" },
            { tag: "dict", python: "{'a': {'b': (1,)}}", is: v => v.a.b[0] === 1 },
            { tag: "other keys", python: "{1: 'one', (2,): {3}}", is: v => v["1"] === "one" && v["(2,)"][0] === 3 },
            { tag: "bytes", python: "b'\\x00\\xff'", is: v => v instanceof ArrayBuffer && TestTools.hex(v) === "00ff" },
            { tag: "bytearray", python: "bytearray(b'ab')",
              is: v => v instanceof ArrayBuffer && TestTools.hex(v) === "6162" },
            { tag: "datetime", python: "datetime.datetime(2024, 2, 29, 12, 30, 15, 250999, datetime.timezone.utc)",
              is: v => v instanceof Date && v.getTime() === Date.UTC(2024, 1, 29, 12, 30, 15, 250) },
            { tag: "naive datetime", python: "datetime.datetime(2024, 2, 29, 12, 30)",
              is: v => v.getTime() === new Date(2024, 1, 29, 12, 30).getTime() },
            { tag: "date", python: "datetime.date(2024, 2, 29)",
              is: v => v.getTime() === new Date(2024, 1, 29).getTime() },
            { tag: "time", python: "datetime.time(12, 30, 15, 250999)", is: v => v === "12:30:15.250999" },
            { tag: "timedelta", python: "datetime.timedelta(days=1, microseconds=1500)", is: v => v === 86400001.5 },
            { tag: "UUID", python: "UUID(int=1)", is: v => v === "00000000-0000-0000-0000-000000000001" },
            { tag: "Decimal", python: "Decimal('1.10')", is: v => v === "1.10" },
            { tag: "Fraction", python: "Fraction(1, 4)", is: v => v === 0.25 },
            { tag: "Path", python: "PurePosixPath('/a/b')", is: v => v === "/a/b" },
            { tag: "complex", python: "1+2j", is: v => JSON.stringify(v) === "[1,2]" },
            { tag: "a class", python: "Decimal", is: v => typeof v === "string" && v.includes("Decimal") }
        ]
    }

    function test_javaScriptReadsWhatPythonSends(data) {
        const node = make(nodes, { port: TestTools.freePort() })
        tryCompare(node, "ready", true, patience)
        let heard = []
        node.event.connect((name, args) => heard.push(args.v))
        tryCompare(node, "ready", true, patience)
        const python = make(processes)
        python.python(["send", node.port, "values", `{'v': ${data.python}}`])
        tryVerify(() => heard.length === 1, patience, python.errors)
        verify(data.is(heard[0]), `${typeof heard[0]} ${heard[0]} ${JSON.stringify(heard[0])}`)
    }

    function test_returnsWhatWasSent_data() {
        const now = new Date()
        return [
            { tag: "plain", value: { a: [1, 2.5, "x", true, null, { b: [] }], "ü key": -0 },
              is: v => JSON.stringify(v) === '{"a":[1,2.5,"x",true,null,{"b":[]}],"ü key":0}' },
            { tag: "safe integers", value: [Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER],
              is: v => v[0] === Number.MAX_SAFE_INTEGER && v[1] === Number.MIN_SAFE_INTEGER },
            { tag: "large numbers", value: [2 ** 60, 1e21], is: v => v[0] === 2 ** 60 && v[1] === 1e21 },
            { tag: "minus zero", value: -0, is: v => Object.is(v, -0) },
            { tag: "NaN", value: NaN, is: v => Number.isNaN(v) },
            { tag: "Date", value: now, is: v => v instanceof Date && v.getTime() === now.getTime() },
            { tag: "ArrayBuffer", value: bytes().buffer, is: v => TestTools.hex(v) === "0001feff" },
            { tag: "empty bytes", value: new ArrayBuffer(0), is: v => v instanceof ArrayBuffer && v.byteLength === 0 },
            { tag: "color", value: test.orange,
              is: v => Qt.colorEqual(v, test.orange) && TestTools.typeOf(v) === "QColor" },
            { tag: "point", value: test.corner, is: v => v.x === 1 && v.y === 2 },
            { tag: "rect", value: Qt.rect(1, 2, 3, 4), is: v => v.width === 3 },
            { tag: "vector", value: Qt.vector3d(1, 2, 3), is: v => v.z === 3 },
            { tag: "url", value: Qt.url("http://a/b?c"), is: v => v.toString() === "http://a/b?c" },
            { tag: "lone surrogate's neighbours", value: "a\u{1f600}b", is: v => v === "a\u{1f600}b" },
            { tag: "a long text", value: "x".repeat(100000), is: v => v.length === 100000 },
            { tag: "sparse and nested", value: [[[[[[1]]]]]], is: v => JSON.stringify(v) === "[[[[[[1]]]]]]" }
        ]
    }

    function test_returnsWhatWasSent(data) {
        const node = make(nodes, { port: TestTools.freePort() })
        let heard = []
        node.event.connect((name, args) => heard.push(args.v))
        tryCompare(node, "ready", true, patience)
        verify(node.send("values", { v: data.value }))
        tryVerify(() => heard.length === 1, patience)
        verify(data.is(heard[0]), `${typeof heard[0]} ${heard[0]}`)
    }

    function test_sendsWhatItHeardOn() {
        const node = make(nodes, { port: TestTools.freePort() })
        let heard = []
        node.event.connect((name, args, event) => {
            if (name === "first")
                node.send("second", event.args)
            else
                heard.push(args)
        })
        tryCompare(node, "ready", true, patience)
        verify(node.send("first", { a: [1, { b: "c" }], when: new Date(0) }))
        tryVerify(() => heard.length === 1, patience)
        compare(heard[0].a, [1, { b: "c" }])
        compare(heard[0].when.getTime(), 0)
    }

    function test_argumentsMayBeLeftOut() {
        const node = make(nodes, { port: TestTools.freePort() })
        let heard = []
        node.event.connect((name, args) => heard.push(JSON.stringify(args)))
        tryCompare(node, "ready", true, patience)
        verify(node.send("a"))
        verify(node.send("a", undefined))
        verify(node.send("a", null))
        verify(node.send("a", {}))
        tryCompare(heard, "length", 4, patience)
        compare(heard, ["{}", "{}", "{}", "{}"])
    }
}
