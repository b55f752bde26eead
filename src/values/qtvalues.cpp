// SPDX-License-Identifier: MIT
#include "qtvalues.h"

#include <QtCore/qdatastream.h>
#include <QtCore/qdebug.h>
#include <QtCore/qeasingcurve.h>
#include <QtCore/qendian.h>
#include <QtCore/qiodevice.h>

#include <cstring>
#include <iterator>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

constexpr auto streamVersion = QDataStream::Qt_6_4;

// How the size of a type's data is known beforehand, so that no length in it can lie.
enum class Shape {
    Fixed,    // exactly n bytes
    Colour,   // n bytes, of which the first one says what the others are
    Prefixed, // four bytes of length, that many bytes (none if the length is 0xffffffff), n more bytes
    Counted,  // four bytes of count, at most four elements of n bytes
    Bits,     // eight bytes of count, that many bits
    Easing    // this library's own
};

struct ReadableType
{
    const char *name;
    Shape shape;
    int n;
};

// Types that are not here are written, but not read back. QFont, QPolygon and other lists reserve room for a
// number of elements that the data claims; QImage, QPixmap and QIcon decode pictures; QEasingCurve's own
// stream holds a pointer to a function, which would be called.
constexpr ReadableType readableTypes[] = {
    {"QColor", Shape::Colour, 11},       {"QPoint", Shape::Fixed, 8},       {"QPointF", Shape::Fixed, 16},
    {"QSize", Shape::Fixed, 8},          {"QSizeF", Shape::Fixed, 16},      {"QRect", Shape::Fixed, 16},
    {"QRectF", Shape::Fixed, 32},        {"QLine", Shape::Fixed, 16},       {"QLineF", Shape::Fixed, 32},
    {"QVector2D", Shape::Fixed, 16},     {"QVector3D", Shape::Fixed, 24},   {"QVector4D", Shape::Fixed, 32},
    {"QQuaternion", Shape::Fixed, 32},   {"QMatrix4x4", Shape::Fixed, 128}, {"QTransform", Shape::Fixed, 72},
    {"QUrl", Shape::Prefixed, 0},        {"QLocale", Shape::Prefixed, 0},   {"QRegularExpression", Shape::Prefixed, 4},
    {"QKeySequence", Shape::Counted, 4}, {"QBitArray", Shape::Bits, 0},     {"QEasingCurve", Shape::Easing, 25},
};

const ReadableType *readableType(QStringView name)
{
    for (const ReadableType &type : readableTypes) {
        if (name == QLatin1String(type.name))
            return &type;
    }
    return nullptr;
}

bool hasShape(const QByteArray &data, const ReadableType &type)
{
    constexpr char lastColour = 5; // QColor::ExtendedRgb, which cannot be named here
    const qsizetype size = data.size();
    const auto number = [&]<typename T>(T) { return qFromBigEndian<T>(data.constData()); };
    switch (type.shape) {
    case Shape::Fixed:
    case Shape::Easing:
        return size == type.n;
    case Shape::Colour:
        return size == type.n && data[0] >= 0 && data[0] <= lastColour;
    case Shape::Prefixed: {
        if (size < 4)
            return false;
        const quint32 length = number(quint32());
        return (length == 0xffffffff ? 0 : qint64(length)) + type.n == size - 4;
    }
    case Shape::Counted:
        return size >= 4 && number(quint32()) <= 4 && qint64(number(quint32())) * type.n == size - 4;
    case Shape::Bits:
        // Not more bits than bytes can hold, or rounding up overflows.
        return size >= 8 && number(quint64()) <= quint64(size) * 8 && qint64(number(quint64()) + 7) / 8 == size - 8;
    }
    return false;
}

bool isPlainCurve(QEasingCurve::Type type)
{
    return type >= QEasingCurve::Linear && type < QEasingCurve::BezierSpline;
}

QByteArray writeEasing(const QEasingCurve &curve)
{
    QByteArray data;
    QDataStream stream(&data, QIODevice::WriteOnly);
    stream << quint8(curve.type()) << curve.amplitude() << curve.period() << curve.overshoot();
    return data;
}

QVariant readEasing(QDataStream &stream)
{
    quint8 type;
    double amplitude;
    double period;
    double overshoot;
    stream >> type >> amplitude >> period >> overshoot;
    if (!isPlainCurve(QEasingCurve::Type(type)))
        return {};
    QEasingCurve curve{QEasingCurve::Type(type)};
    if (amplitude != curve.amplitude())
        curve.setAmplitude(amplitude);
    if (period != curve.period())
        curve.setPeriod(period);
    if (overshoot != curve.overshoot())
        curve.setOvershoot(overshoot);
    return curve;
}

QString describe(const QVariant &value)
{
    QString text = value.toString();
    if (!text.isEmpty() || !value.metaType().hasRegisteredDebugStreamOperator())
        return text;
    QDebug(&text).nospace() << value;
    return text.trimmed();
}

} // namespace

bool isQtValue(QMetaType type)
{
    return type.id() < QMetaType::User && !(type.flags() & QMetaType::IsPointer)
        && type.hasRegisteredDataStreamOperators();
}

QVariantMap describeQtValue(const QVariant &value)
{
    QByteArray data;
    if (value.metaType().id() == QMetaType::QEasingCurve) {
        const QEasingCurve curve = value.toEasingCurve();
        if (!isPlainCurve(curve.type()))
            return {};
        data = writeEasing(curve);
    } else {
        QDataStream stream(&data, QIODevice::WriteOnly);
        stream.setVersion(streamVersion);
        if (!value.metaType().save(stream, value.constData()) || stream.status() != QDataStream::Ok)
            return {};
    }
    return {{u"$qt"_s, QString::fromLatin1(value.metaType().name())}, {u"text"_s, describe(value)}, {u"data"_s, data}};
}

bool restoreQtValue(const QVariantMap &map, QVariant *value)
{
    if (map.size() != 3 || map.firstKey() != "$qt"_L1) // "$" comes before the other keys
        return false;
    const QVariant name = map.first();
    const QVariant bytes = map.value(u"data"_s);
    if (!map.contains(u"text"_s) || name.metaType().id() != QMetaType::QString
        || bytes.metaType().id() != QMetaType::QByteArray)
        return false;
    const ReadableType *readable = readableType(name.toString());
    const QByteArray data = bytes.toByteArray();
    if (!readable || !hasShape(data, *readable))
        return false;
    const QMetaType type = QMetaType::fromName(readable->name);
    if (!type.isValid() || !type.iface() || !type.hasRegisteredDataStreamOperators())
        return false;
    QDataStream stream(data);
    stream.setVersion(streamVersion);
    QVariant result;
    if (readable->shape == Shape::Easing) {
        result = readEasing(stream);
    } else {
        result = QVariant(type);
        if (!type.load(stream, result.data()))
            return false;
    }
    if (!result.isValid() || stream.status() != QDataStream::Ok || !stream.atEnd())
        return false;
    *value = std::move(result);
    return true;
}

} // namespace Pyvent::Internal
