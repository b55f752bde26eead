// SPDX-License-Identifier: MIT
// What all parts of the panel stand on.
import QtQuick
import QtQuick.Layouts
import Pyvent

Rectangle {
    required property Pyvent node

    Layout.fillWidth: true
    Layout.preferredWidth: 1 // as wide as the others
    Layout.preferredHeight: 132
    radius: 12
    color: palette.base
}
