// SPDX-License-Identifier: MIT
// Numbers and text as parameters want them.
#include "valuereader_p.h"

#include "pyventinteger.h"

#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// A whole number of either sign: the negative ones as they are, the others as unsigned.
struct Whole
{
    bool isNegative = false;
    quint64 bits = 0;
};

std::optional<Whole> toWhole(const QVariant &value)
{
    const auto fromSigned = [](qint64 n) { return Whole{n < 0, quint64(n)}; };
    const QMetaType type = value.metaType();
    if (type.id() == QMetaType::LongLong)
        return fromSigned(*static_cast<const qint64 *>(value.constData()));
    if (type.id() == QMetaType::Double || type.id() == QMetaType::Float) {
        const double rounded = std::round(value.toDouble());
        if (!(rounded >= -0x1p63 && rounded < 0x1p64)) // not a number, either
            return {};
        return rounded < 0 ? fromSigned(qint64(rounded)) : Whole{false, quint64(rounded)};
    }
    bool fits = false;
    if (type.id() != QMetaType::ULongLong && type.id() != QMetaType::ULong) {
        if (const qint64 n = value.toLongLong(&fits); fits)
            return fromSigned(n);
    }
    const quint64 n = value.toULongLong(&fits);
    return fits ? std::optional(Whole{false, n}) : std::nullopt;
}

template <typename T>
bool storeIfItFits(const Whole &whole, void *storage)
{
    const bool fits = whole.isNegative ? std::in_range<T>(qint64(whole.bits)) : std::in_range<T>(whole.bits);
    if (fits)
        *static_cast<T *>(storage) = T(whole.bits);
    return fits;
}

bool isSigned(QMetaType type)
{
    switch (type.id()) {
    case QMetaType::Int:
    case QMetaType::Long:
    case QMetaType::LongLong:
    case QMetaType::Short:
    case QMetaType::SChar:
        return true;
    case QMetaType::Char:
        return std::numeric_limits<char>::is_signed;
    default:
        return false;
    }
}

// A bool that is said in words; other text than Qt's and Python's words for it says nothing.
std::optional<bool> toBool(const QString &text)
{
    for (const auto word : {"true"_L1, "1"_L1}) {
        if (text.compare(word, Qt::CaseInsensitive) == 0)
            return true;
    }
    for (const auto word : {"false"_L1, "0"_L1, ""_L1}) {
        if (text.compare(word, Qt::CaseInsensitive) == 0)
            return false;
    }
    return std::nullopt;
}

} // namespace

Stored storeInteger(const QVariant &value, qsizetype size, bool isSigned, void *integer)
{
    const std::optional<Whole> whole = toWhole(value);
    if (!whole)
        return isNumber(value) ? Stored::DoesNotFit : Stored::IsNoNumber;
    bool fits = false;
    switch (size) {
    case 1:
        fits = isSigned ? storeIfItFits<signed char>(*whole, integer) : storeIfItFits<unsigned char>(*whole, integer);
        break;
    case 2:
        fits = isSigned ? storeIfItFits<qint16>(*whole, integer) : storeIfItFits<quint16>(*whole, integer);
        break;
    case 4:
        fits = isSigned ? storeIfItFits<qint32>(*whole, integer) : storeIfItFits<quint32>(*whole, integer);
        break;
    case 8:
        fits = isSigned ? storeIfItFits<qint64>(*whole, integer) : storeIfItFits<quint64>(*whole, integer);
        break;
    default:
        break;
    }
    return fits ? Stored::Yes : Stored::DoesNotFit;
}

bool isNumber(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::Int:
    case QMetaType::UInt:
    case QMetaType::Long:
    case QMetaType::ULong:
    case QMetaType::LongLong:
    case QMetaType::ULongLong:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
    case QMetaType::Float:
    case QMetaType::Double:
        return true;
    default:
        return as<PyventInteger>(value);
    }
}

} // namespace Pyvent::Internal

namespace PyventBinding {

using namespace Pyvent::Internal;

bool ValueReader::readNumber(const QVariant &value, QMetaType type, void *object)
{
    if (isNone(value))
        return doesNotConvert(value, type);
    const int id = type.id();
    if (id == QMetaType::Bool)
        return readBool(value, static_cast<bool *>(object));
    if (id == QMetaType::Float || id == QMetaType::Double)
        return readReal(value, type, object);
    // Qt's own conversion wraps a number around that does not fit.
    switch (storeInteger(value, type.sizeOf(), isSigned(type), object)) {
    case Stored::Yes:
        return true;
    case Stored::DoesNotFit:
        return doesNotFit(value, type);
    default:
        return readPlain(value, type, object);
    }
}

bool ValueReader::readBool(const QVariant &value, bool *object)
{
    const QMetaType type = QMetaType::fromType<bool>();
    if (value.typeId() != QMetaType::QString && value.typeId() != QMetaType::QByteArray)
        return readPlain(value, type, object);
    const std::optional<bool> said = toBool(value.toString());
    *object = said.value_or(false);
    return said || doesNotConvert(value, type);
}

bool ValueReader::readReal(const QVariant &value, QMetaType type, void *object)
{
    bool isReal = false;
    const double real = value.toDouble(&isReal);
    if (!isReal)
        return isNumber(value) ? doesNotFit(value, type) : readPlain(value, type, object);
    if (type.id() == QMetaType::Double) {
        *static_cast<double *>(object) = real;
        return true;
    }
    *static_cast<float *>(object) = float(real);
    return std::abs(real) <= double(std::numeric_limits<float>::max()) || !std::isfinite(real)
        || doesNotFit(value, type);
}

bool ValueReader::readText(const QVariant &value, QMetaType type, void *object)
{
    if (isNone(value))
        return doesNotConvert(value, type);
    if (type.id() == QMetaType::QByteArray)
        return readPlain(value, type, object);
    if (type.id() == QMetaType::QString) {
        if (value.typeId() == QMetaType::QByteArray && !value.toByteArray().isValidUtf8())
            return fail(u"is bytes that are not UTF-8, and so no text"_s);
        return readPlain(value, type, object);
    }
    return readCharacter(value, type, object);
}

bool ValueReader::readCharacter(const QVariant &value, QMetaType type, void *object)
{
    if (value.typeId() != QMetaType::QString) {
        const Stored stored = storeInteger(value, type.sizeOf(), false, object);
        return stored == Stored::Yes
            || (stored == Stored::DoesNotFit ? doesNotFit(value, type) : doesNotConvert(value, type));
    }
    const QString text = value.toString();
    if (type.id() == QMetaType::Char32) {
        const QList<uint> characters = text.toUcs4();
        if (characters.size() != 1)
            return doesNotFit(value, type);
        *static_cast<char32_t *>(object) = characters.first();
    } else {
        if (text.size() != 1)
            return doesNotFit(value, type);
        *static_cast<char16_t *>(object) = text.front().unicode(); // as a QChar is one
    }
    return true;
}

} // namespace PyventBinding
