// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_IMAGEVIEW_H
#define PYVENT_INSPECTOR_IMAGEVIEW_H

#include <QtGui/qimage.h>
#include <QtWidgets/qwidget.h>

namespace Pyvent::Inspector {

// An image as large as there is room for it; a small one grows until its pixels can be told apart.
class ImageView : public QWidget
{
    Q_OBJECT

public:
    explicit ImageView(const QImage &image, QWidget *parent = nullptr);

    const QImage &image() const { return m_image; }
    QSize sizeHint() const override;

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    const QImage m_image;
};

} // namespace Pyvent::Inspector

#endif
