// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/machine.h"
#include "support/program.h"
#include "support/testprogram.h"

#include <QtTest>

#include <unistd.h>

using namespace PyventTests;

// Example 09, as its README has it, on two machines.
class tst_TwoMachines : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void stationsReachTheDisplay();

private:
    QString at(const QString &name) const { return m_folder.filePath(name); }
    static void makeKeys(const QString &path)
    {
        Program keygen({"keygen", path});
        QVERIFY2(keygen.exitCode() == 0, qPrintable(keygen.errors()));
    }

    const QTemporaryDir m_folder;
    std::unique_ptr<Machine> m_indoors;
    std::unique_ptr<Machine> m_roof;
};

void tst_TwoMachines::initTestCase()
{
    if (::geteuid() != 0)
        QSKIP("Two machines are made by root only");
    m_indoors = std::make_unique<Machine>("pyvent-indoors");
    m_roof = std::make_unique<Machine>("pyvent-roof");
    if (!m_indoors->isThere() || !m_roof->isThere())
        QSKIP("There is no 'ip netns', or it may not make two machines here");
    QVERIFY(Machine::connect({*m_indoors, "indoors", "192.168.1.10"}, {*m_roof, "roof", "192.168.1.11"}));
}

void tst_TwoMachines::stationsReachTheDisplay()
{
    for (const char *name : {"display", "station", "stranger"})
        makeKeys(at(name));
    QVERIFY(QFile::copy(at("station.pub"), at("stations")));

    const QString port = QString::number(freePort());
    const auto send = [&](const QString &key, const QString &displayKey, const QString &celsius) {
        return std::make_unique<Program>("ip",
                                         m_roof->words(WEATHER_STATION,
                                                       {"--port", port, "--key", at(key), "--display-key",
                                                        at(displayKey), "192.168.1.10", "roof", celsius}));
    };
    Program display(
        "ip",
        m_indoors->words(WEATHER_DISPLAY, {"--port", port, "--keys", at("display.key"), "--allow", at("stations")}));
    QVERIFY2(display.complains("Waiting for stations at port " + port), qPrintable(display.errors()));
    const auto station = send("station.key", "display.pub", "21.5");
    QVERIFY2(station->exitCode() == 0, qPrintable(station->errors()));
    QVERIFY2(display.prints("roof: 21.5 °C\n"), qPrintable(display.output()));

    // Whoever is not known is told so, and so is who knows another display.
    const auto stranger = send("stranger.key", "display.pub", "99");
    QCOMPARE(stranger->exitCode(), 1);
    QVERIFY2(stranger->errors().contains("does not let this node's key in: add the line 'stranger = "),
             qPrintable(stranger->errors()));
    const auto lost = send("station.key", "stranger.pub", "99");
    QCOMPARE(lost->exitCode(), 1);
    QVERIFY2(lost->errors().contains("does not have the secret key"), qPrintable(lost->errors()));

    // Processes on the display's own machine need no key, whichever way they come.
    for (const QStringList &way : {QStringList(), QStringList{"--no-lane"}}) {
        Program indoors(
            "ip",
            m_indoors->words(
                PYVENT, QStringList{"send", "--port", port, "temperature", "place=kitchen", "celsius:=22.25"} + way));
        QVERIFY2(indoors.exitCode() == 0, qPrintable(indoors.errors()));
        QVERIFY2(display.prints("kitchen: 22.25 °C\n"), qPrintable(display.output()));
    }
    // Those on another one do.
    Program without("ip", m_roof->words(PYVENT, {"send", "--port", port, "--address", "192.168.1.10", "temperature"}));
    QCOMPARE(without.exitCode(), 3);
    QVERIFY2(without.errors().contains("by keys only, and this one has none"), qPrintable(without.errors()));

    // A key that is taken away is hung up on.
    Program listens("ip",
                    m_roof->words(PYVENT,
                                  {"listen", "--no-server", "--port", port, "--address", "192.168.1.10", "--key",
                                   at("station.key"), "--server-key", at("display.pub")}));
    QVERIFY2(listens.complains("listening to"), qPrintable(listens.errors()));
    Program nodes("ip", m_indoors->words(PYVENT, {"nodes", "--port", port}));
    QCOMPARE(nodes.exitCode(), 0);
    QVERIFY2(nodes.output().contains(" key station "), qPrintable(nodes.output()));
    QVERIFY(QFile::rename(at("stations"), at("stations.old")));
    QVERIFY(QFile::copy(at("stranger.pub"), at("stations")));
    QVERIFY2(listens.complains("does not let this node's key in"), qPrintable(listens.errors()));
    const auto again = send("stranger.key", "display.pub", "20");
    QVERIFY2(again->exitCode() == 0, qPrintable(again->errors()));
    QVERIFY2(display.prints("roof: 20 °C\n"), qPrintable(display.output()));
    QVERIFY(!display.output().contains("99"));
}

PYVENT_TEST(tst_TwoMachines)

#include "tst_twomachines.moc"
