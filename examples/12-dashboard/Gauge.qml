// SPDX-License-Identifier: MIT
// Shows the newest value of an event, from when the window opens, and greys out when there is no newer one.
import QtQuick
import QtQuick.Layouts
import Pyvent

Card {
    id: gauge

    required property string name
    required property string label
    required property string unit
    property int decimals: 1
    property alias from: ring.from
    property alias to: ring.to
    property alias target: ring.target // what the value is to be

    Layout.fillHeight: true

    PyventSubscription {
        id: newest
        node: gauge.node
        name: gauge.name
        last: true       // also what was sent before the window opened
        latest: true     // once a frame, and then the newest
        staleAfter: 2000 // milliseconds
        onReceived: args => ring.value = args.value
    }

    Ring {
        id: ring
        anchors.centerIn: parent
        width: Math.min(gauge.width, gauge.height - 16) - 24
        height: width
        live: !newest.stale
    }

    Column {
        anchors { centerIn: ring; verticalCenterOffset: 6 }

        Text {
            objectName: gauge.name + ".value"
            anchors.horizontalCenter: parent.horizontalCenter
            text: isNaN(ring.value) ? "–" : ring.value.toFixed(gauge.decimals)
            color: newest.stale ? palette.mid : palette.text
            font { pixelSize: ring.width / 6.6; bold: true }
        }
        Text { anchors.horizontalCenter: parent.horizontalCenter; text: gauge.unit; color: palette.windowText; font: label.font }
    }
    Text {
        id: label
        objectName: gauge.name + ".label"
        anchors { horizontalCenter: ring.horizontalCenter; top: ring.bottom; topMargin: -ring.height * 0.08 }
        text: newest.stale ? qsTr("%1: no signal").arg(gauge.label) : gauge.label
        color: newest.stale ? palette.brightText : palette.windowText
        font.pixelSize: Math.max(15, ring.width / 13)
    }
}
