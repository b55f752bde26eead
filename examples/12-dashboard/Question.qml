// SPDX-License-Identifier: MIT
// A question to the furnace, which measures its heater only when it is asked.
import QtQuick
import QtQuick.Controls.Basic
import QtQuick.Layouts

Card {
    id: card

    property bool isWaiting: false
    property string ohms: "–"
    property string failure

    function ask() {
        isWaiting = true
        node.ask("rig.heater", {}, { timeout: 3000 }).then(ohms => end(qsTr("%1 Ω").arg(ohms.toFixed(2)), ""), error =>
            end("–", error.kind === "NobodyAnswers" ? qsTr("Nobody answers.") : error.message))
    }

    function end(value: string, why: string) {
        ohms = value
        failure = why
        isWaiting = false
    }

    ColumnLayout {
        anchors { fill: parent; margins: 14 }
        spacing: 4

        RowLayout {
            Text { text: qsTr("Heater"); color: palette.windowText; font.pixelSize: 16 }
            Item { Layout.fillWidth: true }
            Text { objectName: "ohms"; text: card.ohms; color: palette.text; font { pixelSize: 24; bold: true } }
        }
        Button {
            id: button

            objectName: "ask"
            Layout.fillWidth: true
            text: card.isWaiting ? qsTr("Measuring…") : qsTr("Measure")
            enabled: !card.isWaiting
            font.pixelSize: 16
            background: Rectangle { radius: 8; color: button.down ? palette.mid : palette.button }
            onClicked: card.ask()
        }
        Text {
            objectName: "failure"
            Layout.fillWidth: true
            text: card.failure
            color: palette.brightText
            Layout.preferredHeight: 34
            wrapMode: Text.Wrap
            maximumLineCount: 2
            elide: Text.ElideRight
            font.pixelSize: 14
        }
    }
}
