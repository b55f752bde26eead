// SPDX-License-Identifier: MIT
#include "temperatureplot.h"

#include <QPainter>
#include <QPainterPath>

namespace {

constexpr double span = 60; // seconds
constexpr double coldest = 5;
constexpr double warmest = 35;
constexpr double longestGap = 3; // seconds; where nothing was told there is no line

} // namespace

TemperaturePlot::TemperaturePlot()
{
    setMinimumHeight(180);
    setAccessibleName("Temperature of the last minute");
    m_clock.start();
}

void TemperaturePlot::addTemperature(double celsius)
{
    const double now = double(m_clock.elapsed()) / 1000;
    m_temperatures.append({now, celsius});
    while (m_temperatures.first().x() < now - span - 1)
        m_temperatures.removeFirst();
    update();
}

void TemperaturePlot::setSetPoint(double celsius)
{
    m_setPoint = celsius;
    update();
}

void TemperaturePlot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const int textWidth = fontMetrics().horizontalAdvance("35 ") + 4;
    const int textHeight = fontMetrics().height();
    const QRectF area = QRectF(rect()).adjusted(textWidth, textHeight / 2.0, -1, -textHeight - 6.0);
    const double now = m_temperatures.isEmpty() ? span : m_temperatures.last().x();
    const auto x = [&](double seconds) { return area.right() - (now - seconds) / span * area.width(); };
    const auto y = [&](double celsius) {
        return area.bottom() - (celsius - coldest) / (warmest - coldest) * area.height();
    };
    const QColor grid = palette().color(QPalette::Mid);
    const QColor text = palette().color(QPalette::PlaceholderText);

    for (double celsius = coldest; celsius <= warmest; celsius += 10) {
        painter.setPen(QPen(grid, 0.5));
        painter.drawLine(QPointF(area.left(), y(celsius)), QPointF(area.right(), y(celsius)));
        painter.setPen(text);
        painter.drawText(QRectF(0, y(celsius) - textHeight / 2.0, textWidth - 6, textHeight), Qt::AlignRight,
                         QString::number(celsius));
    }
    const QRectF below(area.left(), area.bottom() + 6, area.width(), textHeight);
    painter.drawText(below, Qt::AlignLeft, "a minute ago");
    painter.drawText(below, Qt::AlignRight, "now");

    painter.setClipRect(area.adjusted(0, -2, 0, 2));
    painter.setPen(QPen(QColor(0xd9, 0x7a, 0x1c), 1.5, Qt::DashLine));
    painter.drawLine(QPointF(area.left(), y(m_setPoint)), QPointF(area.right(), y(m_setPoint)));

    QPainterPath path;
    for (qsizetype i = 0; i < m_temperatures.size(); ++i) {
        const QPointF point(x(m_temperatures[i].x()), y(m_temperatures[i].y()));
        if (i == 0 || m_temperatures[i].x() - m_temperatures[i - 1].x() > longestGap)
            path.moveTo(point);
        else
            path.lineTo(point);
    }
    painter.setPen(QPen(palette().color(QPalette::Highlight), 2.2, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    painter.drawPath(path);
}
