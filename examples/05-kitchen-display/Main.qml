// SPDX-License-Identifier: MIT
// The orders that waiters send, as cards; a tap on one tells them that the food is ready.
import QtQuick
import QtQuick.Controls.Basic
import Pyvent

Window {
    id: window

    property int port: 52002
    property bool fullScreen: false
    property int lastNumber: 0
    property string notice

    // How long, in milliseconds, a second tap in the same place is taken for a part of the first one, and not for the
    // order that has moved there meanwhile.
    property int doubleTap: 500
    property int lastTapIndex: -1
    property double lastTapTime: 0

    width: 800
    height: 480
    minimumWidth: 420
    minimumHeight: 320
    visible: true
    visibility: fullScreen ? Window.FullScreen : Window.Windowed
    title: qsTr("Kitchen")
    color: theme.background

    Pyvent {
        id: bus

        port: window.port
        nodeId: "kitchen"
        onErrorOccurred: error => window.notice = error.text

        PyventSubscription {
            name: "order-food"
            onReceived: (args, event) => window.addOrder(args, event.time)
        }
    }

    // An order has waited since it was sent. A Python waiter does not tell when that was.
    function addOrder(args: var, sent: var) {
        orders.append({
            number: ++lastNumber,
            food: args.food === undefined ? qsTr("(no food named)") : `${args.food}`,
            drink: args.drink === undefined ? "" : `${args.drink}`,
            table: args.table === undefined ? "" : `${args.table}`,
            since: sent ? sent.getTime() : Date.now(),
            minutes: 0
        })
        countMinutes()
    }

    function countMinutes() {
        for (let i = 0; i < orders.count; ++i) {
            const minutes = Math.floor((Date.now() - orders.get(i).since) / 60000)
            orders.setProperty(i, "minutes", Math.max(0, minutes))
        }
    }

    function finishOrder(index: int) {
        const tapTime = Date.now()
        const isSecondTap = index === lastTapIndex && tapTime - lastTapTime < doubleTap
        lastTapIndex = index
        lastTapTime = tapTime
        if (index < 0 || isSecondTap) // a card that is leaving has no index
            return
        const order = orders.get(index)
        const args = { food: order.food, drink: order.drink, number: order.number }
        if (order.table)
            args.table = order.table
        if (bus.send("food-ready", args)) // kept until the server has it, also while there is none
            orders.remove(index)
    }

    Theme { id: theme }

    ListModel { id: orders }

    Timer {
        interval: 5000
        running: orders.count > 0
        repeat: true
        onTriggered: window.countMinutes()
    }

    Item {
        id: header

        height: 72
        anchors {
            left: parent.left
            right: parent.right
            top: parent.top
            leftMargin: theme.margin
            rightMargin: theme.margin
        }

        Row {
            anchors.verticalCenter: parent.verticalCenter
            spacing: 12

            Text {
                id: title

                text: qsTr("Kitchen")
                color: theme.text
                font.pixelSize: 28
                font.bold: true
            }

            Text {
                id: hint

                readonly property string count: qsTr("%1 open").arg(orders.count)
                readonly property string whole: qsTr("%1 · tap what is ready").arg(count)
                readonly property real room: connection.x - title.width - 24

                objectName: "hint"
                anchors.baseline: title.baseline
                text: metrics.advanceWidth(whole) <= room ? whole : count
                visible: orders.count > 0
                color: theme.textDim
                font.pixelSize: 18

                FontMetrics {
                    id: metrics

                    font: hint.font
                }
            }
        }

        ConnectionPill {
            id: connection

            anchors {
                right: parent.right
                verticalCenter: parent.verticalCenter
            }
            bus: bus
        }
    }

    GridView {
        id: grid

        objectName: "orders"
        // Whole cards of no less than a comfortable size, as many as fit.
        readonly property int columns: Math.max(1, Math.floor(width / 240))
        readonly property int rows: Math.max(1, Math.floor(height / 190))

        anchors {
            left: parent.left
            right: parent.right
            top: header.bottom
            bottom: parent.bottom
            leftMargin: theme.margin
            rightMargin: 4
        }
        clip: true
        bottomMargin: 4
        cellWidth: Math.floor(width / columns)
        cellHeight: Math.floor((height - bottomMargin) / rows)
        model: orders
        boundsBehavior: Flickable.StopAtBounds
        ScrollBar.vertical: ScrollBar {}

        delegate: Item {
            id: cell

            required property int index
            required property int number
            required property string food
            required property string drink
            required property string table
            required property int minutes

            width: GridView.view.cellWidth // qmllint disable
            height: GridView.view.cellHeight // qmllint disable

            OrderCard {
                objectName: "order-" + cell.number
                anchors {
                    fill: parent
                    rightMargin: 12
                    bottomMargin: 12
                }
                number: cell.number
                food: cell.food
                drink: cell.drink
                table: cell.table
                minutes: cell.minutes
                onClicked: window.finishOrder(cell.index) // qmllint disable
            }
        }

        add: Transition {
            NumberAnimation { property: "opacity"; from: 0; to: 1; duration: 200 }
            NumberAnimation { property: "scale"; from: 0.9; to: 1; duration: 200; easing.type: Easing.OutCubic }
        }
        remove: Transition {
            NumberAnimation { property: "opacity"; to: 0; duration: 150 }
            NumberAnimation { property: "scale"; to: 0.9; duration: 150 }
        }
        displaced: Transition {
            NumberAnimation { properties: "x,y"; duration: 200; easing.type: Easing.OutCubic }
            // An order that was still coming in stays visible when it moves up.
            NumberAnimation { properties: "opacity,scale"; to: 1; duration: 100 }
        }
    }

    Column {
        anchors.centerIn: grid
        visible: orders.count === 0
        spacing: 8

        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            text: qsTr("No open orders")
            color: theme.text
            font.pixelSize: 24
        }

        Text {
            anchors.horizontalCenter: parent.horizontalCenter
            text: connection.isOnline ? qsTr("Orders appear here as soon as a waiter sends them.")
                                      : qsTr("Looking for the bus on port %1").arg(window.port)
            color: theme.textDim
            font.pixelSize: 16
        }
    }

    Rectangle {
        anchors {
            left: parent.left
            right: parent.right
            bottom: parent.bottom
            margins: theme.margin
        }
        height: noticeText.implicitHeight + 24
        visible: window.notice
        radius: theme.radius
        color: theme.bad

        Text {
            id: noticeText

            anchors {
                left: parent.left
                right: parent.right
                verticalCenter: parent.verticalCenter
                margins: 16
            }
            text: window.notice
            color: theme.onAccent
            wrapMode: Text.Wrap
            font.pixelSize: 16
        }

        // What keeps the display off the bus stays to be read until it is over.
        Timer {
            interval: 10000
            running: window.notice && connection.isOnline
            onTriggered: window.notice = ""
        }
    }
}
