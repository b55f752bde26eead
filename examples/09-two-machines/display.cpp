// SPDX-License-Identifier: MIT
// Serves the bus to other machines, and prints what their weather stations measure.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.addOption({"keys", "The secret key of this server, which 'pyvent keygen' has made.", "file", "display.key"});
    parser.addOption({"allow", "The public keys of the stations, one a line.", "file", "stations"});
    parser.process(app);

    PyventOptions options;
    options.port = parser.value("port").toInt();
    options.address = "0.0.0.0"; // all networks that this machine is in
    options.security.keyFile = parser.value("keys");
    options.security.allowFile = parser.value("allow");
    PyventNode node(options);

    QObject::connect(&node, &PyventNode::errorOccurred, &app, [](const PyventError &error) {
        QTextStream(stderr) << error.text << Qt::endl;
        QCoreApplication::exit(1);
    });
    node.on("temperature", {"place", "celsius"}, &app, [](const QString &place, double celsius) {
        QTextStream(stdout) << place << ": " << celsius << " °C" << Qt::endl;
    });
    if (!node.startServer())
        return 1;
    QTextStream(stderr) << "Waiting for stations at port " << node.port() << ". Ctrl+C ends it." << Qt::endl;
    return app.exec();
}
