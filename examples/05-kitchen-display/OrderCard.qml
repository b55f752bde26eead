// SPDX-License-Identifier: MIT
// One order. The whole card is the button that says it is ready.
import QtQuick
import QtQuick.Controls.Basic

AbstractButton {
    id: card

    required property int number
    required property string food
    required property string drink
    required property string table
    required property int minutes

    readonly property color accent: theme.ageColor(minutes)

    text: qsTr("Order %1: %2 and %3").arg(number).arg(food).arg(drink)
    scale: down ? 0.97 : 1
    Behavior on scale { NumberAnimation { duration: 80 } }

    Theme { id: theme }

    background: Rectangle {
        radius: theme.radius
        color: card.down ? theme.surfacePressed : theme.surface
        border.color: card.visualFocus ? theme.text : card.down ? theme.good : theme.line
        border.width: card.visualFocus ? 2 : 1

        // How long it has been waiting.
        Rectangle {
            width: 6
            anchors {
                left: parent.left
                top: parent.top
                bottom: parent.bottom
                margins: 10
            }
            radius: 3
            color: card.accent
        }
    }

    Item {
        anchors {
            fill: parent
            margins: 16
            leftMargin: 22
        }

        Text {
            id: numberText

            text: card.table ? qsTr("#%1 · Table %2").arg(card.number).arg(card.table) : qsTr("#%1").arg(card.number)
            color: theme.textDim
            elide: Text.ElideRight
            font.pixelSize: 15
            anchors {
                left: parent.left
                right: ageText.left
                rightMargin: 8
                top: parent.top
            }
        }

        Text {
            id: ageText

            text: card.minutes < 1 ? qsTr("new") : qsTr("%1 min").arg(card.minutes)
            color: card.accent
            font.pixelSize: 15
            font.bold: true
            anchors {
                right: parent.right
                top: parent.top
            }
        }

        // A dish is read whole: the longer it is, the smaller it gets. What is cut in the end is longer than any menu has it.
        Text {
            id: foodText

            objectName: "food"
            text: card.food
            color: theme.text
            wrapMode: Text.Wrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 13
            elide: Text.ElideRight
            font.pixelSize: 25
            font.bold: true
            lineHeight: 0.95
            anchors {
                left: parent.left
                right: parent.right
                top: numberText.bottom
                topMargin: 8
                bottom: check.top
                bottomMargin: 4
            }
        }

        Text {
            objectName: "drink"
            text: card.drink
            color: theme.textDim
            wrapMode: Text.Wrap
            fontSizeMode: Text.Fit
            minimumPixelSize: 12
            elide: Text.ElideRight
            verticalAlignment: Text.AlignVCenter
            font.pixelSize: 19
            anchors {
                left: parent.left
                right: check.left
                rightMargin: 8
                top: check.top
                bottom: check.bottom
            }
        }

        // What a tap does. It is drawn, since not every panel has a font with a check mark.
        Rectangle {
            id: check

            readonly property color ink: card.down ? theme.onAccent : theme.good

            width: 44
            height: 44
            radius: 22
            color: card.down ? theme.good : "transparent"
            border.color: theme.good
            border.width: 2
            anchors {
                right: parent.right
                bottom: parent.bottom
            }

            Rectangle {
                x: 12
                y: 23
                width: 10
                height: 3
                radius: 1.5
                rotation: 45
                color: check.ink
                antialiasing: true
            }

            Rectangle {
                x: 17
                y: 20
                width: 18
                height: 3
                radius: 1.5
                rotation: -50
                color: check.ink
                antialiasing: true
            }
        }
    }
}
