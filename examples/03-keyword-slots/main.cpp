// SPDX-License-Identifier: MIT
// Keyword arguments: a slot's parameter names, and a gadget's properties, are the names of the arguments.

#include <PyventNode>

#include <QCommandLineParser>
#include <QCoreApplication>
#include <QTextStream>

// All arguments of an event as one value. What is not sent keeps its default.
struct Booking
{
    Q_GADGET
    Q_PROPERTY(QString guest MEMBER guest)
    Q_PROPERTY(int persons MEMBER persons)
    Q_PROPERTY(bool terrace MEMBER terrace)

public:
    QString guest = "somebody";
    int persons = 2;
    bool terrace = false;
};

class Restaurant : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    // Heard as order-food(food='sushi'), as order-food(drink='sake', food='sushi'), …
    void order(const QString &food, const QString &drink = "water")
    {
        out << "order:   " << food << " with " << drink << Qt::endl;
    }

public:
    void book(const Booking &booking)
    {
        out << "book:    " << booking.persons << " persons for " << booking.guest
            << (booking.terrace ? ", on the terrace" : ", inside") << Qt::endl;
    }

    // The names and defaults of this one's parameters are given where it is connected.
    void pay(double sum, double tip) { out << "pay:     " << sum + tip << ", of which tip: " << tip << Qt::endl; }

    void complain(const QString &name, const QString &reason)
    {
        out << "failed:  " << name << ": " << reason << Qt::endl;
    }

private:
    QTextStream out{stdout};
};

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    QCommandLineParser parser;
    parser.addHelpOption();
    parser.addOption({"port", "The bus, by its port.", "port", "52002"});
    parser.process(app);

    PyventNode node(PyventOptions{.port = parser.value("port").toInt()});
    Restaurant restaurant;
    node.on("order-food", &restaurant, "order");
    node.on<Booking>("book-table", &restaurant, &Restaurant::book);
    node.on("pay", {"sum", {"tip", 0.0}}, &restaurant, &Restaurant::pay);

    // An argument that is missing, or does not convert, does not call the handler but is reported here.
    QObject::connect(&node, &PyventNode::handlerFailed, &restaurant, &Restaurant::complain);

    if (node.waitForReady())
        QTextStream(stderr) << "The restaurant is open at port " << node.port() << ". Ctrl+C closes it." << Qt::endl;
    return app.exec();
}

#include "main.moc"
