// SPDX-License-Identifier: MIT
#include "session/presence.h"

#include "wire/control.h"

#include <QtCore/qcborarray.h>
#include <QtCore/qcbormap.h>
#include <QtCore/qcborvalue.h>
#include <QtCore/qdebug.h>

#include <algorithm>

QDebug operator<<(QDebug debug, const PyventNodeInfo &info)
{
    const QDebugStateSaver saver(debug);
    return debug.nospace() << "PyventNodeInfo(" << info.uuid.toString(QUuid::WithoutBraces) << ", id " << info.nodeId
                           << ", " << info.program << ' ' << info.pid << " on " << info.host
                           << (info.serving ? ", serves, " : ", ") << info.names << ')';
}

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

// A question makes every node answer. So no node answers more often than this, whoever asks.
constexpr int answersPerSecond = 20;

// Beyond that, one answer for all, so often. So no asker, however often it asks, keeps others from hearing who is there.
constexpr auto answersAllAfter = 100ms;

// What one answer may be, and how many of them one question is worth.
constexpr qsizetype maximumAnswerSize = 64 * 1024;
constexpr qsizetype maximumNodes = 10'000;

// Of what a program says of itself, in CBOR.
constexpr qsizetype maximumAboutSize = 8 * 1024;

// Of the names that a node listens to, as many are told as fit in this, in UTF-16 units.
constexpr qsizetype maximumNamesSize = 8 * 1024;

QByteArray toBytes(const PyventNodeInfo &info)
{
    QCborArray names;
    qsizetype size = 0;
    for (const QString &name : info.names) {
        if ((size += name.size()) > maximumNamesSize)
            break;
        names.append(name);
    }
    QCborMap map = {
        {u"uuid"_s, info.uuid.toString(QUuid::WithoutBraces)},
        {u"id"_s, info.nodeId},
        {u"program"_s, info.program},
        {u"host"_s, info.host},
        {u"pid"_s, info.pid},
        {u"serving"_s, info.serving},
        {u"names"_s, names},
        {u"way"_s, info.way},
        {u"key"_s, info.key},
    };
    if (!info.about.isEmpty())
        map.insert(u"about"_s, QCborMap::fromVariantMap(info.about));
    return map.toCborValue().toCbor();
}

// Nothing where it breaks off: what Qt has read until then is no whole map, and must not be looked at.
std::optional<PyventNodeInfo> fromBytes(const QByteArray &bytes)
{
    QCborParserError error;
    const QCborMap map = QCborValue::fromCbor(bytes, &error).toMap();
    if (error.error != QCborError::NoError)
        return {};
    PyventNodeInfo info;
    info.nodeId = map[u"id"_s].toString();
    info.program = map[u"program"_s].toString();
    info.host = map[u"host"_s].toString();
    info.pid = map[u"pid"_s].toInteger();
    info.serving = map[u"serving"_s].toBool();
    const QCborArray names = map[u"names"_s].toArray();
    for (const QCborValue &name : names)
        info.names.append(name.toString());
    info.way = map[u"way"_s].toString();
    info.key = map[u"key"_s].toString();
    info.about = map[u"about"_s].toMap().toVariantMap();
    return info;
}

} // namespace

Presence::Presence(const QUuid &nodeId)
    : m_nodeId(nodeId)
{
}

QFuture<QList<PyventNodeInfo>> Presence::find(Clock::time_point end)
{
    Search search{.end = end, .found = {}, .promise = {}};
    search.promise.start();
    const auto future = search.promise.future();
    m_searches.push_back(std::move(search));
    return future;
}

bool Presence::mustAsk() const
{
    return std::any_of(m_searches.begin(), m_searches.end(), [](const Search &search) { return !search.isAsked; });
}

QByteArray Presence::question()
{
    for (Search &search : m_searches)
        search.isAsked = true;
    return commonTopic(Control::who) + m_nodeId.toByteArray(QUuid::WithoutBraces);
}

QByteArray Presence::answer(QByteArrayView question, Clock::time_point now, const std::function<PyventNodeInfo()> &self)
{
    const QUuid asker = QUuid::fromString(QLatin1StringView(question));
    if (asker.isNull())
        return {};
    if (mayAnswer(now))
        return toOne(asker, self());
    if (m_answersAllAt == Clock::time_point::max())
        m_answersAllAt = now + answersAllAfter;
    return {};
}

QByteArray Presence::answerToAll(Clock::time_point now, const std::function<PyventNodeInfo()> &self)
{
    if (now < m_answersAllAt)
        return {};
    m_answersAllAt = Clock::time_point::max();
    return toAll(self());
}

QByteArray Presence::toAll(const PyventNodeInfo &self, QByteArrayView kind)
{
    return commonTopic(kind) + toBytes(self);
}

QByteArray Presence::toOne(const QUuid &node, const PyventNodeInfo &self, QByteArrayView kind)
{
    return nodeTopic(node, kind) + toBytes(self);
}

QByteArray Presence::toWatchers(const PyventNodeInfo &self)
{
    return presenceTopic(Control::here) + toBytes(self);
}

bool Presence::fits(const QVariantMap &about)
{
    return QCborMap::fromVariantMap(about).toCborValue().toCbor().size() <= maximumAboutSize;
}

std::optional<PyventNodeInfo> Presence::heard(QByteArrayView answer, bool isWanted)
{
    isWanted = isWanted || m_wantsAll;
    if ((m_searches.empty() && !isWanted) || answer.size() > maximumAnswerSize)
        return {};
    const auto node = Control::readHereOrigin(answer);
    if (!node)
        return {};
    std::optional<PyventNodeInfo> info = fromBytes(answer.toByteArray());
    if (!info)
        return {};
    info->uuid = *node; // and no other one in it
    for (Search &search : m_searches) {
        if (search.isAsked && search.found.size() < maximumNodes)
            search.found.insert(info->uuid, *info);
    }
    return isWanted ? info : std::nullopt;
}

bool Presence::mayAnswer(Clock::time_point now)
{
    if (now >= m_answersSince + 1s) {
        m_answersSince = now;
        m_answers = 0;
    }
    return ++m_answers <= answersPerSecond;
}

std::vector<Presence::Promise> Presence::cancel()
{
    std::vector<Promise> promises;
    for (Search &search : m_searches)
        promises.push_back(std::move(search.promise));
    m_searches.clear();
    return promises;
}

std::vector<Presence::Finished> Presence::takeFinished(Clock::time_point now)
{
    std::vector<Finished> finished;
    for (Search &search : m_searches) {
        if (now < search.end)
            continue;
        QList<PyventNodeInfo> nodes = search.found.values();
        std::sort(nodes.begin(), nodes.end(), [](const PyventNodeInfo &one, const PyventNodeInfo &other) {
            return std::tie(one.host, one.program, one.pid, one.nodeId, one.uuid)
                < std::tie(other.host, other.program, other.pid, other.nodeId, other.uuid);
        });
        if (!search.isAsked)
            search.promise.future().cancel();
        finished.push_back({std::move(search.promise), std::move(nodes)});
    }
    std::erase_if(m_searches, [now](const Search &search) { return now >= search.end; });
    return finished;
}

Presence::Clock::time_point Presence::deadline() const
{
    Clock::time_point earliest = m_answersAllAt;
    for (const Search &search : m_searches)
        earliest = std::min(earliest, search.end);
    return earliest;
}

} // namespace Pyvent::Internal
