// SPDX-License-Identifier: MIT
#include <QCommandLineParser>
#include <QGuiApplication>
#include <QQmlApplicationEngine>

int main(int argc, char **argv)
{
    QGuiApplication app(argc, argv);
    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Shows what a furnace measures, and moves its set point."));
    parser.addHelpOption();
    const QCommandLineOption port(QStringLiteral("port"), QStringLiteral("The bus, by its port."),
                                  QStringLiteral("port"), QStringLiteral("52002"));
    parser.addOption(port);
    parser.process(app);

    QQmlApplicationEngine engine;
    engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORT_PATH));
    engine.setInitialProperties({{QStringLiteral("port"), parser.value(port).toInt()}});
    QObject::connect(
        &engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { QCoreApplication::exit(1); },
        Qt::QueuedConnection);
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/Dashboard/Main.qml")));
    return app.exec();
}
