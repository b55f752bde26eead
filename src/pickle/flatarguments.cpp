// SPDX-License-Identifier: MIT
#include "flatarguments.h"

#include "pickleopcode.h"
#include "valueslot.h"

#include <QtCore/qendian.h>

#include <algorithm>
#include <bit>

namespace Pyvent::Internal {

namespace {

// What an entry costs of PickleLimits::expandedSizeFor() at most besides its bytes, which PickleBuilder has the parts of.
constexpr qsizetype costOfEntry = 80;

// Whether \a text is what \a utf8 stands for, as far as that is quickly seen: it is ASCII, and not empty.
bool isKnownToBe(QStringView text, QByteArrayView utf8)
{
    const auto isSame = [](QChar character, char byte) { return character.unicode() == qint8(byte); };
    return !utf8.isEmpty() && text.size() == utf8.size() && std::equal(text.begin(), text.end(), utf8.begin(), isSame);
}

class FlatReader
{
public:
    // What is in \a arguments is of an earlier pickle.
    FlatReader(QByteArrayView pickle, TextCache *texts, QVariantMap *arguments, std::size_t mostEntries)
        : m_next(pickle.data())
        , m_end(m_next + pickle.size())
        , m_texts(texts)
        , m_arguments(arguments)
        , m_mostEntries(mostEntries)
        , m_isInPlace(!arguments->isEmpty())
    {
        if (m_isInPlace) {
            m_old = arguments->begin();
            m_oldEnd = arguments->end();
        }
    }

    bool read(QVariant *sender)
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
                if (!readEntry(sender))
                    return false;
            }
        } else if (!has(1) || Op(uchar(*m_next)) != Op::Stop) {
            if (!readEntry(sender) || !take(Op::SetItem))
                return false;
        }
        if (!take(Op::Stop))
            return false;
        if (m_isInPlace && m_old != m_oldEnd)
            leavePlace();
        if (!m_isInPlace)
            *m_arguments = m_entries.empty() ? QVariantMap() : QVariantMap(std::move(m_entries));
        return true;
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

    bool readEntry(QVariant *sender)
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
        if (m_isInPlace) {
            if (m_old != m_oldEnd && isKnownToBe(m_old.key(), key))
                return readValue(&*m_old++);
            leavePlace();
        }
        QString text;
        return m_entries.size() < m_mostEntries && m_texts->decode(key, &text)
            && readValue(valueSlot(&m_entries, std::move(text)));
    }

    // From here on, this pickle's keys are not those of the earlier one.
    void leavePlace()
    {
        const auto same = std::distance(m_arguments->begin(), m_old);
        m_entries = std::move(*m_arguments).toStdMap();
        m_entries.erase(std::next(m_entries.begin(), same), m_entries.end());
        m_isInPlace = false;
    }

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
            *contentAs<double>(value) = std::bit_cast<double>(qFromBigEndian<quint64>(m_next));
            m_next += 8;
            return true;
        case Op::NewTrue:
            *contentAs<bool>(value) = true;
            return true;
        case Op::NewFalse:
            *contentAs<bool>(value) = false;
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
        auto *const text = contentAs<QString>(value);
        return isKnownToBe(*text, utf8) || m_texts->decode(utf8, text);
    }
    static bool setBytes(QByteArrayView bytes, QVariant *value)
    {
        *contentAs<QByteArray>(value) = bytes.toByteArray();
        return true;
    }
    template <typename T>
    bool setNumber(QVariant *value, T (*decode)(const void *))
    {
        if (!has(sizeof(T)))
            return false;
        *contentAs<qlonglong>(value) = decode(m_next);
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
        *contentAs<qlonglong>(value) = number;
        return true;
    }

    const char *m_next;
    const char *m_end;
    TextCache *m_texts;
    QVariantMap *m_arguments;
    const std::size_t m_mostEntries;
    bool m_isInPlace;            // the keys are those of the earlier pickle so far
    QVariantMap::iterator m_old; // what was not written to yet
    QVariantMap::iterator m_oldEnd;
    std::map<QString, QVariant> m_entries; // else, because QMap looks a key up twice to insert it
};

} // namespace

bool readFlatArguments(QByteArrayView pickle, const PickleLimits &limits, TextCache *texts, QVariantMap *arguments,
                       QVariant *sender, qsizetype *expandedSize)
{
    if (pickle.size() > limits.size || pickle.size() > limits.objects || limits.depth < 1)
        return false;
    QVariant explicitSender;
    const qsizetype most = limits.expandedSizeFor(pickle.size()) - pickle.size();
    FlatReader reader(pickle, texts, arguments, std::size_t(most / costOfEntry));
    if (!reader.read(&explicitSender))
        return false;
    *expandedSize = arguments->size() * costOfEntry + pickle.size();
    *sender = std::move(explicitSender);
    return true;
}

} // namespace Pyvent::Internal
