// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_RATEPLOT_H
#define PYVENT_INSPECTOR_RATEPLOT_H

#include "ratemodel.h"

#include <QtWidgets/qstyleditemdelegate.h>
#include <QtWidgets/qwidget.h>

namespace Pyvent::Inspector {

// Events in each second of the last minute: all together as an area, and the busiest names as lines.
class RatePlot : public QWidget
{
    Q_OBJECT

public:
    explicit RatePlot(RateModel *model, QWidget *parent = nullptr);

    // The row of the model whose line is drawn with more weight; -1: none.
    void setEmphasized(int row);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

    // The end of the scale for values up to \a largest: 1, 2 or 5 times a power of ten, at least 1.
    static int niceEnd(int largest);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    void paintScale(QPainter *painter, const QRectF &area, int end) const;
    void paintLines(QPainter *painter, const QRectF &area, int end) const;

    RateModel *const m_model;
    int m_emphasized = -1;
};

// The last minute of one name, small, in the list of names.
class SparklineDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace Pyvent::Inspector

#endif
