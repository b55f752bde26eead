// SPDX-License-Identifier: MIT
#include "rateplot.h"

#include "textstyle.h"

#include <QtGui/qpainter.h>
#include <QtGui/qpainterpath.h>
#include <QtWidgets/qapplication.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

QPolygonF line(const QList<int> &minute, const QRectF &area, double end)
{
    QPolygonF points;
    points.reserve(minute.size());
    for (qsizetype i = 0; i < minute.size(); ++i) {
        const double x = area.left() + area.width() * double(i) / double(minute.size() - 1);
        points.append({x, area.bottom() - area.height() * double(minute[i]) / end});
    }
    return points;
}

QPolygonF filled(QPolygonF points, const QRectF &area)
{
    points.append(area.bottomRight());
    points.append(area.bottomLeft());
    return points;
}

} // namespace

RatePlot::RatePlot(RateModel *model, QWidget *parent)
    : QWidget(parent)
    , m_model(model)
{
    setObjectName(u"ratePlot"_s);
    setAccessibleName(tr("Events per second over the last minute"));
    connect(model, &RateModel::advanced, this, qOverload<>(&QWidget::update));
}

void RatePlot::setEmphasized(int row)
{
    if (m_emphasized == row)
        return;
    m_emphasized = row;
    update();
}

QSize RatePlot::sizeHint() const
{
    return {360, 60 + 5 * fontMetrics().height()};
}

// The words above and below, and as much for the lines.
QSize RatePlot::minimumSizeHint() const
{
    return {160, 24 + 4 * fontMetrics().height()};
}

int RatePlot::niceEnd(int largest)
{
    for (int power = 1; power < 1'000'000'000; power *= 10) {
        for (const int step : {1, 2, 5}) {
            if (power * step >= largest)
                return power * step;
        }
    }
    return largest;
}

void RatePlot::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QList<int> all = m_model->minute(-1);
    const int end = niceEnd(*std::max_element(all.begin(), all.end()));
    const QFontMetrics metrics(font());
    const int labels = metrics.horizontalAdvance(locale().toString(end)) + 8;
    const QRectF area = QRectF(rect()).adjusted(labels, metrics.height() * 1.5 + 2, -6, -metrics.height() - 4);
    paintScale(&painter, area, end);
    paintLines(&painter, area, end);
}

void RatePlot::paintScale(QPainter *painter, const QRectF &area, int end) const
{
    const QColor quiet = toneColor(Tone::Quiet, palette());
    const QColor grid = mixed(palette().color(QPalette::Text), palette().color(QPalette::Window), 0.14);
    const QFontMetrics metrics(font());
    const bool hasMiddle = end >= 2 && area.height() > 2.5 * metrics.height();
    const int steps = hasMiddle ? 2 : 1;
    for (int i = 0; i <= steps; ++i) {
        const double y = area.bottom() - area.height() * i / steps;
        painter->setPen(QPen(grid, 1));
        painter->drawLine(QPointF(area.left(), y), QPointF(area.right(), y));
        painter->setPen(quiet);
        const QRectF label(0, y - metrics.height() / 2.0, area.left() - 6, metrics.height());
        const double value = double(end) * i / steps;
        painter->drawText(label, Qt::AlignRight | Qt::AlignVCenter, locale().toString(value, 'g', 9));
    }
    const QRectF below(area.left(), area.bottom() + 4, area.width(), metrics.height());
    const QString begin = tr("60 s ago");
    const QString middle = tr("30 s");
    const QString now = tr("now");
    painter->drawText(below, Qt::AlignLeft, begin);
    painter->drawText(below, Qt::AlignRight, now);
    if (metrics.horizontalAdvance(begin) + metrics.horizontalAdvance(middle) / 2 < area.width() / 2 - 8)
        painter->drawText(below, Qt::AlignHCenter, middle);
    // The sum says by itself what is counted, where there is no room to say it twice.
    const QRectF above(0, 0, area.right(), metrics.height());
    const QString unit = tr("events per second");
    const QString sum = tr("%1/s in all").arg(locale().toString(m_model->rate(-1), 'f', 1));
    if (area.left() + metrics.horizontalAdvance(unit) + 16 + metrics.horizontalAdvance(sum) < area.right())
        painter->drawText(above.adjusted(area.left(), 0, 0, 0), Qt::AlignLeft, unit);
    painter->setPen(palette().color(QPalette::WindowText));
    painter->drawText(above, Qt::AlignRight, sum);
}

void RatePlot::paintLines(QPainter *painter, const QRectF &area, int end) const
{
    const QPolygonF all = line(m_model->minute(-1), area, end);
    const QColor sum = palette().color(QPalette::WindowText);
    painter->setPen(Qt::NoPen);
    painter->setBrush(mixed(sum, palette().color(QPalette::Window), 0.09));
    painter->drawPolygon(filled(all, area));
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(mixed(sum, palette().color(QPalette::Window), 0.35), 1));
    painter->drawPolyline(all);

    QList<int> rows = m_model->busiest(nameColorCount);
    std::reverse(rows.begin(), rows.end()); // the busiest on top
    if (m_emphasized >= 0 && m_emphasized < m_model->rowCount()) {
        rows.removeOne(m_emphasized);
        rows.append(m_emphasized);
    }
    for (const int row : std::as_const(rows)) {
        painter->setPen(QPen(nameColor(row, palette()), row == m_emphasized ? 2.6 : 1.4, Qt::SolidLine, Qt::RoundCap,
                             Qt::RoundJoin));
        painter->drawPolyline(line(m_model->minute(row), area, end));
    }
}

void SparklineDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyledItemDelegate::paint(painter, option, index);
    const auto minute = index.data(RateModel::MinuteRole).value<QList<int>>();
    if (minute.isEmpty())
        return;
    const double end = std::max(1, *std::max_element(minute.begin(), minute.end()));
    const QRectF area = QRectF(option.rect).adjusted(6, 4, -6, -4);
    const bool isSelected = option.state.testFlag(QStyle::State_Selected);
    const QColor color = isSelected ? option.palette.color(QPalette::HighlightedText)
                                    : nameColor(index.data(RateModel::ColorRole).toInt(), option.palette);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const QPolygonF points = line(minute, area, end);
    QColor light = color;
    light.setAlphaF(0.18F);
    painter->setPen(Qt::NoPen);
    painter->setBrush(light);
    painter->drawPolygon(filled(points, area));
    painter->setBrush(Qt::NoBrush);
    painter->setPen(QPen(color, 1.2));
    painter->drawPolyline(points);
    painter->restore();
}

} // namespace Pyvent::Inspector
