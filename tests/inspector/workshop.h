// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_INSPECTOR_WORKSHOP_H
#define PYVENT_TESTS_INSPECTOR_WORKSHOP_H

#include "mainwindow.h"

#include <PyventArray>
#include <PyventNode>
#include <PyventTuple>

#include <QtCore/qbuffer.h>
#include <QtGui/qimage.h>
#include <QtGui/qpainter.h>

// What a window has a hard time with: many names, long ones that begin or end alike, large numbers, long texts, an image as
// bytes, arrays. It is sent on a real bus, by nodes of this process; only what would take hours is put into the models.
namespace Workshop {

using namespace Qt::StringLiterals;

inline QByteArray picture()
{
    QImage image(320, 200, QImage::Format_RGB32);
    image.fill(QColor(0x20, 0x40, 0x60));
    QPainter painter(&image);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(QColor(0xf5, 0xb9, 0x42));
    painter.drawEllipse(QPoint(160, 100), 70, 70);
    painter.end();
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    image.save(&buffer, "PNG");
    return png;
}

inline QString report()
{
    QString text;
    for (int i = 1; i <= 400; ++i)
        text +=
            u"%1  station 12: the spindle ran at %2 rpm, and the bearing stayed at %3 °C\n"_s.arg(i, 4).arg(i * 7).arg(
                i % 90);
    return text;
}

// Names of which neither the beginning nor the end alone tells one from the others.
inline QStringList names()
{
    const QString station = u"factory.hall-3.line-7.station-12."_s;
    return {station + u"temperature-inlet"_s,
            station + u"temperature-outlet"_s,
            station + u"pressure-inlet"_s,
            station + u"pressure-outlet"_s,
            u"order-food"_s,
            u"heartbeat"_s};
}

class Bus
{
public:
    explicit Bus(int port)
        : m_server(PyventOptions{.port = port, .nodeId = u"workshop-floor-controller-north"_s})
        , m_other(PyventOptions{.port = port, .nodeId = u"workshop-floor-controller-south"_s, .server = false})
    {
        m_server.startServer();
        m_other.tryStart();
    }

    // Returns how many events it sent.
    int run()
    {
        int count = 0;
        const auto send = [&](PyventNode &node, const QString &name, const QVariantMap &arguments,
                              const QString &as = {}) {
            node.send(name, arguments, {.sender = as});
            ++count;
        };
        for (int i = 0; i < 30; ++i) {
            for (const QString &name : names().first(4))
                send(i % 2 ? m_server : m_other, name, {{u"value"_s, 20.5 + i}, {u"unit"_s, u"°C"_s}});
            send(m_other, u"heartbeat"_s, {});
        }
        const double row[] = {1.5, 2.5, 3.5};
        send(m_server, u"order-food"_s,
             {{u"food"_s, u"sushi"_s},
              {u"seat"_s, QVariant::fromValue(PyventTuple({u"window"_s, 2LL}))},
              {u"heat"_s, QVariant::fromValue(PyventArray::fromSpan<double>(row))},
              {u"nothing"_s, QVariant::fromValue(PyventArray(u"<f8"_s, {0}, {}))}},
             u"customer-manager.front-desk"_s);
        send(m_other, u"camera"_s, {{u"image"_s, picture()}, {u"taken_by"_s, u"hall-3"_s}});
        send(m_other, u"report"_s, {{u"text"_s, report()}});
        send(m_server, u"dump"_s, {{u"bytes"_s, QByteArray(300'000, 'x')}});
        return count;
    }

private:
    PyventNode m_server;
    PyventNode m_other;
};

// Hours of traffic, in the models. Returns how many events are in the log for it.
inline int addHours(Pyvent::Inspector::MainWindow *window)
{
    PyventEvent event;
    event.name = names().at(1);
    event.sender = u"pyvent.workshop-floor-controller-south"_s;
    event.nodeId = QUuid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    event.time = QDateTime::currentDateTimeUtc();
    event.args = {{u"value"_s, 21.5}, {u"unit"_s, u"°C"_s}};
    for (int i = 0; i < 3; ++i) {
        event.sequence = 12'345'678 + quint64(i);
        Q_EMIT window->link().received(event);
    }
    for (int i = 0; i < 1'234'567; ++i)
        window->rates().add(event.name);
    for (int i = 0; i < 123'456; ++i)
        window->rates().add(u"heartbeat"_s);
    window->rates().nextSecond();
    for (int i = 0; i < 1'234'567; ++i)
        window->nodes().noteEvent(event);
    window->nodes().update();
    return 3;
}

} // namespace Workshop

#endif
