// SPDX-License-Identifier: MIT
// Answers questions: what a dish costs, at once, and how long a guest has to wait, which takes a while to find out.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QPromise>
#include <QTextStream>
#include <QTimer>

#include <chrono>
#include <memory>

using namespace std::chrono_literals;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    const QMap<QString, double> prices{{"sushi", 12.5}, {"ramen", 9}};
    PyventNode node(PyventOptions{.port = parser.value("port").toInt()});
    node.answer("price-of", {"dish"}, &app, [&](const QString &dish) -> PyventAnswer {
        if (prices.contains(dish))
            return prices[dish];
        return PyventRefusal("There is no " + dish + " today.");
    });
    node.answer("waiting-time", &app, [&] {
        const auto promise = std::make_shared<QPromise<int>>();
        promise->start();
        QTimer::singleShot(200ms, &app, [promise] {
            promise->addResult(20); // minutes
            promise->finish();
        });
        return promise->future();
    });
    if (!node.waitForReady())
        return 1;
    QTextStream(stderr) << "Ask away, at port " << node.port() << "." << Qt::endl;
    return app.exec();
}
