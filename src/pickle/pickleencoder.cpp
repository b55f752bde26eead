// SPDX-License-Identifier: MIT
#include "pickleencoder.h"

#include "pickletext.h"
#include "pyventinteger.h"
#include "values/typeregistry.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qdatetime.h>
#include <QtCore/qjsonarray.h>
#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/quuid.h>

#include "pyventdatetime.h"

#include <algorithm>
#include <bit>
#include <limits>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

PickleEncoder::PickleEncoder(QByteArray *out, const PickleLimits &limits)
    : m_out(out, qMin<qsizetype>(limits.size, std::numeric_limits<qint32>::max()))
    , m_limits(limits)
{
    m_globals.fill(-1);
}

bool PickleEncoder::begin()
{
    if (!m_out.reserve(11))
        return tooLarge();
    m_out.put(Op::Proto);
    m_out.put(char(4));
    m_out.put(Op::Frame);
    m_out.putLittleEndian(quint64(0));
    return true;
}

bool PickleEncoder::end(bool ok)
{
    if (ok && writeOp(Op::Stop) && (!m_out.isTooLarge() || tooLarge())) {
        constexpr qsizetype header = 11;
        qToLittleEndian(quint64(m_out.size() - header), m_out.at(3));
        m_out.finish();
        return true;
    }
    m_out.undo();
    return false;
}

bool PickleEncoder::writeValue(const QVariant &value)
{
    return end(begin() && write(value));
}

bool PickleEncoder::writeArguments(const ArgumentList &arguments, const QString &sender)
{
    if (!begin() || !writeOp(Op::EmptyDict))
        return end(false);
    const Nesting nesting(this);
    const QString senderKey = u"sender"_s;
    if (arguments.isEmpty() && sender.isEmpty())
        return end(true);
    bool ok = nesting.isOk() && writeOp(Op::Mark);
    if (ok && !sender.isEmpty())
        ok = writeText(senderKey) && writeText(sender);
    for (const auto &[name, value] : arguments) {
        if (ok && (sender.isEmpty() || *name != senderKey))
            ok = writeEntry(*name, *value);
    }
    return end(ok && writeOp(Op::SetItems));
}

bool PickleEncoder::fail(const QString &reason)
{
    if (m_reason.isEmpty())
        m_reason = reason;
    return false;
}

bool PickleEncoder::tooLarge()
{
    m_isTooLarge = m_isTooLarge || m_reason.isEmpty();
    return fail(u"makes the pickle larger than the limit of %1 bytes"_s.arg(m_limits.size));
}

bool PickleEncoder::tooDeep()
{
    return fail(u"nests deeper than the limit of %1"_s.arg(m_limits.depth));
}

bool PickleEncoder::unsendable(const QVariant &value)
{
    const QString advice = registrationAdvice(value.metaType());
    return fail(u"is a %1, which cannot be sent; %2"_s.arg(
        readableName(value.metaType()),
        advice.isEmpty() ? u"send its data instead: numbers, text, lists, maps or a Q_GADGET"_s : advice));
}

bool PickleEncoder::failedAt(qsizetype index)
{
    m_place.prepend(u'[' + QString::number(index) + u']');
    return false;
}

bool PickleEncoder::failedAt(const QString &key)
{
    m_place.prepend(u'.' + key);
    return false;
}

PickleError PickleEncoder::error(const QString &root) const
{
    PickleError error;
    error.isTooLarge = m_isTooLarge;
    if (m_place.isEmpty())
        error.text = u"the %1 %2"_s.arg(root, m_reason);
    else
        error.text = u"%1 '%2' %3"_s.arg(root, m_place.startsWith(u'.') ? m_place.sliced(1) : m_place, m_reason);
    return error;
}

bool PickleEncoder::write(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QString:
        return writeText(*static_cast<const QString *>(value.constData()));
    case QMetaType::Int:
        return writeInt(*static_cast<const int *>(value.constData()));
    case QMetaType::LongLong:
        return writeInt(*static_cast<const qlonglong *>(value.constData()));
    case QMetaType::Double:
        return writeDouble(*static_cast<const double *>(value.constData()));
    case QMetaType::Bool:
        return writeOp(value.toBool() ? Op::NewTrue : Op::NewFalse);
    case QMetaType::UnknownType:
    case QMetaType::Nullptr:
        return writeOp(Op::None);
    case QMetaType::QByteArray:
        return writeBytes(*static_cast<const QByteArray *>(value.constData()));
    case QMetaType::QVariantMap:
        return writeMap(*static_cast<const QVariantMap *>(value.constData()));
    case QMetaType::QVariantList:
        return writeList(*static_cast<const QVariantList *>(value.constData()));
    case QMetaType::QStringList:
        return writeStringList(*static_cast<const QStringList *>(value.constData()));
    default:
        return writeNumber(value);
    }
}

bool PickleEncoder::writeNumber(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::UInt:
    case QMetaType::Short:
    case QMetaType::UShort:
    case QMetaType::Long:
    case QMetaType::Char:
    case QMetaType::SChar:
    case QMetaType::UChar:
        return writeInt(value.toLongLong());
    case QMetaType::ULong:
    case QMetaType::ULongLong:
        return writeUInt(value.toULongLong());
    case QMetaType::Float:
        return writeDouble(double(*static_cast<const float *>(value.constData())));
    case QMetaType::QChar:
    case QMetaType::Char16:
        return writeText(QStringView(static_cast<const char16_t *>(value.constData()), 1));
    case QMetaType::Char32:
        return writeText(QString::fromUcs4(static_cast<const char32_t *>(value.constData()), 1));
    default:
        return writeQt(value);
    }
}

bool PickleEncoder::writeQt(const QVariant &value)
{
    switch (value.typeId()) {
    case QMetaType::QByteArrayList:
    case QMetaType::QVariantPair:
        return writeParts(value);
    case QMetaType::QVariantHash:
        return writeHash(*static_cast<const QVariantHash *>(value.constData()));
    case QMetaType::QVariant:
        return write(*static_cast<const QVariant *>(value.constData()));
    case QMetaType::QDate:
        return writeDate(value.toDate());
    case QMetaType::QTime:
        return value.toTime().isValid() ? writeTime(PyventTime(value.toTime())) : writeOp(Op::None);
    case QMetaType::QDateTime: {
        const QDateTime dateTime = value.toDateTime();
        return dateTime.isValid() ? writeDateTime(PyventDateTime(dateTime)) : writeOp(Op::None);
    }
    case QMetaType::QUuid:
        return writeUuid(value.toUuid());
    case QMetaType::QJsonValue:
        return write(value.toJsonValue().toVariant());
    case QMetaType::QJsonObject:
        return writeMap(value.toJsonObject().toVariantMap());
    case QMetaType::QJsonArray:
        return writeList(value.toJsonArray().toVariantList());
    case QMetaType::QJsonDocument:
        return write(value.toJsonDocument().toVariant());
    case QMetaType::QCborValue:
        return write(value.value<QCborValue>().toVariant());
    case QMetaType::QCborArray:
        return writeList(value.value<QCborArray>().toVariantList());
    case QMetaType::QCborMap:
        return writeMap(value.value<QCborMap>().toVariantMap());
    default:
        return writeOther(value);
    }
}

bool PickleEncoder::writeOp(Op op)
{
    if (!m_out.reserve(1))
        return tooLarge();
    m_out.put(op);
    return true;
}

bool PickleEncoder::writeInt(qint64 value)
{
    if (!m_out.reserve(16))
        return tooLarge();
    if (value >= 0 && value <= 0xffff) {
        if (value <= 0xff) {
            m_out.put(Op::BinInt1);
            m_out.put(char(value));
        } else {
            m_out.put(Op::BinInt2);
            m_out.putLittleEndian(quint16(value));
        }
    } else if (value >= std::numeric_limits<qint32>::min() && value <= std::numeric_limits<qint32>::max()) {
        m_out.put(Op::BinInt);
        m_out.putLittleEndian(qint32(value));
    } else {
        // The sign bit and the others, in whole bytes.
        const int bits = 65 - std::countl_zero(quint64(value < 0 ? ~value : value));
        const int bytes = (bits + 7) / 8;
        m_out.put(Op::Long1);
        m_out.put(char(bytes));
        char *end = m_out.next() + bytes;
        m_out.putLittleEndian(value);
        m_out.setNext(end);
    }
    return true;
}

bool PickleEncoder::writeUInt(quint64 value)
{
    if (value <= quint64(std::numeric_limits<qint64>::max()))
        return writeInt(qint64(value));
    if (!m_out.reserve(16))
        return tooLarge();
    m_out.put(Op::Long1);
    m_out.put(char(9));
    m_out.putLittleEndian(value);
    m_out.put('\0');
    return true;
}

bool PickleEncoder::writeInteger(const PyventInteger &value)
{
    bool small;
    const qlonglong number = value.toLongLong(&small);
    return small ? writeInt(number) : writeLong(value.twosComplement());
}

bool PickleEncoder::writeLong(const QByteArray &bytes)
{
    if (!m_out.reserve(bytes.size() + 8))
        return tooLarge();
    if (bytes.size() <= 0xff) {
        m_out.put(Op::Long1);
        m_out.put(char(bytes.size()));
    } else {
        m_out.put(Op::Long4);
        m_out.putLittleEndian(qint32(bytes.size()));
    }
    m_out.put(bytes.constData(), bytes.size());
    return true;
}

bool PickleEncoder::writeDouble(double value)
{
    if (!m_out.reserve(16))
        return tooLarge();
    m_out.put(Op::BinFloat);
    m_out.putBigEndian(std::bit_cast<quint64>(value));
    return true;
}

bool PickleEncoder::writeText(QStringView text)
{
    constexpr qsizetype alwaysShort = 0xff / maximumUtf8Size(1);
    if (Q_LIKELY(text.size() <= alwaysShort)) {
        if (!m_out.reserve(2 + maximumUtf8Size(text.size()) + 8))
            return tooLarge();
        m_out.put(Op::ShortBinUnicode);
        char *start = m_out.next() + 1;
        char *end = encodeUtf8(text, start);
        *m_out.next() = char(end - start);
        m_out.setNext(end);
        return true;
    }
    return writeLongText(text);
}

// Piece by piece, with room for what follows if it is ASCII: how long text becomes is not known before.
bool PickleEncoder::writeLongText(QStringView text)
{
    constexpr qsizetype piece = 512;
    if (!m_out.reserve(5 + text.size()))
        return tooLarge();
    m_out.put(Op::BinUnicode);
    const qsizetype start = m_out.size() + 4;
    m_out.setNext(m_out.next() + 4);
    while (!text.isEmpty()) {
        const bool splitsPair = text.size() > piece && text[piece - 1].isHighSurrogate();
        const qsizetype size = splitsPair ? piece - 1 : qMin(piece, text.size());
        if (!m_out.reserve(maximumUtf8Size(size) + text.size() - size))
            return tooLarge();
        m_out.setNext(encodeUtf8(text.first(size), m_out.next()));
        text = text.sliced(size);
    }
    qToLittleEndian(quint32(m_out.size() - start), m_out.at(start - 4));
    return true;
}

bool PickleEncoder::writeLatin1(const char *text)
{
    const qsizetype size = qsizetype(std::strlen(text));
    if (!m_out.reserve(size + 2))
        return tooLarge();
    m_out.put(Op::ShortBinUnicode);
    m_out.put(char(size));
    m_out.put(text, size);
    return true;
}

bool PickleEncoder::writeBytes(QByteArrayView bytes)
{
    if (!m_out.reserve(bytes.size() + 8))
        return tooLarge();
    if (bytes.size() <= 0xff) {
        m_out.put(Op::ShortBinBytes);
        m_out.put(char(bytes.size()));
    } else {
        m_out.put(Op::BinBytes);
        m_out.putLittleEndian(quint32(bytes.size()));
    }
    m_out.put(bytes.data(), bytes.size());
    return true;
}

bool PickleEncoder::writeItems(const QVariantList &list)
{
    qsizetype index = 0;
    for (const QVariant &item : list) {
        if (Q_UNLIKELY(!write(item)))
            return failedAt(index);
        ++index;
    }
    return true;
}

bool PickleEncoder::writeList(const QVariantList &list, Op open, Op close)
{
    if (list.isEmpty())
        return writeOp(open);
    const Nesting nesting(this);
    return nesting.isOk() && writeOp(open) && writeOp(Op::Mark) && writeItems(list) && writeOp(close);
}

bool PickleEncoder::writeStringList(const QStringList &list)
{
    if (list.isEmpty())
        return writeOp(Op::EmptyList);
    const Nesting nesting(this);
    return nesting.isOk() && writeOp(Op::EmptyList) && writeOp(Op::Mark)
        && std::all_of(list.begin(), list.end(), [this](const QString &text) { return writeText(text); })
        && writeOp(Op::Appends);
}

bool PickleEncoder::writeTuple(const QVariantList &items)
{
    if (items.isEmpty())
        return writeOp(Op::EmptyTuple);
    const Nesting nesting(this);
    if (!nesting.isOk())
        return false;
    if (items.size() <= 3)
        return writeItems(items) && writeOp(Op(quint8(Op::Tuple1) + quint8(items.size() - 1)));
    return writeOp(Op::Mark) && writeItems(items) && writeOp(Op::Tuple);
}

bool PickleEncoder::writeEntry(const QString &key, const QVariant &value)
{
    return writeText(key) && (Q_LIKELY(write(value)) || failedAt(key));
}

bool PickleEncoder::writeMap(const QVariantMap &map)
{
    if (map.isEmpty())
        return writeOp(Op::EmptyDict);
    const Nesting nesting(this);
    if (!nesting.isOk() || !writeOp(Op::EmptyDict) || !writeOp(Op::Mark))
        return false;
    for (auto it = map.cbegin(); it != map.cend(); ++it) {
        if (!writeEntry(it.key(), it.value()))
            return false;
    }
    return writeOp(Op::SetItems);
}

bool PickleEncoder::writeHash(const QVariantHash &hash)
{
    if (hash.isEmpty())
        return writeOp(Op::EmptyDict);
    const Nesting nesting(this);
    if (!nesting.isOk() || !writeOp(Op::EmptyDict) || !writeOp(Op::Mark))
        return false;
    for (auto it = hash.cbegin(); it != hash.cend(); ++it) {
        if (!writeEntry(it.key(), it.value()))
            return false;
    }
    return writeOp(Op::SetItems);
}

bool PickleEncoder::writePairs(const QList<PyventDict::Pair> &pairs)
{
    if (pairs.isEmpty())
        return writeOp(Op::EmptyDict);
    const Nesting nesting(this);
    if (!nesting.isOk() || !writeOp(Op::EmptyDict) || !writeOp(Op::Mark))
        return false;
    for (const PyventDict::Pair &pair : pairs) {
        if (!write(pair.first) || !write(pair.second))
            return failedAt(pair.first.toString());
    }
    return writeOp(Op::SetItems);
}

} // namespace Pyvent::Internal
