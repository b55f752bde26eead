// SPDX-License-Identifier: MIT
#include "elidedlabel.h"

#include "textstyle.h"

#include <QtGui/qevent.h>
#include <QtGui/qpainter.h>
#include <QtWidgets/qstyle.h>
#include <QtWidgets/qtooltip.h>

#include <algorithm>

namespace Pyvent::Inspector {

ElidedLabel::ElidedLabel(Qt::TextElideMode mode, QWidget *parent)
    : QLabel(parent)
    , m_mode(mode)
{
    setTextFormat(Qt::PlainText);
}

void ElidedLabel::setWanted(int characters)
{
    m_wanted = characters;
    updateGeometry();
}

QSize ElidedLabel::sizeHint() const
{
    const QSize whole = QLabel::sizeHint();
    return m_wanted == 0 ? whole
                         : QSize(std::min(whole.width(), fontMetrics().averageCharWidth() * m_wanted), whole.height());
}

QSize ElidedLabel::minimumSizeHint() const
{
    constexpr int least = 6; // characters
    const QSize whole = QLabel::minimumSizeHint();
    return {std::min(whole.width(), fontMetrics().averageCharWidth() * std::max(least, m_wanted)), whole.height()};
}

QString ElidedLabel::elided() const
{
    return fontMetrics().elidedText(text(), m_mode, contentsRect().width());
}

bool ElidedLabel::event(QEvent *event)
{
    if (event->type() == QEvent::ToolTip && toolTip().isEmpty() && elided() != text()) {
        QToolTip::showText(static_cast<QHelpEvent *>(event)->globalPos(), plainToolTip(text()), this);
        return true;
    }
    return QLabel::event(event);
}

void ElidedLabel::paintEvent(QPaintEvent *)
{
    QPainter painter(this);
    const int alignment = int(QStyle::visualAlignment(layoutDirection(), this->alignment())) | Qt::TextSingleLine;
    style()->drawItemText(&painter, contentsRect(), alignment, palette(), isEnabled(), elided(), foregroundRole());
}

} // namespace Pyvent::Inspector
