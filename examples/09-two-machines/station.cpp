// SPDX-License-Identifier: MIT
// Sends a temperature to a display on another machine.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

using namespace std::chrono_literals;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.addOption({"key", "The secret key of this station, which 'pyvent keygen' has made.", "file", "station.key"});
    parser.addOption({"display-key", "The display's public key.", "file", "display.pub"});
    parser.addPositionalArgument("display", "The address of the display's machine.");
    parser.addPositionalArgument("place", "Where this station is.");
    parser.addPositionalArgument("celsius", "The temperature there.");
    parser.process(app);
    const QStringList words = parser.positionalArguments();
    if (words.size() != 3)
        parser.showHelp(2);

    PyventOptions options;
    options.port = parser.value("port").toInt();
    options.address = words[0];
    options.server = false; // the display is
    options.security.keyFile = parser.value("key");
    options.security.serverKey = parser.value("display-key");
    PyventNode node(options);

    node.send("temperature", {{"place", words[1]}, {"celsius", words[2].toDouble()}});
    if (node.flush(5s))
        return 0;
    QTextStream(stderr) << node.lastError().text << Qt::endl;
    return 1;
}
