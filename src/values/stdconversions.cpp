// SPDX-License-Identifier: MIT
// The conversions of C++'s own classes that are no templates.
#include "pyventconversion.h"

#include "pyventobject.h"

namespace PyventBinding {

using namespace Qt::StringLiterals;

// What is no UTF-8 stays what it is, and cannot be sent.
QVariant ConversionOf<std::string>::toValue(const void *object) const
{
    const auto &text = *static_cast<const std::string *>(object);
    const QByteArrayView bytes(text.data(), qsizetype(text.size()));
    return bytes.isValidUtf8() ? QVariant(QString::fromUtf8(bytes)) : QVariant::fromValue(text);
}

bool ConversionOf<std::string>::fromValue(const QVariant &value, void *object, ValueReader &reader) const
{
    auto &text = *static_cast<std::string *>(object);
    if (value.typeId() == QMetaType::QByteArray) {
        text = value.toByteArray().toStdString();
        return true;
    }
    QString converted;
    if (!reader.read(value, &converted))
        return false;
    text = converted.toStdString();
    return true;
}

QVariant ConversionOf<std::complex<double>>::toValue(const void *object) const
{
    const auto number = *static_cast<const std::complex<double> *>(object);
    const PyventObject type(u"builtins"_s, u"complex"_s);
    return QVariant::fromValue(PyventObject::call(type, {number.real(), number.imag()}));
}

bool ConversionOf<std::complex<double>>::fromValue(const QVariant &value, void *object, ValueReader &reader) const
{
    auto &number = *static_cast<std::complex<double> *>(object);
    const QMetaType type = QMetaType::fromType<std::complex<double>>();
    if (value.metaType() == QMetaType::fromType<PyventObject>()) {
        bool isComplex = false;
        number = static_cast<const PyventObject *>(value.constData())->toComplex(&isComplex);
        if (isComplex)
            return true;
    }
    double real = 0;
    if (!reader.read(value, &real))
        return reader.doesNotConvert(value, type);
    number = real;
    return true;
}

} // namespace PyventBinding
