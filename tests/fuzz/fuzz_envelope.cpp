// SPDX-License-Identifier: MIT
#include "bucketsettings.h"
#include "envelope.h"
#include "jsonarguments.h"
#include "keeper.h"
#include "keptentry.h"
#include "require.h"

#include <QtCore/qjsondocument.h>

using namespace Pyvent::Bridge;

namespace {

// Fields of the input: a length of one byte, and so many bytes.
class Fields
{
public:
    explicit Fields(QByteArrayView bytes)
        : m_rest(bytes)
    {
    }

    bool isAtEnd() const { return m_rest.isEmpty(); }
    QByteArray next()
    {
        if (m_rest.isEmpty())
            return {};
        const qsizetype size = std::min<qsizetype>(quint8(m_rest[0]), m_rest.size() - 1);
        const QByteArray field = m_rest.sliced(1, size).toByteArray();
        m_rest = m_rest.sliced(1 + size);
        return field;
    }

private:
    QByteArrayView m_rest;
};

// What a stranger may have sent on the prefix.
Envelope envelopeOf(Fields fields)
{
    static const QByteArray names[] = {"Pyvent-Node",  "Pyvent-Number",  "Pyvent-Time", "Pyvent-Sender",
                                       "Pyvent-Bus",   "Pyvent-Lost",    "Pyvent-Name", "Content-Type",
                                       "Pyvent-Stamp", "Pyvent-Left-Out"};
    Envelope envelope{.address = fields.next(), .contentType = fields.next(), .headers = {}, .payload = fields.next()};
    while (!fields.isAtEnd()) {
        const QByteArray header = fields.next();
        if (header.isEmpty())
            continue;
        const QByteArray &name = names[std::size_t(quint8(header[0])) % std::size(names)];
        envelope.headers.emplaceBack(name, header.sliced(1));
    }
    return envelope;
}

// What somebody may have put into the bucket, in turn with what is there already.
void tryBucket(const Envelope &envelope)
{
    static const QList<PyventPattern> all{PyventPattern(QStringLiteral("*"))};
    static Keeper keeper({.in = all, .out = all, .limits = {.names = 100}});
    static quint64 revision = 0;
    constexpr qint64 time = 1'800'000'000'000'000;
    const auto now = Keeper::Clock::time_point(std::chrono::seconds(++revision));
    QString why;
    const auto kept = unsealKept(envelope, &why);
    if (revision % 1000 == 1) {
        keeper.opened();
        keeper.loaded();
    }
    if (kept) {
        const auto again = unsealKept(sealKept(*kept), &why);
        require(again && *again == *kept, "what is put again is something else");
        keeper.stored(*kept, revision, time, now);
        keeper.keptByServer(kept->message, time, now);
        keeper.heard(kept->message, time, now);
    } else {
        require(!why.isEmpty(), "what is no event has no reason");
        keeper.storedNothing(nameOfKey(envelope.address).value_or(QString()), revision, true, now);
    }
    for (const QString &name : keeper.takeQuestions(time, now))
        keeper.told(name, kept ? std::optional(kept->message) : std::nullopt, time, now);
    for (const Keeper::Put &put : keeper.takePuts(now)) {
        require(isPlausible(put.kept, time), "what nobody can have written is put");
        if (revision % 2 == 0)
            keeper.putIsDone(put.id, ++revision, now);
        else
            keeper.putHasConflict(put.id, revision % 3, now);
    }
    while (keeper.takeGift()) { }
    keeper.takeProblems();
    require(keeper.names() <= 100, "there are more names than there may be");

    QStringList notes;
    whyNotABucket("b", QJsonDocument::fromJson(envelope.payload).object(), &notes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const Envelope envelope = envelopeOf(Fields({reinterpret_cast<const char *>(data), qsizetype(size)}));
    tryBucket(envelope);
    QString why;
    const auto message = unseal(envelope, &why);
    if (!message) {
        require(!why.isEmpty(), "what is no event has no reason");
        return 0;
    }
    require(!message->name.isEmpty(), "an event has no name");
    if (message->format == Message::Format::Json) {
        const auto arguments = argumentsFromJson(message->payload, &why);
        require(arguments || !why.isEmpty(), "arguments cannot be read, and nobody says why");
        if (arguments)
            argumentsToJson(*arguments);
    }
    if (message->node.isNull())
        return 0;
    // What a bridge has sent is the same when it is sent on, whatever carries it.
    for (const Dialect dialect : {Dialect::Nats, Dialect::Mqtt}) {
        const auto again = unseal(seal(*message, dialect), &why);
        require(again && *again == *message, "what is sealed again is another message");
        require(!idOf(*message, dialect).isEmpty(), "a message has no id");
    }
    return 0;
}
