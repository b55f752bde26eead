// SPDX-License-Identifier: MIT
#include "peerprocess.h"

#include <QtCore/qdebug.h>
#include <QtCore/qjsondocument.h>

#include <algorithm>
#include <csignal>

using namespace Qt::StringLiterals;

namespace PyventTests {

namespace {

// What a Python peer sends itself to prove that it is subscribed.
const QString privatePrefix = QString::fromUcs4(U"\U0010fffd", 1);

QList<PeerProcess *> &everybody()
{
    static QList<PeerProcess *> peers;
    return peers;
}

// The first and the last lines, where there are many.
QString excerpt(const QString &text)
{
    constexpr qsizetype part = 6000;
    return text.size() <= 2 * part ? text : text.first(part) + u"\n[…]\n"_s + text.last(part);
}

} // namespace

PeerProcess::PeerProcess(Language language, const QString &name)
    : m_language(language)
    , m_name(name)
    , m_process(ChildProcess::Errors::Kept)
{
    everybody().append(this);
    QObject::connect(&m_process, &ChildProcess::outputChanged, &m_process, [this] { read(); });
}

PeerProcess::~PeerProcess()
{
    everybody().removeAll(this);
}

QString PeerProcess::whyNoPython()
{
    ChildProcess python(QStringLiteral(PYVENT_TEST_PYTHON), {u"-c"_s, u"import zmq, pydispatch"_s},
                        ChildProcess::Errors::Kept);
    if (python.exitCode() != 0) {
        return QStringLiteral(PYVENT_TEST_PYTHON)
            + u" has no zmq or no pydispatch (Debian: apt-get install python3-zmq python3-pydispatch): "_s
            + python.errors();
    }
    return {};
}

void PeerProcess::start(const QStringList &arguments)
{
    if (m_language == Python)
        m_process.start(QStringLiteral(PYVENT_TEST_PYTHON),
                        QStringList(QStringLiteral(PYVENT_TEST_PEER_PY)) + arguments);
    else
        m_process.start(QStringLiteral(PYVENT_TEST_PEER_QT), arguments);
}

void PeerProcess::post(const QString &verb, const QJsonObject &command)
{
    QJsonObject object = command;
    object.insert(u"do"_s, verb);
    object.insert(u"n"_s, ++m_lastNumber);
    const QByteArray line = QJsonDocument(object).toJson(QJsonDocument::Compact);
    m_transcript += "> " + line + '\n';
    m_process.writeLine(line);
}

std::optional<QJsonValue> PeerProcess::request(const QString &verb, const QJsonObject &command)
{
    post(verb, command);
    const int number = m_lastNumber;
    if (!waitFor(u"an answer to '%1'"_s.arg(verb),
                 [&] { return m_answers.contains(number) || !m_process.isRunning(); }))
        return {};
    const QJsonObject answer = m_answers.take(number);
    if (answer.contains("result"_L1))
        return answer["result"_L1];
    qWarning().noquote() << u"'%1' failed in the peer '%2'\n%3"_s.arg(verb, m_name, everybodysLog());
    return {};
}

bool PeerProcess::order(const QString &verb, const QJsonObject &command)
{
    const std::optional<QJsonValue> result = request(verb, command);
    return result && !result->isNull() && result != QJsonValue(false);
}

QList<QJsonObject> PeerProcess::heard(const QString &name, const QString &handler) const
{
    QList<QJsonObject> events;
    for (const QJsonObject &line : m_lines) {
        const QString heard = line["heard"_L1].toString();
        if (!heard.isEmpty() && !heard.startsWith(privatePrefix) && (name.isEmpty() || heard == name)
            && (handler.isEmpty() || line["handler"_L1].toString() == handler))
            events.append(line);
    }
    return events;
}

QList<QJsonObject> PeerProcess::errors() const
{
    QList<QJsonObject> errors;
    for (const QJsonObject &line : m_lines) {
        if (line.contains("error"_L1))
            errors.append(line);
    }
    return errors;
}

bool PeerProcess::waitForLine(const QString &what, const std::function<bool(const QJsonObject &)> &fits)
{
    return waitFor(what, [&] { return std::any_of(m_lines.cbegin(), m_lines.cend(), fits); });
}

bool PeerProcess::waitForHeard(qsizetype count, const QString &name, const QString &handler)
{
    return waitFor(u"%1 events '%2' heard by '%3'"_s.arg(count).arg(name, handler),
                   [&] { return heard(name, handler).size() >= count; });
}

bool PeerProcess::waitForState(const QString &state)
{
    return waitForLine(u"the state "_s + state, [&](const QJsonObject &line) { return line["state"_L1] == state; });
}

std::optional<int> PeerProcess::waitForExit()
{
    if (!waitFor(u"its end"_s, [this] { return !m_process.isRunning(); }))
        return {};
    if (const int code = m_process.exitCode(); code >= 0)
        return code;
    qWarning().noquote() << u"The peer '%1' has ended %2\n%3"_s.arg(m_name, m_process.howItEnded(), everybodysLog());
    return {};
}

void PeerProcess::kill()
{
    if (!m_process.isRunning())
        return;
    m_transcript += "(killed)\n";
    m_process.kill();
}

void PeerProcess::suspend()
{
    m_transcript += "(suspended)\n";
    m_process.sendSignal(SIGSTOP);
}

void PeerProcess::resume()
{
    m_transcript += "(resumed)\n";
    m_process.sendSignal(SIGCONT);
}

QString PeerProcess::everybodysLog()
{
    QString text;
    for (const PeerProcess *peer : std::as_const(everybody()))
        text += peer->log();
    return text;
}

bool PeerProcess::waitFor(const QString &what, const std::function<bool()> &condition)
{
    if (waitUntil(condition))
        return true;
    qWarning().noquote() << u"The peer '%1' has waited in vain for %2\n%3"_s.arg(m_name, what, everybodysLog());
    return false;
}

void PeerProcess::read()
{
    for (const QByteArray &line : m_process.takeLines()) {
        m_transcript += line + '\n';
        const QJsonObject object = QJsonDocument::fromJson(line).object();
        if (object.contains("n"_L1))
            m_answers.insert(object["n"_L1].toInt(), object);
        else
            m_lines.append(object);
    }
}

QString PeerProcess::log() const
{
    return u"--- %1 (%2, process %3) ---\n%4%5"_s.arg(m_name, m_language == Python ? u"Python"_s : u"Qt"_s)
        .arg(m_process.pid())
        .arg(excerpt(QString::fromUtf8(m_transcript)),
             m_process.errors().isEmpty() ? QString() : u"stderr: "_s + excerpt(m_process.errors()));
}

} // namespace PyventTests
