// SPDX-License-Identifier: MIT
// Types that no value of an event becomes: the compiler says so in a sentence. CASE chooses one; 0 is what compiles.
#include <Pyvent>

#include <QCoreApplication>

#include <list>
#include <map>
#include <string_view>

struct Stranger
{
    int number;
};

struct NoDefault
{
    Q_GADGET
    Q_PROPERTY(int number MEMBER number)

public:
    explicit NoDefault(int start)
        : number(start)
    {
    }
    int number;
};

void refused(QCoreApplication *app)
{
#if CASE == 0
    pyvent::on("plot", {"points", "limit"}, app,
               [](const std::map<QString, std::list<std::pair<int, double>>> &, std::optional<std::string>) {});
    pyvent::send("plot", {{"points", pyvent::argument(std::list<int>{1})}});
#elif CASE == 1
    pyvent::on("plot", {"points"}, app, [](const Stranger &) {});
#elif CASE == 2
    pyvent::on("plot", {"title", "points"}, app, [](const QString &, const QList<QMap<QString, Stranger>> &) {});
#elif CASE == 3
    pyvent::on("plot", {"window"}, app, [](QObject *) {});
#elif CASE == 4
    pyvent::on("plot", {"title"}, app, [](std::string_view) {});
#elif CASE == 5
    pyvent::on<NoDefault>("plot", app, [](const NoDefault &) {});
#elif CASE == 6
    pyvent::send("plot", {{"points", pyvent::argument(std::list<Stranger>())}});
#elif CASE == 7
    pyvent::forward(app, &QObject::destroyed, "gone");
#elif CASE == 8
    pyvent::registerType<std::optional<Stranger>>();
#endif
}
