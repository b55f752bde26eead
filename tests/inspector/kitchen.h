// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_INSPECTOR_KITCHEN_H
#define PYVENT_TESTS_INSPECTOR_KITCHEN_H

#include "mainwindow.h"
#include "sendpanel.h"

#include <PyventArray>
#include <PyventTuple>

#include <QtCore/qrandom.h>
#include <QtGui/qpalette.h>
#include <QtWidgets/qlineedit.h>

#include <array>
#include <cmath>

// A minute in a restaurant's kitchen, for pictures of the inspector.
namespace Kitchen {

using namespace Qt::StringLiterals;

inline QPalette lightPalette()
{
    QPalette palette(QColor(0xef, 0xf0, 0xf1));
    palette.setColor(QPalette::Base, Qt::white);
    palette.setColor(QPalette::AlternateBase, QColor(0xf6, 0xf7, 0xf8));
    palette.setColor(QPalette::Highlight, QColor(0x2f, 0x6f, 0xb5));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    return palette;
}

inline QPalette darkPalette()
{
    const QColor text(0xe6, 0xe8, 0xea);
    QPalette palette(QColor(0x2b, 0x2e, 0x33));
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText, QPalette::ToolTipText})
        palette.setColor(role, text);
    palette.setColor(QPalette::Base, QColor(0x1f, 0x21, 0x25));
    palette.setColor(QPalette::AlternateBase, QColor(0x25, 0x28, 0x2c));
    palette.setColor(QPalette::PlaceholderText, QColor(0x8c, 0x92, 0x9a));
    palette.setColor(QPalette::Highlight, QColor(0x2f, 0x6f, 0xb5));
    palette.setColor(QPalette::HighlightedText, Qt::white);
    palette.setColor(QPalette::Disabled, QPalette::ButtonText, QColor(0x7c, 0x82, 0x8a));
    palette.setColor(QPalette::Disabled, QPalette::WindowText, QColor(0x7c, 0x82, 0x8a));
    palette.setColor(QPalette::Disabled, QPalette::Text, QColor(0x7c, 0x82, 0x8a));
    return palette;
}

class Minute
{
public:
    explicit Minute(Pyvent::Inspector::MainWindow *window)
        : m_window(window)
    {
        m_window->events().setPaused(true); // so that all is shown at once, in the end
        for (int i = 0; i < 3; ++i)
            m_nodes[size_t(i)] = QUuid(uint(0x3f2a91c0 + i * 0x11171), 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
        m_window->nodes().setAnswers({info(0, u"till"_s, u"restaurant-till"_s, 4121, false),
                                      info(1, u"kitchen"_s, u"kitchen-display"_s, 4108, true),
                                      info(2, u"oven"_s, u"oven-control"_s, 4133, false)});
    }

    void run()
    {
        const QDateTime end = QDateTime::currentDateTimeUtc();
        for (int second = 60; second >= 0; --second) {
            m_now = end.addMSecs(-qint64(second) * 1000);
            heard(second);
            if (second > 0)
                m_window->rates().nextSecond();
        }
        m_window->events().setPaused(false);
    }

private:
    PyventNodeInfo info(int node, const QString &id, const QString &program, qint64 pid, bool serving) const
    {
        PyventNodeInfo info;
        info.uuid = m_nodes[size_t(node)];
        info.nodeId = id;
        info.program = program;
        info.host = u"restaurant"_s;
        info.pid = pid;
        info.serving = serving;
        info.names = {u"order-*"_s};
        return info;
    }

    void send(int node, const QString &name, const QString &sender, const QVariantMap &arguments)
    {
        PyventEvent event;
        event.name = name;
        event.sender = sender;
        event.args = arguments;
        if (node >= 0) {
            event.nodeId = m_nodes[size_t(node)];
            event.sequence = ++m_sequence[u"%1 %2"_s.arg(node).arg(name)];
        }
        // Python's have none; here it stands for that of their arrival.
        event.time = m_now = m_now.addMSecs(37 + qint64(m_random.bounded(40)));
        Q_EMIT m_window->link().received(event);
    }

    void heard(int second)
    {
        const QStringList foods{u"sushi"_s, u"ramen"_s, u"tempura"_s, u"miso soup"_s, u"udon"_s};
        const int busy = 1 + m_random.bounded(2);
        for (int i = 0; i < busy; ++i) {
            const double heat[] = {231.5 + second * 0.1, 228.25, 230.0 + i};
            send(2, u"oven-temperature"_s, u"pyvent.oven"_s,
                 {{u"celsius"_s, QVariant::fromValue(PyventArray::fromSpan<double>(heat))}, {u"door"_s, false}});
        }
        const int orders = std::max(0, int(2.5 + 2.5 * std::sin(second / 6.0)) + m_random.bounded(3) - 1);
        for (int i = 0; i < orders; ++i) {
            const QString food = foods.at(m_random.bounded(5));
            send(0, u"order-food"_s, u"pyvent.till"_s,
                 {{u"food"_s, food},
                  {u"table"_s, qlonglong(1 + m_random.bounded(12))},
                  {u"pieces"_s, qlonglong(1 + m_random.bounded(8))},
                  {u"seat"_s, QVariant::fromValue(PyventTuple({u"window"_s, 2LL}))},
                  {u"options"_s, QVariantMap{{u"spicy"_s, true}, {u"notes"_s, QVariantList{u"no wasabi"_s}}}}});
        }
        const int ready = std::max(0, int(1.5 + 2 * std::sin(second / 6.0 + 1)) + m_random.bounded(2) - 1);
        for (int i = 0; i < ready; ++i)
            send(1, u"food-ready"_s, u"pyvent.kitchen"_s,
                 {{u"food"_s, foods.at(m_random.bounded(5))}, {u"took"_s, 6.5 + m_random.bounded(40) / 10.0}});
        if (m_random.bounded(5) < 2 || second < 3)
            send(-1, u"new-customer"_s, u"customer-manager"_s,
                 {{u"name"_s, u"Ada"_s}, {u"party"_s, qlonglong(2 + m_random.bounded(4))}});
        if (second % 10 == 5)
            send(-1, u"stock-level"_s, u"pyvent"_s,
                 {{u"rice_kg"_s, 41.5 - second * 0.05}, {u"low"_s, QVariantList{u"nori"_s, u"wasabi"_s}}});
        if (second == 21)
            send(1, u"food-burnt"_s, u"pyvent.kitchen"_s, {{u"food"_s, u"tempura"_s}});
    }

    Pyvent::Inspector::MainWindow *const m_window;
    std::array<QUuid, 3> m_nodes = {};
    QHash<QString, quint64> m_sequence = {};
    QDateTime m_now = {};
    QRandomGenerator m_random = QRandomGenerator(7);
};

inline void fill(Pyvent::Inspector::MainWindow *window)
{
    Minute(window).run();
    window->findChild<Pyvent::Inspector::SendPanel *>()->setDraft(
        {u"order-food"_s, {}, u"food=sushi\npieces:=8\noptions:={\"spicy\": false}"_s});
}

} // namespace Kitchen

#endif
