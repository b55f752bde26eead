// SPDX-License-Identifier: MIT
#include "server/encryptedoutput.h"

#include "wire/zmtp.h"

#include <algorithm>
#include <array>

#include <sodium.h>

namespace Pyvent::Internal {

namespace {

// What is sealed ahead, and what is kept for the next time where nothing is.
constexpr qsizetype sealedAtOnce = qsizetype(32) * 1024;
constexpr qsizetype keptRoom = qsizetype(4) * 1024;

// A larger frame is sealed in pieces, and so much of it is gone through before others have their turn.
constexpr qsizetype largestWhole = qsizetype(32) * 1024;
constexpr qsizetype pieceSize = qsizetype(16) * 1024;
constexpr qsizetype soughtAtOnce = qsizetype(256) * 1024;
static_assert(pieceSize % BoxStream::blockSize == 0);

char curveFlags(quint8 flags)
{
    return char((flags & Zmtp::Header::More ? Curve::More : 0) | (flags & Zmtp::Header::Command ? Curve::Command : 0));
}

unsigned char *unsignedAt(char *at)
{
    return reinterpret_cast<unsigned char *>(at);
}

// How much of \a left goes into the piece that begins at \a done.
qsizetype nextPiece(qsizetype done, qsizetype left)
{
    return std::min(left, pieceSize + (done == 0 ? BoxStream::firstSize : 0));
}

} // namespace

// What is in its box is one byte of flags and the body.
struct EncryptedOutput::Large
{
    BoxStream box;
    quint64 nonce;
    char flags;
    qsizetype headerSize; // of the plain frame
    qsizetype size;       // of what is in the box
    qsizetype done = 0;   // of that, now
    bool hasTag = false;

    // Writes the next piece at \a to, of a body of which \a rest is left, and returns how much of that it took.
    qsizetype take(QByteArrayView rest, char *to)
    {
        const qsizetype count = nextPiece(done, size - done);
        char *at = to;
        if (done == 0)
            *at++ = flags;
        const QByteArrayView body = rest.first(to + count - at);
        std::copy(body.begin(), body.end(), at);
        box.seal(to, count);
        done += count;
        return body.size();
    }
    qsizetype pieceAhead() const { return nextPiece(done, size - done); }
};

EncryptedOutput::EncryptedOutput(const SendBuffer &output, CurveSession *session)
    : m_session(session)
    , m_plainUntil(output.appended())
{
}

EncryptedOutput::~EncryptedOutput() = default;

bool EncryptedOutput::goesThrough() const
{
    return m_large && !m_large->hasTag;
}

void EncryptedOutput::wrote(qsizetype count)
{
    m_begin += count;
    if (!isEmpty())
        return;
    m_begin = 0;
    if (m_sealed.capacity() > keptRoom)
        m_sealed = QByteArray();
    else
        m_sealed.resize(0);
}

QByteArrayView EncryptedOutput::next(SendBuffer *output)
{
    if (!isEmpty())
        return QByteArrayView(m_sealed).sliced(m_begin);
    m_sealed.resize(0);
    while (m_sealed.size() < sealedAtOnce) {
        std::array<iovec, 1> parts{};
        if (output->fill(parts).count == 0)
            break;
        const QByteArrayView bytes(static_cast<const char *>(parts[0].iov_base), qsizetype(parts[0].iov_len));
        if (output->written() < m_plainUntil) { // of the handshake
            const qsizetype count = std::min(bytes.size(), qsizetype(m_plainUntil - output->written()));
            m_sealed.append(bytes.first(count));
            output->wrote(count);
        } else if (!m_large) {
            output->wrote(sealFrames(bytes));
        } else if (m_large->hasTag) {
            output->wrote(sealLarge(bytes));
        } else if (findTag(bytes)) {
            output->wrote(m_large->headerSize);
        } else {
            break;
        }
    }
    return m_sealed;
}

// Takes whole frames, as a block has them, until there is enough, or a large one comes. Returns how many bytes these are.
qsizetype EncryptedOutput::sealFrames(QByteArrayView frames)
{
    const qsizetype all = frames.size();
    while (!frames.isEmpty() && m_sealed.size() < sealedAtOnce) {
        const auto header = Zmtp::readHeader(frames);
        Q_ASSERT(header && header->size + qsizetype(header->bodySize) <= frames.size());
        const auto bodySize = qsizetype(header->bodySize);
        if (bodySize > largestWhole) {
            beginLarge(frames);
            break;
        }
        const QByteArrayView body = frames.sliced(header->size, bodySize);
        const qsizetype boxed = Curve::messageOverhead + bodySize;
        const qsizetype at = m_sealed.size();
        m_sealed.resize(at + Zmtp::headerSize(boxed) + boxed);
        const quint64 nonce = ++m_session->sent;
        char *const head = Zmtp::writeHeader(0, boxed, m_sealed.data() + at);
        char *const tag = Curve::writeMessageHead(nonce, head);
        char *const plain = tag + Curve::tagSize;
        *plain = curveFlags(header->flags);
        std::copy(body.begin(), body.end(), plain + 1);
        std::array<unsigned char, crypto_box_NONCEBYTES> whole;
        std::copy(Curve::serverNonce.begin(), Curve::serverNonce.end(), whole.begin());
        std::copy(tag - Curve::shortNonceSize, tag, whole.begin() + Curve::serverNonce.size());
        ::crypto_box_detached_afternm(unsignedAt(plain), unsignedAt(tag), unsignedAt(plain), quint64(bodySize) + 1,
                                      whole.data(), m_session->secret.data());
        frames = frames.sliced(header->size + bodySize);
    }
    return all - frames.size();
}

void EncryptedOutput::beginLarge(QByteArrayView frame)
{
    const Zmtp::Header header = *Zmtp::readHeader(frame);
    const quint64 nonce = ++m_session->sent;
    m_large.reset(new Large{{m_session->secret, Curve::serverNonce, nonce},
                            nonce,
                            curveFlags(header.flags),
                            header.size,
                            qsizetype(header.bodySize) + 1});
}

// Goes on through the large \a frame, for what its box begins with. Returns whether that is done, and the box has begun.
bool EncryptedOutput::findTag(QByteArrayView frame)
{
    Large &large = *m_large;
    std::array<char, pieceSize + BoxStream::firstSize> piece;
    for (qsizetype sought = 0; large.done < large.size; sought += pieceSize) {
        if (sought >= soughtAtOnce)
            return false;
        const qsizetype inBody = std::max<qsizetype>(large.done - 1, 0);
        large.take(frame.sliced(large.headerSize + inBody), piece.data());
    }
    const auto tag = large.box.tag();
    const qsizetype boxed = Curve::messageOverhead - 1 + large.size;
    const qsizetype at = m_sealed.size();
    m_sealed.resize(at + Zmtp::headerSize(boxed) + Curve::messageHeadSize + Curve::tagSize);
    char *const head = Zmtp::writeHeader(0, boxed, m_sealed.data() + at);
    std::copy(tag.begin(), tag.end(), Curve::writeMessageHead(large.nonce, head));
    large.box.rewind();
    large.done = 0;
    large.hasTag = true;
    return true;
}

// The next piece of the large frame, whose body has \a rest left. Returns how much of that it took.
qsizetype EncryptedOutput::sealLarge(QByteArrayView rest)
{
    const qsizetype at = m_sealed.size();
    m_sealed.resize(at + m_large->pieceAhead());
    const qsizetype taken = m_large->take(rest, m_sealed.data() + at);
    if (m_large->done == m_large->size)
        m_large.reset();
    return taken;
}

} // namespace Pyvent::Internal
