// SPDX-License-Identifier: MIT
#include "wrappingrow.h"

#include <QtCore/qcoreevent.h>
#include <QtWidgets/qboxlayout.h>

#include <algorithm>

namespace Pyvent::Inspector {

namespace {

constexpr int partSpacing = 8;

} // namespace

WrappingRow::WrappingRow(QWidget *parent)
    : QWidget(parent)
    , m_whole(new QBoxLayout(QBoxLayout::LeftToRight, this))
    , m_first(new QHBoxLayout)
    , m_second(new QHBoxLayout)
{
    for (QBoxLayout *part : {m_whole, m_first, m_second})
        part->setSpacing(partSpacing);
    m_whole->addLayout(m_first);
    m_whole->addLayout(m_second);
    setMargins({});
}

void WrappingRow::setMargins(const QMargins &margins)
{
    m_whole->setContentsMargins(margins);
}

void WrappingRow::setStretch(int first, int second)
{
    m_whole->setStretch(0, first);
    m_whole->setStretch(1, second);
}

QSize WrappingRow::minimumSizeHint() const
{
    const QMargins margins = m_whole->contentsMargins();
    const int widest = std::max(m_first->minimumSize().width(), m_second->minimumSize().width());
    return {widest + margins.left() + margins.right(), m_whole->totalMinimumSize().height()};
}

void WrappingRow::arrange()
{
    const QMargins margins = m_whole->contentsMargins();
    const int wanted = m_first->minimumSize().width() + partSpacing + m_second->sizeHint().width();
    const bool fits = wanted <= width() - margins.left() - margins.right();
    m_whole->setDirection(fits ? QBoxLayout::LeftToRight : QBoxLayout::TopToBottom);
}

void WrappingRow::resizeEvent(QResizeEvent *event)
{
    QWidget::resizeEvent(event);
    arrange();
}

bool WrappingRow::event(QEvent *event)
{
    const bool result = QWidget::event(event);
    if (event->type() == QEvent::LayoutRequest)
        arrange();
    return result;
}

} // namespace Pyvent::Inspector
