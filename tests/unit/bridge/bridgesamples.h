// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_BRIDGESAMPLES_H
#define PYVENT_TESTS_BRIDGESAMPLES_H

#include "message.h"

#include <QtCore/qstringlist.h>

#include <chrono>
#include <random>

namespace PyventTests {

// Of clocks that tests advance.
inline constexpr std::chrono::steady_clock::time_point start{std::chrono::hours(1)};

// Names that engines have trouble with.
inline QStringList awkwardNames()
{
    using namespace Qt::StringLiterals;
    return {
        u"order-food"_s,
        u"oven.temperature"_s,
        u"."_s,
        u".."_s,
        u"a."_s,
        u".a"_s,
        u"a..b"_s,
        u"a...b."_s,
        u"*"_s,
        u">"_s,
        u"+"_s,
        u"#"_s,
        u"a*b>c+d#e"_s,
        u"/"_s,
        u"//"_s,
        u"a/b"_s,
        u"/a/"_s,
        u"$SYS"_s,
        u"$"_s,
        u"a$b"_s,
        u"%"_s,
        u"%2A"_s,
        u"%~"_s,
        u"%~abc"_s,
        u"100%"_s,
        u"%zz"_s,
        u"%%"_s,
        u"küche"_s,
        u"注文"_s,
        u"🍣"_s,
        u"\ufeffmark"_s,
        u"a\u00a0b"_s,
        u"\u3000"_s,
        u"\u2028"_s,
        u"\ufffe"_s,
        u"\ufdd0"_s,
        u"\U0001fffe"_s,
        u"\u0085"_s,
        u"'\"\\{}[]"_s,
        u"~`!@^&()=|;:,<?"_s,
        u"PYVENT_X"_s,
        QString(1024, u'x'),
        QString(1024, u'*'),
        QString(1024, u'注'),
        QString(1024, u'.'),
        QString(1024, u'/'),
        u"a.b"_s.repeated(300),
        u"a/b"_s.repeated(300),
    };
}

// A name of characters of all kinds, awkward ones more often.
inline QString randomName(std::mt19937 *random)
{
    const auto below = [random](quint32 n) { return quint32((*random)() % n); };
    const QString awkward = QStringLiteral(".*>+#/$%~ \u00a0\u0080\ufffe-_?");
    QString name;
    const quint32 length = 1 + below(below(8) == 0 ? 700 : 24);
    while (quint32(name.size()) < length) {
        switch (below(4)) {
        case 0:
            name += awkward[below(quint32(awkward.size()))];
            break;
        case 1:
            name += QChar(ushort('a' + below(26)));
            break;
        case 2:
            name += QString::number(below(256), 16).toUpper(); // may follow a '%'
            break;
        default: {
            char32_t c = 0;
            do {
                c = 1 + below(0x10fffe);
            } while (c >= 0xd800 && c <= 0xdfff);
            name += QString::fromUcs4(&c, 1);
        }
        }
    }
    return name;
}

} // namespace PyventTests

#endif
