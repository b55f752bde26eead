// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_FRAMEREADER_H
#define PYVENT_SERVER_FRAMEREADER_H

#include "server/block.h"
#include "wire/zmtp.h"

#include <QtCore/qbytearray.h>

#include <functional>
#include <span>

namespace Pyvent::Internal {

// Takes frames out of the bytes of a connection, which come in pieces of any size.
class FrameReader
{
public:
    // All views are into the bytes that were read, for as long as the function runs that is given the frame.
    struct Frame
    {
        quint8 flags;
        QByteArrayView encoded; // with its header
        QByteArrayView body;
        Block block; // with its header; null where the frame is small

        bool isCommand() const { return flags & Zmtp::Header::Command; }
        bool hasMore() const { return flags & Zmtp::Header::More; }
    };
    enum class Result : quint8 {
        More,     // bytes are needed
        Stopped,  // by the function
        Reserved, // a header has flags that ZMTP does not know
        TooLarge
    };
    // Returns false to stop.
    using Function = std::function<bool(const Frame &frame)>;

    // What a command has at most: SUBSCRIBE has the longest, of which a name takes half.
    static constexpr qsizetype maximumCommandSize = 8 * 1024;

    // What readers share: the bytes of large frames that have come whole, in blocks, and in part.
    struct Accounts
    {
        qsizetype *blocks;
        qsizetype *parts;
    };

    FrameReader(qsizetype maximumBodySize, const Accounts &accounts)
        : m_maximumBodySize(maximumBodySize)
        , m_accounts(accounts)
    {
    }
    Q_DISABLE_COPY_MOVE(FrameReader)
    ~FrameReader() { *m_accounts.parts -= m_have; }

    // Of the frames that begin from now on.
    void setMaximumBodySize(qsizetype bytes) { m_maximumBodySize = bytes; }

    // Calls \a function with each frame that is complete with \a bytes. May throw std::bad_alloc.
    Result read(QByteArrayView bytes, const Function &function);

    // What has come of a large frame that is not complete. It may be changed.
    std::span<char> part()
    {
        return m_large.isNull() ? std::span<char>() : std::span(m_large.data(), std::size_t(m_have));
    }

    // Where the next bytes may be put instead, because they belong to a large frame; then readInPlace() has them looked at.
    std::span<char> room();
    Result readInPlace(qsizetype count, const Function &function);

private:
    Result begin(QByteArrayView bytes, qsizetype *size) const;

    qsizetype m_maximumBodySize;
    const Accounts m_accounts;
    QByteArray m_partial; // the beginning of a small frame
    Block m_large;        // a large frame,
    qsizetype m_have = 0; // and how many bytes of it are here
};

} // namespace Pyvent::Internal

#endif
