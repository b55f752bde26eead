// SPDX-License-Identifier: MIT
// Whether orders arrive, in a word and a colour.
import QtQuick
import Pyvent

Rectangle {
    id: pill

    required property Pyvent bus
    // A new subscription is proven in an instant; only what lasts is worth a word.
    readonly property bool isOnline: bus.state === Pyvent.Ready || bus.state === Pyvent.Subscribing

    objectName: "pill"
    implicitWidth: row.implicitWidth + 28
    implicitHeight: 40
    radius: height / 2
    color: theme.surface
    border.color: theme.line

    Accessible.role: Accessible.StaticText
    Accessible.name: label.text

    Theme { id: theme }

    Row {
        id: row

        anchors.centerIn: parent
        spacing: 10

        Rectangle {
            id: dot

            anchors.verticalCenter: parent.verticalCenter
            width: 12
            height: 12
            radius: 6
            color: pill.isOnline ? theme.good : theme.late

            SequentialAnimation on opacity {
                running: !pill.isOnline
                loops: Animation.Infinite
                onStopped: dot.opacity = 1
                NumberAnimation { to: 0.25; duration: 600 }
                NumberAnimation { to: 1; duration: 600 }
            }
        }

        Text {
            id: label

            objectName: "connection"
            anchors.verticalCenter: parent.verticalCenter
            text: pill.isOnline ? qsTr("Connected") : qsTr("Connecting…")
            color: theme.text
            font.pixelSize: 16
        }
    }
}
