// SPDX-License-Identifier: MIT
// Run by Qt's own "qml" with a port as its last argument: says when it is ready and what it hears, and then ends.
import QtQuick
import Pyvent

Item {
    Pyvent {
        port: parseInt(Qt.application.arguments[Qt.application.arguments.length - 1])
        onReadyChanged: if (ready) console.log("ready")

        signal orderFood(string food, int count)
        onOrderFood: (food, count) => {
            console.log(`${count} ${food}`)
            Qt.exit(count)
        }
    }
}
