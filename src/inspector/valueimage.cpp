// SPDX-License-Identifier: MIT
#include "valueimage.h"

#include "typedvalue.h"

#include <PyventArray>

#include <QtCore/qbuffer.h>
#include <QtCore/qcoreapplication.h>
#include <QtCore/qlocale.h>
#include <QtGui/qimagereader.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

// What comes from the network may claim to be of any size. These take some 150 MB and less than a second.
constexpr qint64 mostPixels = 40'000'000;

QString tr(const char *text)
{
    return QCoreApplication::translate("ValueImage", text);
}

bool isTooLarge(qint64 width, qint64 height, ValueImage *result)
{
    if (height <= 0 || width <= mostPixels / height)
        return false;
    const QLocale locale;
    result->problem = tr("It has %1 × %2 pixels, more than are shown here. Save it, and open it with another program.")
                          .arg(locale.toString(width), locale.toString(height));
    return true;
}

// Only formats that are read in one go, and by no plugin that reads other files.
bool isTrusted(const QByteArray &format)
{
    static const QByteArrayList trusted{"png", "jpeg", "jpg", "gif", "bmp", "webp", "ppm", "pgm", "pbm"};
    return trusted.contains(format.toLower());
}

ValueImage fromBytes(const QByteArray &bytes)
{
    QByteArray copy = bytes; // shares the bytes
    QBuffer buffer(&copy);
    buffer.open(QIODevice::ReadOnly);
    QImageReader reader(&buffer);
    const QByteArray format = reader.format();
    ValueImage result;
    if (!isTrusted(format))
        return result;
    result.format = QString::fromLatin1(format).toUpper();
    const QSize size = reader.size();
    if (!size.isValid()) {
        result.problem = tr("It does not say how large it is.");
        return result;
    }
    if (isTooLarge(size.width(), size.height(), &result))
        return result;
    reader.setAutoTransform(true);
    result.image = reader.read();
    if (result.image.isNull())
        result.problem = tr("It cannot be read: %1.").arg(reader.errorString());
    return result;
}

ValueImage fromArray(const PyventArray &array)
{
    const QList<qsizetype> shape = array.shape();
    const qsizetype channels = shape.size() == 3 ? shape[2] : 1;
    const bool isPicture = (array.dtype() == u"|u1"_s || array.dtype() == u"|b1"_s) && array.isValid()
        && array.order() == PyventArray::RowMajor && (shape.size() == 2 || shape.size() == 3)
        && (channels == 1 || channels == 3 || channels == 4) && array.size() > 0;
    ValueImage result;
    if (!isPicture)
        return result;
    result.format = array.pythonType();
    if (isTooLarge(shape[1], shape[0], &result))
        return result;
    const QByteArray data = array.data();
    const auto *bytes = reinterpret_cast<const uchar *>(data.constData());
    const QImage::Format format = channels == 1 ? QImage::Format_Grayscale8
        : channels == 3                         ? QImage::Format_RGB888
                                                : QImage::Format_RGBA8888;
    result.image = QImage(bytes, int(shape[1]), int(shape[0]), shape[1] * channels, format).copy();
    if (array.dtype() == u"|b1"_s) {
        for (int y = 0; y < result.image.height(); ++y)
            std::for_each_n(result.image.scanLine(y), result.image.width(),
                            [](uchar &pixel) { pixel = pixel ? 255 : 0; });
    }
    return result;
}

} // namespace

ValueImage imageOf(const QVariant &value)
{
    if (value.typeId() == QMetaType::QByteArray)
        return fromBytes(value.toByteArray());
    if (const auto *array = Text::as<PyventArray>(value))
        return fromArray(*array);
    return {};
}

} // namespace Pyvent::Inspector
