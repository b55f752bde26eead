// SPDX-License-Identifier: MIT
#include "answeringprogram.h"

#include "jsonreader.h"
#include "jsonwriter.h"

#include <QtCore/qfuturewatcher.h>
#include <QtCore/qthread.h>

#include <algorithm>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

constexpr std::size_t mostWaiting = 1000;
constexpr qsizetype longestAnswer = qsizetype(16) * 1024 * 1024;
constexpr qsizetype longestError = 1000;

// "no such dish", of what a command has said on standard error.
QString errorOf(const QByteArray &output)
{
    return QString::fromLocal8Bit(output.last(std::min(output.size(), longestError))).trimmed();
}

} // namespace

// One command that runs. It deletes itself.
class AnsweringProgram::Run : public QProcess
{
public:
    Run(AnsweringProgram *program, Question &&question)
        : QProcess(program)
        , m_program(program)
        , m_question(std::move(question))
    {
        QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
        environment.insert(u"PYVENT_NAME"_s, m_question.event.name);
        environment.insert(u"PYVENT_SENDER"_s, m_question.event.sender);
        setProcessEnvironment(environment);
        connect(this, &QProcess::readyReadStandardOutput, this, [this] { take(readAllStandardOutput()); });
        connect(this, &QProcess::readyReadStandardError, this, [this] {
            m_error += readAllStandardError();
            m_error = m_error.last(std::min(m_error.size(), 2 * longestError));
        });
        connect(this, &QProcess::finished, this, [this] { finish(answer()); });
        connect(this, &QProcess::errorOccurred, this, [this](ProcessError error) {
            if (error == FailedToStart)
                finish(PyventRefusal(u"the command cannot be started: "_s + errorString()));
        });
        connect(&m_canceled, &QFutureWatcherBase::canceled, this, [this] { kill(); });
        m_canceled.setFuture(m_question.promise.future());
    }

    void begin(const QString &command)
    {
        start(u"/bin/sh"_s, {u"-c"_s, command});
        QByteArray arguments;
        JsonWriter(&arguments).writeObject(m_question.event.args);
        write(arguments + '\n');
        closeWriteChannel();
    }

private:
    void take(const QByteArray &output)
    {
        m_output += output;
        if (m_output.size() > longestAnswer)
            kill();
    }

    PyventAnswer answer() const
    {
        if (m_output.size() > longestAnswer)
            return PyventRefusal(u"the command has printed more than %1 bytes"_s.arg(longestAnswer));
        if (exitStatus() == NormalExit && exitCode() == 0)
            return m_program->answerOf(m_output);
        if (const QString error = errorOf(m_error); !error.isEmpty())
            return PyventRefusal(error);
        return PyventRefusal(exitStatus() == NormalExit ? u"the command ended with %1"_s.arg(exitCode())
                                                        : u"the command was killed"_s);
    }

    void finish(const PyventAnswer &answer)
    {
        m_canceled.disconnect(this);
        m_question.promise.addResult(answer);
        m_question.promise.finish();
        --m_program->m_running;
        m_program->startNext();
        deleteLater();
    }

    AnsweringProgram *const m_program;
    Question m_question;
    QFutureWatcher<PyventAnswer> m_canceled;
    QByteArray m_output;
    QByteArray m_error;
};

AnsweringProgram::AnsweringProgram(QString command, bool isJson)
    : QObject()
    , m_command(std::move(command))
    , m_isJson(isJson)
    , m_waiting()
{
}

AnsweringProgram::~AnsweringProgram()
{
    for (QObject *child : children()) {
        child->disconnect();
        if (auto *run = qobject_cast<QProcess *>(child)) {
            run->kill();
            run->waitForFinished();
        }
    }
}

QFuture<PyventAnswer> AnsweringProgram::answer(const PyventEvent &question)
{
    if (m_waiting.size() >= mostWaiting)
        return QtFuture::makeReadyFuture(
            PyventAnswer(PyventRefusal(u"%1 questions wait for the command already"_s.arg(mostWaiting))));
    Question &waiting = m_waiting.emplace_back(Question{question, {}});
    waiting.promise.start();
    const QFuture<PyventAnswer> future = waiting.promise.future();
    startNext();
    return future;
}

void AnsweringProgram::startNext()
{
    while (!m_waiting.empty() && m_running < std::max(2, QThread::idealThreadCount())) {
        Question question = std::move(m_waiting.front());
        m_waiting.pop_front();
        if (question.promise.isCanceled())
            continue;
        ++m_running;
        (new Run(this, std::move(question)))->begin(m_command);
    }
}

PyventAnswer AnsweringProgram::answerOf(const QByteArray &output) const
{
    if (!m_isJson)
        return QString::fromUtf8(output.endsWith('\n') ? output.chopped(1) : output);
    const JsonReader::Result read = JsonReader::read(QString::fromUtf8(output));
    if (read.isValid())
        return read.value;
    return PyventRefusal(u"the command has not printed JSON: "_s + read.error);
}

} // namespace Pyvent::Cli
