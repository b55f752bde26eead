// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SECURITY_SAMPLERULES_H
#define PYVENT_TESTS_SECURITY_SAMPLERULES_H

#include "security/rulesreader.h"

namespace PyventTests {

inline constexpr uid_t ada = 1001;
inline constexpr uid_t bob = 1002;

// A public key.
inline const QByteArray sampleKey = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

inline std::optional<uid_t> userNamed(const QString &name)
{
    if (name == QLatin1StringView("root"))
        return 0;
    if (name == QLatin1StringView("ada"))
        return ada;
    return name == QLatin1StringView("bob") ? std::optional(bob) : std::nullopt;
}

// None if \a text has a mistake.
inline Pyvent::Internal::Rules rulesOf(QByteArrayView text)
{
    Pyvent::Internal::RulesReader reader(userNamed);
    return reader.read(text).value_or(Pyvent::Internal::Rules());
}

} // namespace PyventTests

#endif
