// SPDX-License-Identifier: MIT
// Shows the temperature that sensor.py tells, and tells it which one to reach.

#include "thermostat.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    Thermostat thermostat(PyventOptions{.port = parser.value("port").toInt()});
    thermostat.show();
    return app.exec();
}
