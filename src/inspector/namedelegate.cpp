// SPDX-License-Identifier: MIT
#include "namedelegate.h"

#include <QtGui/qfontmetrics.h>
#include <QtWidgets/qapplication.h>
#include <QtWidgets/qstyle.h>

namespace Pyvent::Inspector {

QString elidedName(const QString &name, const QFontMetrics &metrics, int width)
{
    // In fractions of pixels: the style would cut what is too wide by less than one, once more.
    const QFontMetricsF exact(metrics);
    if (exact.horizontalAdvance(name) <= width)
        return name;
    // Of \a count characters a quarter stands before the gap. A surrogate pair is not parted.
    const auto shortened = [&](qsizetype count) {
        qsizetype head = count / 4;
        qsizetype tail = count - head;
        if (head > 0 && name[head - 1].isHighSurrogate())
            --head;
        if (tail > 0 && name[name.size() - tail].isLowSurrogate())
            --tail;
        return name.first(head) + u'…' + name.last(tail);
    };
    qsizetype fits = 0;
    qsizetype tooMany = name.size();
    while (tooMany - fits > 1) {
        const qsizetype count = (fits + tooMany) / 2;
        (exact.horizontalAdvance(shortened(count)) <= width ? fits : tooMany) = count;
    }
    return shortened(fits);
}

void NameDelegate::paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const
{
    QStyleOptionViewItem cell = option;
    initStyleOption(&cell, index);
    const QStyle *const style = cell.widget ? cell.widget->style() : QApplication::style();
    const int margin = style->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, cell.widget) + 1;
    const int width = style->subElementRect(QStyle::SE_ItemViewItemText, &cell, cell.widget).width() - 2 * margin;
    cell.text = elidedName(cell.text, cell.fontMetrics, width);
    style->drawControl(QStyle::CE_ItemViewItem, &cell, painter, cell.widget);
}

} // namespace Pyvent::Inspector
