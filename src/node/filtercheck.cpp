// SPDX-License-Identifier: MIT
#include "node/filtercheck.h"

#include "pyventpattern.h"
#include "wire/sharemessages.h"

#include <algorithm>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

QString whyNotShared(const QString &pattern, const PyventFilter &filter)
{
    const bool isName = filter.share.toUtf8().size() <= ShareGroup::longestName
        && std::none_of(filter.share.cbegin(), filter.share.cend(),
                        [](QChar character) { return character.category() == QChar::Other_Control; });
    if (!isName)
        return u"the group that is to share '%1' cannot have that name: it has up to 255 bytes of UTF-8, and "
               "no control characters"_s.arg(pattern);
    const QString other = !filter.replay.isNone() ? u"a replay"_s
        : filter.last                             ? u"the last event first"_s
        : filter.latest                           ? u"only the latest events"_s
        : filter.atMostEvery > 0ms                ? u"no more than one event in a time"_s
                                                  : QString();
    if (other.isEmpty())
        return {};
    return u"the handler of '%1' cannot ask for %2: the group '%3' shares these events, and each of its "
           "handlers takes all that it is given, and nothing else"_s.arg(pattern, other, filter.share);
}

} // namespace

QString whyNotHeardSo(const QString &pattern, const PyventFilter &filter)
{
    if (filter.atMostEvery < 0ms)
        return u"'%1' cannot be heard at most every %2 ms: the least time between two events is 0 or more"_s
            .arg(pattern)
            .arg(filter.atMostEvery.count());
    if (!filter.share.isEmpty())
        return whyNotShared(pattern, filter);
    if (filter.last && !filter.replay.isNone())
        return u"the handler of '%1' asks for the last event and for a replay; a replay brings the last one as well"_s
            .arg(pattern);
    if ((filter.last || !filter.replay.isNone()) && PyventPattern(pattern).isGlob())
        return u"'%1' has no past to replay, because it stands for many names; ask for the past of one name, "
               "and hear the others with another handler"_s.arg(pattern);
    return {};
}

} // namespace Pyvent::Internal
