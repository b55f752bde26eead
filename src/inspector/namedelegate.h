// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_NAMEDELEGATE_H
#define PYVENT_INSPECTOR_NAMEDELEGATE_H

#include <QtWidgets/qstyleditemdelegate.h>

class QFontMetrics;

namespace Pyvent::Inspector {

// A name that is too long for its place keeps both of its ends, and more of the second one: names mostly begin alike, by
// what they belong to, and end with what tells one from the other.
QString elidedName(const QString &name, const QFontMetrics &metrics, int width);

class NameDelegate : public QStyledItemDelegate
{
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter *painter, const QStyleOptionViewItem &option, const QModelIndex &index) const override;
};

} // namespace Pyvent::Inspector

#endif
