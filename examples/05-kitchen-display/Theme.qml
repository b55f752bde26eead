// SPDX-License-Identifier: MIT
// The colours and measures that the display's parts share.
import QtQuick

QtObject {
    readonly property color background: "#11151a"
    readonly property color surface: "#1d242c"
    readonly property color surfacePressed: "#28323c"
    readonly property color line: "#323d49"
    readonly property color text: "#f3f6f8"
    readonly property color textDim: "#a2afba"
    readonly property color good: "#3ecf8e"
    readonly property color late: "#f5b942"
    readonly property color bad: "#f2655a"
    readonly property color onAccent: "#0c1410"

    readonly property int margin: 16
    readonly property int radius: 12

    // How an order of this age, in minutes, looks.
    function ageColor(minutes: int): color {
        return minutes < 5 ? good : minutes < 10 ? late : bad
    }
}
