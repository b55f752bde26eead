// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_ENCRYPTEDOUTPUT_H
#define PYVENT_SERVER_ENCRYPTEDOUTPUT_H

#include "security/curveserver.h"
#include "server/sendbuffer.h"

#include <memory>

namespace Pyvent::Internal {

// Seals what waits for one connection as it is written: until then, blocks are plain, and shared by all receivers. Little is sealed ahead, and of
// a large event no more than of small ones: it is gone through twice, for its box begins with what only its end gives.
class EncryptedOutput
{
public:
    // What is appended to \a output from now on is sealed for \a session, which outlives this.
    EncryptedOutput(const SendBuffer &output, CurveSession *session);
    ~EncryptedOutput();
    Q_DISABLE_COPY_MOVE(EncryptedOutput)

    // Whether nothing is sealed that is not written.
    bool isEmpty() const { return m_begin == m_sealed.size(); }

    // Whether it goes through a large event, so that next() may have nothing yet.
    bool goesThrough() const;

    // What is to be written next, taken out of \a output, where that is needed. Empty if there is nothing, or if a large event takes more time
    // than a connection has at once: then it is to be called again.
    QByteArrayView next(SendBuffer *output);

    // \a count bytes of that have been written.
    void wrote(qsizetype count);

private:
    struct Large;

    qsizetype sealFrames(QByteArrayView frames);
    void beginLarge(QByteArrayView frame);
    bool findTag(QByteArrayView frame);
    qsizetype sealLarge(QByteArrayView rest);

    CurveSession *const m_session;
    const quint64 m_plainUntil; // of what was ever appended
    QByteArray m_sealed;
    qsizetype m_begin = 0;          // of what is not written
    std::unique_ptr<Large> m_large; // the frame under way
};

} // namespace Pyvent::Internal

#endif
