// SPDX-License-Identifier: MIT
// Start it twice: the sliders of both windows move together.

#include "volumewindow.h"

#include <QApplication>
#include <QCommandLineParser>

int main(int argc, char **argv)
{
    QApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.addOption({"title", "The window's title.", "title", "Volume"});
    parser.process(app);

    VolumeWindow window(PyventOptions{.port = parser.value("port").toInt(), .hearOwnEvents = false});
    window.setWindowTitle(parser.value("title"));
    window.show();
    return app.exec();
}
