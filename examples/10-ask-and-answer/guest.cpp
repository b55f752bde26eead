// SPDX-License-Identifier: MIT
// Asks questions, of which one has no answer and one nobody to answer it.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

#include <chrono>

using namespace std::chrono_literals;

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    QTextStream out(stdout);
    PyventNode node(PyventOptions{.port = parser.value("port").toInt(), .server = false});
    int open = 0;
    const auto ask = [&](const QString &name, const QVariantMap &args = {}) {
        ++open;
        node.ask(name, args, {.timeout = 2s}).then(&app, [&, name, args](const PyventAnswer &answer) {
            out << name << ' ' << args.value("dish").toString() << ": "
                << (answer ? answer.value().toString() : answer.error().text) << Qt::endl;
            if (--open == 0)
                app.quit();
        });
    };
    ask("price-of", {{"dish", "sushi"}});
    ask("price-of", {{"dish", "eel"}});
    ask("waiting-time");
    ask("chef's-name");
    return app.exec();
}
