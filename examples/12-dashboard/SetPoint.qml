// SPDX-License-Identifier: MIT
// The set point that all panels and the furnace share: the slider follows it, and whoever moves the slider writes it.
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts
import Pyvent

Card {
    id: card

    readonly property real celsius: shared.value

    PyventValue {
        id: shared

        node: card.node
        name: "rig.setpoint"
        value: 20 // until somebody has moved it
    }

    ColumnLayout {
        anchors { fill: parent; margins: 14 }
        spacing: 4

        RowLayout {
            Text { text: qsTr("Set point"); color: palette.windowText; font.pixelSize: 16 }
            Item { Layout.fillWidth: true }
            Text {
                objectName: "setPoint"
                text: qsTr("%1 °C").arg(Math.round(card.celsius))
                color: palette.brightText
                font { pixelSize: 24; bold: true }
            }
        }
        Slider {
            objectName: "slider"
            Layout.fillWidth: true
            from: 20
            to: 250
            stepSize: 1
            value: card.celsius
            palette.window: card.palette.text // of the handle
            onMoved: shared.value = value
        }
        Text {
            objectName: "mover"
            text: !shared.known ? qsTr("Nobody has moved it yet")
                : shared.origin ? qsTr("Moved by a panel") : qsTr("Moved by the furnace") // of Python no origin is known
            color: palette.windowText
            font.pixelSize: 14
        }
    }
}
