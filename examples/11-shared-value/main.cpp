// SPDX-License-Identifier: MIT
// A window with a set point that all programs on the bus share.

#include "setpoint.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    SetPoint setPoint(PyventOptions{.port = parser.value("port").toInt()});
    setPoint.show();
    return app.exec();
}
