// SPDX-License-Identifier: MIT
#include "wire/cborreader.h"

namespace Pyvent::Internal {

namespace {

// What is not looked at may have lists within lists, which the reader passes over by calling itself.
constexpr int mostNested = 16;

} // namespace

bool CborReader::enterArray()
{
    return check(m_isGood && m_reader.isArray() && m_reader.enterContainer());
}

bool CborReader::leaveArray()
{
    while (m_isGood && m_reader.hasNext())
        check(m_reader.next(mostNested));
    return check(m_isGood && m_reader.leaveContainer());
}

QUuid CborReader::uuid()
{
    if (!check(m_isGood && m_reader.isTag() && m_reader.toTag() == QCborTag(QCborKnownTags::Uuid) && m_reader.next()))
        return {};
    const QByteArray known = bytes();
    const QUuid uuid = QUuid::fromRfc4122(known);
    return check(known.size() == 16) ? uuid : QUuid();
}

QByteArray CborReader::bytes()
{
    if (!check(m_isGood && m_reader.isByteArray() && m_reader.isLengthKnown()))
        return {};
    const auto piece = m_reader.readByteArray();
    if (!check(piece.status == QCborStreamReader::Ok))
        return {};
    // What follows the only piece is the end.
    return check(m_reader.readByteArray().status == QCborStreamReader::EndOfString) ? piece.data : QByteArray();
}

qint64 CborReader::integer()
{
    if (!check(m_isGood && m_reader.isInteger()))
        return 0;
    const qint64 value = m_reader.toInteger();
    return check(m_reader.next()) ? value : 0;
}

bool CborReader::skipNothing()
{
    return m_isGood && (m_reader.isNull() || m_reader.isUndefined()) && check(m_reader.next());
}

std::optional<qint64> CborReader::integerOrNothing()
{
    return skipNothing() ? std::nullopt : std::optional(integer());
}

// What is there is never null, however short it is.
QByteArray CborReader::bytesOrNothing()
{
    if (skipNothing())
        return {};
    const QByteArray known = bytes();
    return known.isNull() ? QByteArray("") : known;
}

} // namespace Pyvent::Internal
