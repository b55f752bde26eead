// SPDX-License-Identifier: MIT
// Prints every event on the bus, whatever its name and whoever sends it.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QJsonDocument>
#include <QJsonObject>
#include <QTextStream>

static void print(const QString &name, const QVariantMap &args)
{
    const QByteArray json = QJsonDocument(QJsonObject::fromVariantMap(args)).toJson(QJsonDocument::Compact);
    QTextStream(stdout) << name.leftJustified(16) << ' ' << json << Qt::endl;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    PyventNode node(PyventOptions{.port = parser.value("port").toInt()});

    // Connecting this signal is all that it takes: it subscribes the node to everything.
    QObject::connect(&node, &PyventNode::eventReceived, &app, print);

    QObject::connect(&node, &PyventNode::stateChanged, &app, [&](PyventNode::State state) {
        if (state == PyventNode::Ready)
            QTextStream(stderr) << "Listening at port " << node.port() << (node.isServer() ? ", and serving" : "")
                                << ". Ctrl+C ends it." << Qt::endl;
    });
    return app.exec();
}
