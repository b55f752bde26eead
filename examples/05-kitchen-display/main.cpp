// SPDX-License-Identifier: MIT
#include <QCommandLineParser>
#include <QGuiApplication>
#include <QQmlApplicationEngine>

int main(int argc, char **argv)
{
    QGuiApplication app(argc, argv);
    QCoreApplication::setApplicationName(QStringLiteral("kitchen-display"));

    QCommandLineParser parser;
    parser.setApplicationDescription(QStringLiteral("Shows the orders of the bus, and tells it which are ready."));
    parser.addHelpOption();
    const QCommandLineOption port(QStringLiteral("port"), QStringLiteral("The port of the bus, 52002 by default."),
                                  QStringLiteral("port"), QStringLiteral("52002"));
    const QCommandLineOption fullScreen(QStringLiteral("fullscreen"), QStringLiteral("Fills the screen."));
    parser.addOptions({port, fullScreen});
    parser.process(app);

    QQmlApplicationEngine engine;
    engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORT_PATH));
    engine.setInitialProperties({{QStringLiteral("port"), parser.value(port).toInt()},
                                 {QStringLiteral("fullScreen"), parser.isSet(fullScreen)}});
    QObject::connect(
        &engine, &QQmlApplicationEngine::objectCreationFailed, &app, [] { QCoreApplication::exit(1); },
        Qt::QueuedConnection);
    engine.load(QUrl(QStringLiteral("qrc:/qt/qml/KitchenDisplay/Main.qml")));
    return app.exec();
}
