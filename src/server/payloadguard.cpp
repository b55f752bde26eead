// SPDX-License-Identifier: MIT
#include "server/payloadguard.h"

#include "wire/frame.h"

namespace Pyvent::Internal {

static QByteArrayList namesOf(const PyventPayloadPolicy &policy)
{
    QByteArrayList names = PickleAllowList::standardNames();
    for (const QString &name : policy.names())
        names.append(name.toUtf8());
    return names;
}

PayloadGuard::PayloadGuard(const PyventPayloadPolicy &policy)
    : m_scanner(namesOf(policy))
    , m_warns(policy.kind() == PyventPayloadPolicy::Warn)
{
}

std::unique_ptr<PayloadGuard> PayloadGuard::of(const PyventPayloadPolicy &policy)
{
    if (policy.kind() == PyventPayloadPolicy::Off)
        return nullptr;
    return std::unique_ptr<PayloadGuard>(new PayloadGuard(policy));
}

QString PayloadGuard::whyNot(QByteArrayView frame)
{
    // Python takes what follows the first space, and reads it up to its first STOP, whatever comes behind that.
    const qsizetype topic = topicOf(frame).size();
    if (topic + 1 >= frame.size()) // there is nothing to read
        return {};
    const PickleScanner::Verdict verdict = m_scanner.scan(frame.sliced(topic + 1));
    if (verdict.isHarmless())
        return {};
    m_passedOn += m_warns;
    return m_warns ? QString() : verdict.text();
}

} // namespace Pyvent::Internal
