// SPDX-License-Identifier: MIT
#include "security/curveserver.h"

#include "wire/z85.h"

#include <QtCore/qendian.h>

#include <cstring>

#include <sodium.h>

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

namespace {

// What the server's answer to a HELLO for another server says: three digits, as ZeroMQ's clients understand it.
constexpr QByteArrayView otherServer("500");

static_assert(Curve::keySize == Secret::size && Curve::tagSize == crypto_box_MACBYTES);

const unsigned char *bytesOf(QByteArrayView view)
{
    return reinterpret_cast<const unsigned char *>(view.data());
}

unsigned char *bytesOf(char *at)
{
    return reinterpret_cast<unsigned char *>(at);
}

struct Nonce
{
    Nonce(QByteArrayView begin, quint64 number)
    {
        std::memcpy(bytes, begin.data(), std::size_t(begin.size()));
        qToBigEndian(number, bytes + begin.size());
    }
    Nonce(QByteArrayView begin, QByteArrayView rest)
    {
        std::memcpy(bytes, begin.data(), std::size_t(begin.size()));
        std::memcpy(bytes + begin.size(), rest.data(), std::size_t(rest.size()));
    }

    unsigned char bytes[crypto_box_NONCEBYTES];
};

QByteArray sealed(QByteArrayView plain, const Nonce &nonce, const Secret &secret)
{
    QByteArray box(plain.size() + Curve::tagSize, Qt::Uninitialized);
    ::crypto_box_easy_afternm(bytesOf(box.data()), bytesOf(plain), quint64(plain.size()), nonce.bytes, secret.data());
    return box;
}

// Writes what is in \a box at \a to. Returns false if nobody with the secret has sealed that.
bool openBox(QByteArrayView box, const Nonce &nonce, const Secret &secret, char *to)
{
    return ::crypto_box_open_easy_afternm(bytesOf(to), bytesOf(box), quint64(box.size()), nonce.bytes, secret.data())
        == 0;
}

std::optional<QByteArray> opened(QByteArrayView box, const Nonce &nonce, const Secret &secret)
{
    QByteArray plain(box.size() - Curve::tagSize, Qt::Uninitialized);
    return openBox(box, nonce, secret, plain.data()) ? std::optional(plain) : std::nullopt;
}

bool isSame(QByteArrayView one, QByteArrayView other)
{
    return one.size() == other.size() && ::sodium_memcmp(one.data(), other.data(), std::size_t(one.size())) == 0;
}

QByteArray randomBytes(qsizetype size)
{
    QByteArray bytes(size, Qt::Uninitialized);
    ::randombytes_buf(bytes.data(), std::size_t(size));
    return bytes;
}

void wipe(QByteArray *bytes)
{
    ::sodium_memzero(bytes->data(), std::size_t(bytes->size()));
    bytes->clear();
}

} // namespace

// BoxStream

struct BoxStream::State
{
    Nonce nonce;
    Secret secret;
    quint64 block = 0; // of the key stream, that the next piece begins in
    crypto_onetimeauth_state authenticator{};

    ~State() { ::sodium_memzero(&authenticator, sizeof authenticator); }
};

BoxStream::BoxStream(const Secret &secret, QByteArrayView nonceBegin, quint64 nonce)
    : m_state(new State{{nonceBegin, nonce}, secret})
{
}

BoxStream::~BoxStream() = default;

void BoxStream::rewind()
{
    m_state->block = 0;
}

// The key stream's first half block is the authenticator's key, and the second one is what the first bytes are encrypted with. It is what is
// encrypted that is authenticated.
void BoxStream::go(char *bytes, qsizetype size, bool opens)
{
    State &state = *m_state;
    char *const begin = bytes;
    qsizetype left = size;
    if (state.block == 0) {
        const qsizetype count = std::min(left, firstSize);
        unsigned char first[blockSize]{};
        std::memcpy(first + blockSize - firstSize, bytes, std::size_t(count));
        ::crypto_stream_xsalsa20_xor(first, first, sizeof first, state.nonce.bytes, state.secret.data());
        ::crypto_onetimeauth_init(&state.authenticator, first);
        if (opens)
            ::crypto_onetimeauth_update(&state.authenticator, bytesOf(begin), quint64(size));
        std::memcpy(bytes, first + blockSize - firstSize, std::size_t(count));
        ::sodium_memzero(first, sizeof first);
        bytes += count;
        left -= count;
        ++state.block;
    } else if (opens) {
        ::crypto_onetimeauth_update(&state.authenticator, bytesOf(begin), quint64(size));
    }
    ::crypto_stream_xsalsa20_xor_ic(bytesOf(bytes), bytesOf(bytes), quint64(left), state.nonce.bytes, state.block,
                                    state.secret.data());
    state.block += quint64(left / blockSize);
    if (!opens)
        ::crypto_onetimeauth_update(&state.authenticator, bytesOf(begin), quint64(size));
}

std::array<char, Curve::tagSize> BoxStream::tag()
{
    std::array<char, Curve::tagSize> tag;
    ::crypto_onetimeauth_final(&m_state->authenticator, bytesOf(tag.data()));
    return tag;
}

// CurveServer

CurveServer::CurveServer(const KeyPair *own, Judge judge)
    : m_own(own)
    , m_judge(std::move(judge))
{
    prepareCrypto();
}

CurveServer::~CurveServer()
{
    forgetHandshake();
}

void CurveServer::forgetHandshake()
{
    m_cookieKey.wipe();
    m_shortTerm.reset();
    wipe(&m_opened);
    m_metadata = {};
}

CurveServer::Step CurveServer::refuse(const char *why, QByteArrayView code)
{
    m_state = State::Refused;
    m_why = QLatin1StringView(why);
    m_answer = code.isEmpty() ? QByteArray() : Curve::errorBody(code);
    forgetHandshake();
    return Step::Refused;
}

CurveServer::Step CurveServer::handle(QByteArrayView body)
{
    switch (m_state) {
    case State::AwaitsHello:
        return handleHello(body);
    case State::AwaitsInitiate:
        return handleInitiate(body);
    case State::Introduced:
    case State::Established:
    case State::Refused:
        break;
    }
    return refuse("it goes on with a handshake that has ended");
}

// What is in the cookie.
QByteArray CurveServer::connectionKeys() const
{
    QByteArray keys = m_clientKey;
    keys.reserve(2 * Curve::keySize); // so that nothing secret is left elsewhere
    keys.append(m_shortTerm->secretKey().view());
    return keys;
}

CurveServer::Step CurveServer::handleHello(QByteArrayView body)
{
    const auto hello = Curve::readHello(body);
    if (!hello)
        return refuse("its HELLO is none");
    const auto secret = sharedSecret(hello->key, m_own->secretKey());
    const auto zeros =
        secret ? opened(hello->box, {Curve::helloNonce, hello->nonce}, *secret) : std::optional<QByteArray>();
    if (!zeros)
        return refuse("it knows another server's key than this one's", otherServer);
    if (!isSame(*zeros, QByteArray(Curve::helloBoxedSize, '\0')))
        return refuse("its HELLO is none");
    m_session.received = hello->nonce;
    m_clientKey = hello->key.toByteArray();
    m_shortTerm = KeyPair::make();
    ::randombytes_buf(m_cookieKey.data(), Secret::size);

    const QByteArray cookieNonce = randomBytes(Curve::longNonceSize);
    QByteArray keys = connectionKeys();
    const QByteArray cookie = cookieNonce + sealed(keys, {Curve::cookieNonce, cookieNonce}, m_cookieKey);
    wipe(&keys);
    const QByteArray nonce = randomBytes(Curve::longNonceSize);
    const QByteArray box =
        sealed(m_shortTerm->publicKey().toByteArray() + cookie, {Curve::welcomeNonce, nonce}, *secret);
    m_answer = Curve::welcomeBody({nonce, box});
    m_state = State::AwaitsInitiate;
    return Step::GoesOn;
}

CurveServer::Step CurveServer::handleInitiate(QByteArrayView body)
{
    const auto initiate = Curve::readInitiate(body);
    if (!initiate)
        return refuse("its INITIATE is none");
    auto cookie = opened(initiate->cookie.sliced(Curve::longNonceSize),
                         {Curve::cookieNonce, initiate->cookie.first(Curve::longNonceSize)}, m_cookieKey);
    if (!cookie)
        return refuse("its INITIATE is of another connection");
    QByteArray keys = connectionKeys();
    const bool isOwn = isSame(*cookie, keys);
    wipe(&keys);
    wipe(&*cookie);
    const auto secret = sharedSecret(m_clientKey, m_shortTerm->secretKey());
    auto plain = isOwn && secret && initiate->nonce > m_session.received
        ? opened(initiate->box, {Curve::initiateNonce, initiate->nonce}, *secret)
        : std::optional<QByteArray>();
    if (!plain)
        return refuse("its INITIATE is of another connection");
    m_opened = std::move(*plain);
    const auto introduction = Curve::readIntroduction(m_opened);
    if (!introduction)
        return refuse("its INITIATE is none");
    // The vouch binds the connection's keys to the client's lasting one, whose owner alone can have made it, for this server.
    const auto vouchSecret = sharedSecret(introduction->key, m_shortTerm->secretKey());
    const auto vouched = vouchSecret
        ? opened(introduction->vouch, {Curve::vouchNonce, introduction->nonce}, *vouchSecret)
        : std::optional<QByteArray>();
    if (!vouched || !isSame(*vouched, m_clientKey + m_own->publicKey().toByteArray()))
        return refuse("it does not have the secret key to the public one that it names");
    m_key = introduction->key.toByteArray();
    const Verdict verdict = m_judge(m_key);
    if (!verdict.refusal.isEmpty()) {
        refuse("", verdict.refusal);
        m_why = verdict.why;
        return Step::Refused;
    }
    m_name = verdict.name;
    m_session.secret = *secret;
    m_session.received = initiate->nonce;
    m_metadata = introduction->metadata;
    m_answer.clear();
    m_state = State::Introduced;
    return Step::Introduced;
}

QByteArray CurveServer::ready(QByteArrayView metadata)
{
    m_state = State::Established;
    forgetHandshake();
    const quint64 nonce = ++m_session.sent;
    const QByteArray box = sealed(metadata, {Curve::readyNonce, nonce}, m_session.secret);
    return Curve::readyBody({nonce, box});
}

bool CurveServer::open(QByteArrayView body, char *to)
{
    const auto message = m_state == State::Established ? Curve::readMessage(body) : std::optional<Curve::Sealed>();
    if (!message || message->nonce <= m_session.received
        || !openBox(message->box, {Curve::clientNonce, message->nonce}, m_session.secret, to))
        return false;
    m_session.received = message->nonce;
    return true;
}

bool CurveServer::Opening::advance(std::span<char> body, bool isAll)
{
    constexpr qsizetype before = Curve::messageHeadSize + Curve::tagSize;
    const auto size = qsizetype(body.size());
    if (!m_box) {
        if (size < before + BoxStream::firstSize && !isAll)
            return true;
        const auto message = m_server->m_state == State::Established ? Curve::readMessage({body.data(), size})
                                                                     : std::optional<Curve::Sealed>();
        if (!message || message->nonce <= m_server->m_session.received)
            return false;
        m_nonce = message->nonce;
        m_box.emplace(m_server->m_session.secret, Curve::clientNonce, m_nonce);
    }
    qsizetype next = size - before - m_done;
    if (!isAll) {
        const qsizetype first = m_done == 0 ? BoxStream::firstSize : 0;
        next = first + (next - first) / BoxStream::blockSize * BoxStream::blockSize;
    }
    m_box->open(body.data() + before + m_done, next);
    m_done += next;
    if (!isAll)
        return true;
    const std::array<char, Curve::tagSize> tag = m_box->tag();
    if (!isSame({tag.data(), Curve::tagSize}, {body.data() + Curve::messageHeadSize, Curve::tagSize}))
        return false;
    m_server->m_session.received = m_nonce;
    return true;
}

} // namespace Pyvent::Internal
