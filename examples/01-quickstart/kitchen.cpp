// SPDX-License-Identifier: MIT
#include <Pyvent>
#include <QCoreApplication>
#include <QTextStream>

static void order(const QString &food, const QString &drink)
{
    QTextStream(stdout) << "You ordered " << food << " and " << drink << "!" << Qt::endl;
}

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    pyvent::on("order-food", {"food", {"drink", "water"}}, &app, order);
    return app.exec();
}
