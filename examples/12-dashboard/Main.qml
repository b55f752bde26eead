// SPDX-License-Identifier: MIT
// The panel of a furnace: what it measures, the set point that both sides move, and a question to it.
import QtQuick
import QtQuick.Layouts
import Pyvent

Window {
    id: window

    property int port: 52002

    width: 800
    height: 480
    minimumWidth: 700
    minimumHeight: 420
    visible: true
    title: qsTr("Furnace")
    color: palette.window
    palette { // as dark as the room may be; highlight is for what is live, brightText for what is not as it should be
        window: "#11151a"; base: "#1d242c"; mid: "#74838f"; midlight: "#323d49"; dark: "#3ecf8e"; light: "#dfe6ec"
        text: "#f3f6f8"; windowText: "#a2afba"; button: "#323d49"; buttonText: "#f3f6f8"
        highlight: "#3ecf8e"; brightText: "#f5b942"
    }

    Pyvent { id: bus; port: window.port }

    ColumnLayout {
        anchors { fill: parent; margins: 16 }
        spacing: 12

        RowLayout {
            Text { text: window.title; color: window.palette.text; font { pixelSize: 28; bold: true } }
            Item { Layout.fillWidth: true }
            Text {
                readonly property bool isOnline: bus.state === Pyvent.Ready || bus.state === Pyvent.Subscribing

                text: isOnline ? qsTr("Connected") : qsTr("Looking for the bus on port %1").arg(window.port)
                color: isOnline ? window.palette.highlight : window.palette.brightText
                font.pixelSize: 16
            }
        }
        RowLayout {
            spacing: 12

            Gauge {
                node: bus; name: "rig.temperature"; label: qsTr("Temperature"); unit: "°C"
                to: 250; target: setPoint.celsius
            }
            Gauge { node: bus; name: "rig.pressure"; label: qsTr("Pressure"); unit: "mbar"; from: 900; to: 1100 }
            Gauge { node: bus; name: "rig.flow"; label: qsTr("Argon"); unit: "l/min"; to: 10; decimals: 2 }
        }
        RowLayout {
            spacing: 12

            SetPoint { id: setPoint; node: bus; Layout.preferredWidth: 2 }
            Question { node: bus }
        }
    }
}
