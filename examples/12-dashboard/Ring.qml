// SPDX-License-Identifier: MIT
// The marks of a gauge: lit up to its value, and one for what it is to be.
import QtQuick

Item {
    id: ring

    property real from: 0
    property real to: 100
    property real value: NaN
    property real target: NaN
    property bool live: true

    function markOf(value: real): real {
        return Math.max(0, Math.min(repeater.count - 1, Math.round((value - from) / (to - from) * (repeater.count - 1))))
    }

    // Qt 6.4 has no pragma ComponentBehavior, by which the marks could say that they belong to this file.
    // qmllint disable unqualified
    Repeater {
        id: repeater

        model: 41

        Rectangle {
            id: mark

            required property int index
            readonly property bool isTarget: index === ring.markOf(ring.target)
            readonly property bool isLit: index <= ring.markOf(ring.value)

            x: (ring.width - width) / 2
            y: isTarget ? 0 : 6
            width: ring.width / 44
            height: ring.width / 11 + (isTarget ? 6 : 0)
            radius: width / 2
            antialiasing: true
            color: isTarget ? palette.brightText : !isLit ? palette.midlight : ring.live ? palette.highlight : palette.mid
            transform: Rotation {
                origin { x: mark.width / 2; y: ring.height / 2 - mark.y }
                angle: -135 + 270 * mark.index / (repeater.count - 1)
            }
        }
    }
}
