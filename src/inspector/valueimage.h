// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_VALUEIMAGE_H
#define PYVENT_INSPECTOR_VALUEIMAGE_H

#include <QtCore/qvariant.h>
#include <QtGui/qimage.h>

namespace Pyvent::Inspector {

// A value as the picture that it is: bytes that are a file of a usual format, or an array of numpy's with grey, RGB or RGBA
// bytes as its elements.
struct ValueImage
{
    QImage image = {};
    QString format = {};  // "PNG", or "ndarray"; empty for what is no picture
    QString problem = {}; // why there is no image, although there is a format
};

ValueImage imageOf(const QVariant &value);

} // namespace Pyvent::Inspector

#endif
