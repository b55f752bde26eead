// SPDX-License-Identifier: MIT
#include "peerprocess.h"
#include "support/freeport.h"
#include "support/program.h"

#include <PyventNode>

#include <QtCore/qfileinfo.h>
#include <QtQml/qqmlapplicationengine.h>
#include <QtQuick/qquickitem.h>
#include <QtQuick/qquickwindow.h>
#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

// examples/05-kitchen-display: a waiter in Python orders, a tap tells that it is ready, and the waiter hears that.
class tst_KitchenDisplay : public QObject
{
    Q_OBJECT

private:
    // By what is seen, since a view's delegates are no children of it.
    static QQuickItem *find(QQuickItem *item, const QString &name)
    {
        if (item->objectName() == name)
            return item;
        for (QQuickItem *child : item->childItems()) {
            if (QQuickItem *found = find(child, name))
                return found;
        }
        return nullptr;
    }

    // The card of an order, once it has come to rest where it can be tapped.
    static QQuickItem *card(const QQuickWindow *window, int number)
    {
        QQuickItem *item = find(window->contentItem(), u"order-%1"_s.arg(number));
        const QQuickItem *cell = item ? item->parentItem() : nullptr;
        return cell && cell->opacity() == 1 && cell->scale() == 1 ? item : nullptr;
    }

    static QPoint middle(const QQuickItem *item)
    {
        return item->mapToScene({item->width() / 2, item->height() / 2}).toPoint();
    }

    static QString connection(const QQuickWindow *window)
    {
        const QQuickItem *label = find(window->contentItem(), u"connection"_s);
        return label ? label->property("text").toString() : QString();
    }

    QStringList m_warnings;

private Q_SLOTS:
    void initTestCase()
    {
        if (const QString why = PeerProcess::whyNoPython(); !why.isEmpty())
            QSKIP(qPrintable(why));
    }

    void aTapTellsTheWaiter()
    {
        const int port = PyventTests::freePort();
        QQmlApplicationEngine engine;
        connect(&engine, &QQmlEngine::warnings, this, [this](const QList<QQmlError> &errors) {
            for (const QQmlError &error : errors)
                m_warnings.append(error.toString());
        });
        engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
        engine.setInitialProperties({{u"port"_s, port}});
        engine.load(QUrl::fromLocalFile(QStringLiteral(DISPLAY_QML)));
        QCOMPARE(engine.rootObjects().size(), 1);
        auto *window = qobject_cast<QQuickWindow *>(engine.rootObjects().first());
        QVERIFY(window);
        QVERIFY(QTest::qWaitForWindowExposed(window));
        QCOMPARE(window->size(), QSize(800, 480));
        QTRY_COMPARE_WITH_TIMEOUT(connection(window), u"Connected"_s, patience);

        PeerProcess waiter(PeerProcess::Python, u"waiter"_s);
        waiter.start();
        PEERS_VERIFY(waiter.tell(u"configure"_s, {{u"port"_s, port}, {u"server"_s, false}}));
        PEERS_VERIFY(waiter.tell(u"on"_s, {{u"name"_s, u"food-ready"_s}, {u"sender"_s, u"*any*"_s}}));
        PEERS_VERIFY(waiter.tell(u"ready"_s));
        for (const QString &food : {u"ramen"_s, u"sushi"_s, u"gyoza"_s}) {
            const QJsonObject args{{u"food"_s, food}, {u"drink"_s, u"sake"_s}, {u"table"_s, 7}};
            PEERS_VERIFY(waiter.order(u"send"_s, {{u"name"_s, u"order-food"_s}, {u"args"_s, args}}));
        }
        QTRY_VERIFY_WITH_TIMEOUT(card(window, 1) && card(window, 2) && card(window, 3), patience);

        // Where a finger would tap.
        const QQuickItem *sushi = card(window, 2);
        QCOMPARE(sushi->property("food").toString(), u"sushi"_s);
        QVERIFY(sushi->width() >= 200 && sushi->height() >= 100);
        const QPoint place = middle(sushi);
        window->setProperty("doubleTap", 1'000'000);
        QTest::mouseClick(window, Qt::LeftButton, {}, place);

        PEERS_VERIFY(waiter.waitForHeard(1, u"food-ready"_s));
        const QJsonObject heard = waiter.heard(u"food-ready"_s).first();
        QCOMPARE(heard["args"_L1]["food"_L1].toString(), u"sushi"_s);
        QCOMPARE(heard["args"_L1]["drink"_L1].toString(), u"sake"_s);
        QCOMPARE(heard["args"_L1]["table"_L1].toString(), u"7"_s);
        QCOMPARE(heard["args"_L1]["number"_L1].toInt(), 2);
        QTRY_VERIFY_WITH_TIMEOUT(!find(window->contentItem(), u"order-2"_s), patience);

        // The next order has moved there. What is left of a double tap does nothing to it, another tap does.
        QTRY_VERIFY_WITH_TIMEOUT(card(window, 3) && middle(card(window, 3)) == place, patience);
        QTest::mouseClick(window, Qt::LeftButton, {}, place);
        window->setProperty("doubleTap", 0);
        QVERIFY(card(window, 3));
        QTest::mouseClick(window, Qt::LeftButton, {}, place);
        PEERS_VERIFY(waiter.waitForHeard(2, u"food-ready"_s));
        QCOMPARE(waiter.heard(u"food-ready"_s).last()["args"_L1]["food"_L1].toString(), u"gyoza"_s);
        QVERIFY(card(window, 1));
        QCOMPARE(m_warnings, QStringList());
    }

    void showsWholeDishes_data()
    {
        QTest::addColumn<QSize>("size");
        QTest::newRow("usual") << QSize(800, 480);
        QTest::newRow("smallest") << QSize(420, 320);
        QTest::newRow("large") << QSize(1280, 800);
    }

    void showsWholeDishes()
    {
        QFETCH(QSize, size);
        const int port = PyventTests::freePort();
        QQmlApplicationEngine engine;
        engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
        engine.setInitialProperties({{u"port"_s, port}});
        engine.load(QUrl::fromLocalFile(QStringLiteral(DISPLAY_QML)));
        QCOMPARE(engine.rootObjects().size(), 1);
        auto *window = qobject_cast<QQuickWindow *>(engine.rootObjects().first());
        QVERIFY(window);
        window->resize(size);
        QVERIFY(QTest::qWaitForWindowExposed(window));
        QTRY_COMPARE_WITH_TIMEOUT(connection(window), u"Connected"_s, patience);

        // As a card of a restaurant has them: with two words, a line, and three.
        const std::pair<QString, QString> orders[] = {
            {u"miso soup"_s, u"sake"_s},
            {u"Chirashi bowl with salmon, tuna, avocado and pickled ginger"_s,
             u"Gyokuro green tea, first flush, iced"_s},
            {u"Grilled eel on rice with sansho pepper, cucumber and seaweed salad, and miso soup with clams"_s,
             u"Junmai Daiginjo"_s},
            {u"Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetzschnitzel"_s, u"Apfelsaftschorle"_s},
        };
        PyventNode waiter(PyventOptions{.port = port, .server = false});
        for (const auto &[food, drink] : orders)
            QVERIFY(waiter.send(u"order-food"_s, {{u"food"_s, food}, {u"drink"_s, drink}, {u"table"_s, 12}}));
        const QQuickItem *hint = find(window->contentItem(), u"hint"_s);
        const QQuickItem *pill = find(window->contentItem(), u"pill"_s);
        QVERIFY(hint && pill);
        QTRY_VERIFY(hint->mapToScene({hint->width(), 0}).x() <= pill->mapToScene({}).x());
        for (int number = 1; number <= int(std::size(orders)); ++number) {
            // A view makes the cards that are in sight: one that is not yet is scrolled to.
            auto *grid = find(window->contentItem(), u"orders"_s);
            QTRY_COMPARE_WITH_TIMEOUT(grid->property("count").toInt(), int(std::size(orders)), patience);
            QMetaObject::invokeMethod(grid, "positionViewAtIndex", Q_ARG(int, number - 1), Q_ARG(int, 4));
            QTRY_VERIFY_WITH_TIMEOUT(card(window, number), patience);
            for (const char *part : {"food", "drink"}) {
                const QQuickItem *text = find(card(window, number), QLatin1StringView(part));
                QVERIFY(text);
                QTRY_VERIFY2(!text->property("truncated").toBool(), qPrintable(text->property("text").toString()));
                QVERIFY(text->property("contentHeight").toReal() <= text->height() + 1);
                QVERIFY(text->property("contentWidth").toReal() <= text->width() + 1);
            }
        }
    }

    void starts_data()
    {
        QTest::addColumn<QString>("program");
        QTest::newRow("built with the library") << QStringLiteral(DISPLAY_PROGRAM);
        QTest::newRow("built against the installed package") << QStringLiteral(BUILT_DISPLAY_PROGRAM);
    }

    void starts()
    {
        QFETCH(QString, program);
        if (program.isEmpty())
            QSKIP("The examples are not built here (PYVENT_EXAMPLES).");
        QVERIFY2(QFileInfo(program).isExecutable(), qPrintable(program));
        const QString port = QString::number(PyventTests::freePort());
        Program display(program, {u"--port"_s, port});
        // The display serves the bus; until then nobody takes the event.
        const auto isServed = [&] {
            Program sender(
                {u"send"_s, u"order-food"_s, u"food=sushi"_s, u"--no-server"_s, u"--quiet"_s, u"--port"_s, port});
            return sender.exitCode() == 0;
        };
        QTRY_VERIFY2_WITH_TIMEOUT(isServed(), qPrintable(display.errors()), patience);
        QVERIFY2(!display.errors().contains(u"qml"_s), qPrintable(display.errors()));
    }
};

QTEST_MAIN(tst_KitchenDisplay)

#include "tst_kitchendisplay.moc"
