// SPDX-License-Identifier: MIT
#include "flatarguments.h"

#include "pickleopcode.h"
#include "valueslot.h"

#include <QtCore/qendian.h>

#include <bit>

namespace Pyvent::Internal {

namespace {

// More than a byte of such a pickle can cost of PickleLimits::expandedSize: the shortest entry has three bytes.
constexpr qsizetype costOfAByte = 64;

class FlatReader
{
public:
    FlatReader(QByteArrayView pickle, TextCache *texts)
        : m_next(pickle.data())
        , m_end(m_next + pickle.size())
        , m_texts(texts)
    {
    }

    bool read(std::map<QString, QVariant> *entries, QVariant *sender)
    {
        if (!take(Op::Proto) || !has(1) || uchar(*m_next) > 5)
            return false;
        ++m_next;
        if (take(Op::Frame)) {
            if (!has(8) || qFromLittleEndian<quint64>(m_next) > quint64(m_end - m_next - 8))
                return false;
            m_next += 8;
        }
        if (!take(Op::EmptyDict) || !skipMemo())
            return false;
        if (take(Op::Mark)) {
            while (!take(Op::SetItems)) {
                if (!readEntry(entries, sender))
                    return false;
            }
        } else if (!has(1) || Op(uchar(*m_next)) != Op::Stop) {
            if (!readEntry(entries, sender) || !take(Op::SetItem))
                return false;
        }
        return take(Op::Stop);
    }

private:
    bool has(qsizetype count) const { return m_end - m_next >= count; }
    bool take(Op op)
    {
        if (!has(1) || Op(uchar(*m_next)) != op)
            return false;
        ++m_next;
        return true;
    }

    // What is put there is never got: that would be for the pickle machine.
    bool skipMemo()
    {
        if (take(Op::Memoize) || !take(Op::BinPut))
            return true;
        if (!has(1))
            return false;
        ++m_next;
        return true;
    }

    // Bytes behind a length of \a lengthBytes.
    bool readView(int lengthBytes, QByteArrayView *view)
    {
        if (!has(lengthBytes))
            return false;
        const qsizetype size =
            lengthBytes == 1 ? qsizetype(uchar(*m_next)) : qsizetype(qFromLittleEndian<quint32>(m_next));
        m_next += lengthBytes;
        if (!has(size))
            return false;
        *view = QByteArrayView(m_next, size);
        m_next += size;
        return true;
    }

    bool readEntry(std::map<QString, QVariant> *entries, QVariant *sender)
    {
        QByteArrayView key;
        if (take(Op::ShortBinUnicode) ? !readView(1, &key) : !take(Op::BinUnicode) || !readView(4, &key))
            return false;
        if (!skipMemo())
            return false;
        if (key == "sender") {
            sender->clear();
            return readValue(sender);
        }
        QString text;
        return m_texts->decode(key, &text) && readValue(valueSlot(entries, std::move(text)));
    }

    // \a value is invalid before.
    bool readValue(QVariant *value)
    {
        if (!has(1))
            return false;
        QByteArrayView view;
        switch (Op(uchar(*m_next++))) {
        case Op::ShortBinUnicode:
            return readView(1, &view) && setText(view, value) && skipMemo();
        case Op::BinUnicode:
            return readView(4, &view) && setText(view, value) && skipMemo();
        case Op::ShortBinBytes:
            return readView(1, &view) && setBytes(view, value) && skipMemo();
        case Op::BinBytes:
            return readView(4, &view) && setBytes(view, value) && skipMemo();
        case Op::BinInt1:
            return setNumber<quint8>(value, qFromLittleEndian<quint8>);
        case Op::BinInt2:
            return setNumber<quint16>(value, qFromLittleEndian<quint16>);
        case Op::BinInt:
            return setNumber<qint32>(value, qFromLittleEndian<qint32>);
        case Op::Long1:
            return readView(1, &view) && setLong(view, value);
        case Op::BinFloat:
            if (!has(8))
                return false;
            setValue(value, std::bit_cast<double>(qFromBigEndian<quint64>(m_next)));
            m_next += 8;
            return true;
        case Op::NewTrue:
            setValue(value, true);
            return true;
        case Op::NewFalse:
            setValue(value, false);
            return true;
        case Op::None:
            *value = QVariant::fromValue(nullptr);
            return true;
        default:
            return false;
        }
    }

    bool setText(QByteArrayView utf8, QVariant *value)
    {
        setValue(value, QString());
        return m_texts->decode(utf8, contentOf<QString>(value));
    }
    static bool setBytes(QByteArrayView bytes, QVariant *value)
    {
        setValue(value, bytes.toByteArray());
        return true;
    }
    template <typename T>
    bool setNumber(QVariant *value, T (*decode)(const void *))
    {
        if (!has(sizeof(T)))
            return false;
        setValue(value, qlonglong(decode(m_next)));
        m_next += sizeof(T);
        return true;
    }
    static bool setLong(QByteArrayView bytes, QVariant *value)
    {
        if (bytes.isEmpty() || bytes.size() > 8)
            return false;
        qint64 number = bytes.back() < 0 ? -1 : 0;
        for (qsizetype i = bytes.size() - 1; i >= 0; --i)
            number = qint64(quint64(number) << 8 | uchar(bytes[i]));
        setValue(value, qlonglong(number));
        return true;
    }

    const char *m_next;
    const char *m_end;
    TextCache *m_texts;
};

} // namespace

bool readFlatArguments(QByteArrayView pickle, const PickleLimits &limits, TextCache *texts, QVariantMap *arguments,
                       QVariant *sender)
{
    if (pickle.size() > limits.size || pickle.size() > limits.objects
        || pickle.size() > limits.expandedSize / costOfAByte || limits.depth < 1)
        return false;
    std::map<QString, QVariant> entries; // QMap looks a key up twice to insert it
    QVariant explicitSender;
    if (!FlatReader(pickle, texts).read(&entries, &explicitSender))
        return false;
    *arguments = entries.empty() ? QVariantMap() : QVariantMap(std::move(entries));
    *sender = std::move(explicitSender);
    return true;
}

} // namespace Pyvent::Internal
