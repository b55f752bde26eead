// SPDX-License-Identifier: MIT
// A remote control for a test rig: its buttons, sliders and text send events.

#include "rigremote.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.addOption({"address", "Where the bus is served.", "address", "127.0.0.1"});
    parser.process(app);

    // A remote control serves nothing: without a rig on the bus it says so, and its controls are off.
    RigRemote remote(PyventOptions{
        .port = parser.value("port").toInt(), .address = parser.value("address"), .nodeId = "remote", .server = false});
    remote.show();
    return app.exec();
}
