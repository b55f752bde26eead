// SPDX-License-Identifier: MIT
#include "imageview.h"

#include <QtGui/qpainter.h>

#include <algorithm>

namespace Pyvent::Inspector {

namespace {

constexpr int largestGrowth = 16;

} // namespace

ImageView::ImageView(const QImage &image, QWidget *parent)
    : QWidget(parent)
    , m_image(image)
{
    setObjectName(QStringLiteral("imageView"));
    setAccessibleName(tr("Image"));
}

QSize ImageView::sizeHint() const
{
    return m_image.size().boundedTo({900, 600}).expandedTo({320, 240});
}

void ImageView::paintEvent(QPaintEvent *)
{
    const QSize room = size().boundedTo(m_image.size() * largestGrowth);
    QRect place({}, m_image.size().scaled(room, Qt::KeepAspectRatio));
    place.moveCenter(rect().center());
    QPainter painter(this);
    // Behind what is transparent, in both palettes.
    constexpr int square = 8;
    painter.setClipRect(place);
    painter.fillRect(place, QColor(0x99, 0x99, 0x99));
    for (int y = place.top(), row = 0; y <= place.bottom(); y += square, ++row) {
        for (int x = place.left() + (row % 2) * square; x <= place.right(); x += 2 * square)
            painter.fillRect(x, y, square, square, QColor(0x66, 0x66, 0x66));
    }
    painter.setRenderHint(QPainter::SmoothPixmapTransform, place.width() < m_image.width());
    painter.drawImage(place, m_image);
}

} // namespace Pyvent::Inspector
