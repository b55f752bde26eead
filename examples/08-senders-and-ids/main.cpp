// SPDX-License-Identifier: MIT
// Who hears whom: several nodes send the same event as several senders, and handlers with several filters listen.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

struct Listener
{
    QString title;
    PyventSender sender;
    QStringList heard; // the senders
};

static void print(const QStringList &senders, const QList<Listener> &listeners)
{
    QTextStream out(stdout);
    QString line = QString("sent as").leftJustified(17);
    for (const Listener &listener : listeners)
        line += listener.title + "   ";
    out << line.trimmed() << Qt::endl;
    for (const QString &sender : senders) {
        line = sender.leftJustified(17);
        for (const Listener &listener : listeners)
            line += QString(listener.heard.contains(sender) ? "heard" : "-").leftJustified(listener.title.size() + 3);
        out << line.trimmed() << Qt::endl;
    }
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);
    const int port = parser.value("port").toInt();

    QList<Listener> listeners{
        {"no filter", PyventSender(), {}}, // means "pyvent"
        {"pyvent.kitchen", "pyvent.kitchen", {}}, {"till", "till", {}}, {"till.2", "till.2", {}},
        {"Any", PyventSender::Any, {}},
    };
    PyventNode hall(PyventOptions{.port = port, .hearOwnEvents = false});
    for (Listener &listener : listeners)
        hall.on("new-customer", {.sender = listener.sender}, &app,
                [&](const PyventEvent &event) { listener.heard << event.sender; });
    if (!hall.waitForReady()) {
        QTextStream(stderr) << "Nobody serves the bus at port " << port << ": " << hall.lastError().text << Qt::endl;
        return 1;
    }

    PyventNode anybody(PyventOptions{.port = port, .server = false});
    PyventNode kitchen(PyventOptions{.port = port, .nodeId = "kitchen", .server = false});
    anybody.send("new-customer");                         // as "pyvent", the default
    kitchen.send("new-customer");                         // as "pyvent.kitchen": the id makes the sender
    anybody.send("new-customer", {}, {.sender = "till"}); // as what it says
    anybody.send("new-customer", {}, {.sender = "till.2"});
    anybody.send("new-customer", {}, {.sender = "tiller"}); // not of "till": there is no dot

    while (listeners.last().heard.size() < 5)
        QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents);
    print({"pyvent", "pyvent.kitchen", "till", "till.2", "tiller"}, listeners);
}
