// SPDX-License-Identifier: MIT
#include "support/childprocess.h"

#include <PyventNode>
#include <PyventTestBus>

#include <QtCore/qdir.h>
#include <QtQml/qqmlapplicationengine.h>
#include <QtQuick/qquickitem.h>
#include <QtQuick/qquickwindow.h>
#include <QtTest>

#include <algorithm>
#include <chrono>
#include <functional>

using namespace PyventTests;
using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// The furnace, which finds the tests' stand-in for the package Pyvent.
class Furnace : public ChildProcess
{
public:
    explicit Furnace(const PyventTestBus &bus)
        : ChildProcess(u"env"_s,
                       {QStringLiteral("PYTHONPATH=" DASHBOARD_PYTHON_PATH), QStringLiteral(DASHBOARD_PYTHON),
                        QStringLiteral(DASHBOARD "/rig.py"), u"--port"_s, QString::number(bus.port())},
                       Errors::Kept)
    {
    }
};

// The window of the example.
class Panel
{
public:
    explicit Panel(const PyventTestBus &bus)
    {
        QObject::connect(&m_engine, &QQmlEngine::warnings, &m_engine, [this](const QList<QQmlError> &errors) {
            for (const QQmlError &error : errors)
                warnings.append(error.toString());
        });
        m_engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
        m_engine.setInitialProperties({{u"port"_s, bus.port()}});
        m_engine.load(QUrl::fromLocalFile(QStringLiteral(DASHBOARD "/Main.qml")));
    }

    QQuickWindow *window() const { return qobject_cast<QQuickWindow *>(m_engine.rootObjects().value(0)); }

    QQuickItem *item(const QString &name) const { return window() ? find(window()->contentItem(), name) : nullptr; }
    QString text(const QString &name) const { return item(name)->property("text").toString(); }
    QColor color(const QString &name) const { return item(name)->property("color").value<QColor>(); }

    bool isSilent(const QString &gauge) const { return text(gauge + ".label"_L1).endsWith(": no signal"_L1); }

    // Clicks on the item, \a part of the way from its left to its right.
    void click(const QString &name, double part = 0.5) const
    {
        const QQuickItem *const at = item(name);
        QTest::mouseClick(window(), Qt::LeftButton, {},
                          at->mapToScene({at->width() * part, at->height() / 2}).toPoint());
    }

    static QList<QQuickItem *> all(QQuickItem *item)
    {
        QList<QQuickItem *> items{item};
        for (QQuickItem *child : item->childItems())
            items += all(child);
        return items;
    }

    QStringList warnings;

private:
    static QQuickItem *find(QQuickItem *item, const QString &name)
    {
        const QList<QQuickItem *> items = all(item);
        const auto found = std::ranges::find(items, name, &QObject::objectName);
        return found == items.end() ? nullptr : *found;
    }

    QQmlApplicationEngine m_engine;
};

// Of 256 colours, and so a small file. Others than the most frequent ones become those that are nearest to them.
QImage ofFewColors(const QImage &image)
{
    QHash<QRgb, int> counts;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            ++counts[image.pixel(x, y)];
    }
    QList<QRgb> colors = counts.keys();
    std::ranges::sort(colors, std::greater(), [&](QRgb color) { return counts[color]; });
    return image.convertToFormat(QImage::Format_Indexed8, colors.first(std::min<qsizetype>(colors.size(), 256)),
                                 Qt::ThresholdDither | Qt::AvoidDither);
}

struct Gauge
{
    QString name;
    int decimals;
};

const Gauge gauges[] = {{u"rig.temperature"_s, 1}, {u"rig.pressure"_s, 1}, {u"rig.flow"_s, 2}};

} // namespace

// The example 12: gauges that a Python script feeds, a question to it, and a set point that both sides move.
class tst_Dashboard : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase()
    {
        ChildProcess python(QStringLiteral(DASHBOARD_PYTHON), {u"-c"_s, u"import zmq, pydispatch"_s});
        if (python.exitCode() != 0)
            QSKIP("Python's zmq or pydispatch is missing (Debian: python3-zmq python3-pydispatch)");
    }

    void gaugesShowWhatPythonSaysAndGreyOut()
    {
        PyventTestBus bus;
        Panel panel(bus);
        QVERIFY(panel.window());
        QVERIFY(QTest::qWaitForWindowExposed(panel.window()));
        for (const Gauge &gauge : gauges) {
            QVERIFY(panel.isSilent(gauge.name));
            QCOMPARE(panel.text(gauge.name + ".value"_L1), u"–"_s);
        }
        const QColor grey = panel.color(u"rig.flow.value"_s);

        Furnace furnace(bus);
        for (const Gauge &gauge : gauges) {
            QTRY_VERIFY2_WITH_TIMEOUT(!panel.isSilent(gauge.name), qPrintable(furnace.errors()), patience);
            QVERIFY(panel.color(gauge.name + ".value"_L1) != grey);
        }

        // What it has said last stays, in grey.
        furnace.kill();
        const auto lastOf = [&](const Gauge &gauge) {
            return QString::number(bus.heard(gauge.name).last().args[u"value"_s].toDouble(), 'f', gauge.decimals);
        };
        const auto hasLast = [&](const Panel &of, const Gauge &gauge) {
            return of.text(gauge.name + ".value"_L1) == lastOf(gauge);
        };
        for (const Gauge &gauge : gauges)
            QTRY_VERIFY_WITH_TIMEOUT(panel.isSilent(gauge.name) && hasLast(panel, gauge), patience);
        QCOMPARE(panel.color(u"rig.flow.value"_s), grey);

        // A window that opens later has that at once, in grey: nobody knows how old it is.
        Panel late(bus);
        QVERIFY(late.window());
        for (const Gauge &gauge : gauges) {
            QTRY_VERIFY_WITH_TIMEOUT(hasLast(late, gauge), patience);
            QVERIFY(late.isSilent(gauge.name));
        }
        QCOMPARE(late.color(u"rig.flow.value"_s), grey);
        QCOMPARE(panel.warnings + late.warnings, QStringList());
    }

    void theQuestionIsAnsweredOrFails()
    {
        PyventTestBus bus;
        Panel panel(bus);
        QVERIFY(panel.window());
        QVERIFY(QTest::qWaitForWindowExposed(panel.window()));
        const auto failsAtOnce = [&](const QStringList &texts) {
            panel.click(u"ask"_s);
            QTRY_VERIFY2_WITH_TIMEOUT(texts.contains(panel.text(u"failure"_s)), qPrintable(panel.text(u"failure"_s)),
                                      patience);
            QCOMPARE(panel.text(u"ohms"_s), u"–"_s);
        };
        failsAtOnce({u"Nobody answers."_s});

        // Python does not tell when it listens.
        Furnace furnace(bus);
        QVERIFY2(furnace.prints(u"The furnace is on."_s), qPrintable(furnace.errors()));
        const auto isAnswered = [&] {
            if (panel.item(u"ask"_s)->isEnabled())
                panel.click(u"ask"_s);
            return panel.text(u"ohms"_s).startsWith("47."_L1);
        };
        QVERIFY2(waitUntil(isAnswered), qPrintable(furnace.errors()));
        QTRY_VERIFY_WITH_TIMEOUT(panel.item(u"ask"_s)->isEnabled(), patience);
        QCOMPARE(panel.text(u"failure"_s), QString());

        furnace.kill(); // which the server may notice before the question, or behind it
        failsAtOnce({u"Nobody answers."_s, u"who was to answer 'rig.heater' is not there any more"_s});
        QCOMPARE(panel.warnings, QStringList());
    }

    void bothSidesMoveTheSetPoint()
    {
        PyventTestBus bus;
        Panel panel(bus);
        QVERIFY(panel.window());
        QVERIFY(QTest::qWaitForWindowExposed(panel.window()));
        QCOMPARE(panel.text(u"setPoint"_s), u"20 °C"_s);
        QCOMPARE(panel.text(u"mover"_s), u"Nobody has moved it yet"_s);
        Furnace furnace(bus);
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"mover"_s), u"Moved by the furnace"_s, patience);

        // Python reaches QML.
        furnace.writeLine("120");
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"setPoint"_s), u"120 °C"_s, patience);
        QTRY_VERIFY_WITH_TIMEOUT(panel.text(u"rig.temperature.value"_s).toDouble() > 30, patience);

        // QML reaches Python, which lets nobody go beyond 200.
        bus.clear();
        panel.click(u"slider"_s, 0.95);
        const auto moved = bus.waitFor(u"rig.setpoint"_s, 20s);
        QVERIFY2(moved, moved.why());
        QVERIFY2(moved->args[u"value"_s].toDouble() > 200, qPrintable(moved->args[u"value"_s].toString()));
        QVERIFY(!moved->nodeId.isNull()); // no Python node's
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"setPoint"_s), u"200 °C"_s, patience);
        QCOMPARE(panel.text(u"mover"_s), u"Moved by the furnace"_s);
        panel.click(u"slider"_s, 0.3);
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"mover"_s), u"Moved by a panel"_s, patience);

        // Whoever comes late has it.
        Panel late(bus);
        QVERIFY(late.window());
        QTRY_COMPARE_WITH_TIMEOUT(late.text(u"setPoint"_s), panel.text(u"setPoint"_s), patience);
        QCOMPARE(panel.warnings + late.warnings, QStringList());
    }

    void allTextsFit_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::newRow("usual") << QSize(800, 480);
        QTest::newRow("smallest") << QSize(700, 420);
        QTest::newRow("large") << QSize(1500, 900);
    }

    // Each within its card; also the longest values. The picture of the README: see the example's.
    void allTextsFit()
    {
        QFETCH(QSize, size);
        PyventTestBus bus;
        Panel panel(bus);
        QVERIFY(panel.window());
        panel.window()->resize(size);
        QVERIFY(QTest::qWaitForWindowExposed(panel.window()));
        QTRY_COMPARE(panel.window()->contentItem()->size().toSize(), size);
        panel.click(u"ask"_s);
        QTRY_VERIFY_WITH_TIMEOUT(!panel.text(u"failure"_s).isEmpty(), patience);
        const auto isOver = [](const QQuickItem *text) {
            const QRectF needed(0, 0, text->property("contentWidth").toReal(),
                                text->property("contentHeight").toReal());
            const QRectF room = text->mapRectFromItem(text->parentItem(), text->parentItem()->boundingRect());
            return text->property("truncated").toBool() || needed.width() > text->width() + 1
                || needed.height() > text->height() + 1 || !room.adjusted(-1, -1, 1, 1).contains(text->boundingRect());
        };
        const auto overflowing = [&] {
            QStringList texts;
            for (const QQuickItem *item : Panel::all(panel.window()->contentItem())) {
                if (item->inherits("QQuickText") && !item->property("text").toString().isEmpty() && isOver(item))
                    texts += item->property("text").toString() + item->objectName();
            }
            return texts;
        };
        QTRY_COMPARE(overflowing(), QStringList());

        const auto connection = bus.node()->answer("rig.heater", this, [] { return 48.8; });
        QVERIFY(connection);
        QVERIFY(bus.send(u"rig.setpoint"_s, {{u"value"_s, 200}}));
        QVERIFY(bus.send(u"rig.flow"_s, {{u"value"_s, 4.25}}));
        QTRY_VERIFY_WITH_TIMEOUT(!panel.isSilent(u"rig.flow"_s), patience);
        QTRY_VERIFY_WITH_TIMEOUT(panel.isSilent(u"rig.flow"_s), patience);
        QTRY_VERIFY_WITH_TIMEOUT(bus.node()->state() == PyventNode::Ready, patience);
        panel.click(u"ask"_s);
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"ohms"_s), u"48.80 Ω"_s, patience);
        QVERIFY(bus.send(u"rig.temperature"_s, {{u"value"_s, 186.4}}));
        QVERIFY(bus.send(u"rig.pressure"_s, {{u"value"_s, 1013.2}}));
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"rig.pressure.value"_s), u"1013.2"_s, patience);
        QTRY_COMPARE_WITH_TIMEOUT(panel.text(u"rig.temperature.value"_s), u"186.4"_s, patience);
        QTRY_COMPARE(overflowing(), QStringList()); // once the layout has had its turn

        const QImage image = panel.window()->grabWindow();
        QCOMPARE(image.size() / panel.window()->devicePixelRatio(), size);
        const QString folder = qEnvironmentVariable("PYVENT_SCREENSHOTS");
        if (!folder.isEmpty() && size == QSize(800, 480))
            QVERIFY(ofFewColors(image).save(folder + "/screenshot.png"_L1, "png", 0));
    }

    void starts()
    {
        PyventTestBus bus;
        ChildProcess program(QStringLiteral(DASHBOARD_PROGRAM), {u"--port"_s, QString::number(bus.port())},
                             ChildProcess::Errors::Kept);
        QVERIFY2(bus.waitForListener(u"rig.flow"_s, 20s), qPrintable(program.errors()));
        QVERIFY2(!program.errors().contains("qml"_L1), qPrintable(program.errors()));
    }

    // The example is to be read.
    void noFileIsLong()
    {
        for (const QFileInfo &file :
             QDir(QStringLiteral(DASHBOARD)).entryInfoList({u"*.qml"_s, u"*.cpp"_s, u"*.py"_s})) {
            QFile source(file.filePath());
            QVERIFY(source.open(QIODevice::ReadOnly));
            QVERIFY2(source.readAll().count('\n') < 60, qPrintable(file.fileName()));
        }
    }
};

QTEST_MAIN(tst_Dashboard)

#include "tst_dashboard.moc"
