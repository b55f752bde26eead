// SPDX-License-Identifier: MIT
#ifndef PYVENT_SERVER_PAYLOADGUARD_H
#define PYVENT_SERVER_PAYLOADGUARD_H

#include "pickle/picklescanner.h"
#include "pyventpayloadpolicy.h"

#include <utility>

namespace Pyvent::Internal {

// What does not go to Python's nodes, since their unpickler would run it. Not thread-safe.
class PayloadGuard
{
public:
    // Null if nobody is to look.
    static std::unique_ptr<PayloadGuard> of(const PyventPayloadPolicy &policy);

    // Why they are not to have \a frame, for people: "it would import os.system"; empty if they are.
    QString whyNot(QByteArrayView frame);

    // How many frames it only warns of, since this was last asked.
    quint64 takePassedOn() { return std::exchange(m_passedOn, 0); }

private:
    explicit PayloadGuard(const PyventPayloadPolicy &policy);

    PickleScanner m_scanner;
    const bool m_warns;
    quint64 m_passedOn = 0;
};

} // namespace Pyvent::Internal

#endif
