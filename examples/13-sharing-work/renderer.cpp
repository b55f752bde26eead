// SPDX-License-Identifier: MIT
// A worker: renders rows of a picture. Of all workers on the bus, one gets each row.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>
#include <QThread>

#include <complex>

static QString render(int row, int rows)
{
    QString pixels;
    for (int column = 0; column < 72; ++column) {
        const std::complex<double> point(-2.1 + 2.8 * column / 71, -1.1 + 2.2 * row / (rows - 1));
        std::complex<double> z;
        int steps = 0;
        for (; std::abs(z) < 2 && steps < 45; ++steps)
            z = z * z + point;
        pixels += QLatin1Char(" .:-=+*#%@"[steps / 5]);
    }
    return pixels;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.addOption({"slow", "The milliseconds that a row takes.", "ms", "200"});
    parser.process(app);

    QTextStream out(stdout);
    // Python's events that wait would be gone with their server: 'pyvent serve' is it, and no worker, which may be killed.
    PyventNode node(PyventOptions{.port = parser.value("port").toInt(), .server = false});
    node.on("render-row", {.share = "renderers"}, &app, [&](const PyventEvent &event) {
        const int row = event.args["row"].toInt();
        out << "row " << row << (event.redelivered ? ", which another worker has left" : "") << Qt::endl;
        QThread::msleep(parser.value("slow").toULong());
        node.send("row-rendered",
                  {{"row", row},
                   {"pixels", render(row, event.args["rows"].toInt())},
                   {"worker", QCoreApplication::applicationPid()}});
        node.flush(); // before this returns: then the row is done, for all
    });
    return node.waitForReady() ? app.exec() : 1;
}
