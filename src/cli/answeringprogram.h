// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_ANSWERINGPROGRAM_H
#define PYVENT_CLI_ANSWERINGPROGRAM_H

#include <PyventNode>

#include <QtCore/qobject.h>
#include <QtCore/qprocess.h>
#include <QtCore/qpromise.h>

#include <deque>
#include <memory>

namespace Pyvent::Cli {

// Answers each question with what a command of the shell's prints, which gets the question's arguments. Some commands run at a time; the
// other questions wait for their turn.
class AnsweringProgram : public QObject
{
    Q_OBJECT

public:
    // Whether what the command prints \a isJson; else it is a text.
    AnsweringProgram(QString command, bool isJson);
    ~AnsweringProgram() override;

    QFuture<PyventAnswer> answer(const PyventEvent &question);

private:
    struct Question
    {
        PyventEvent event;
        QPromise<PyventAnswer> promise;
    };
    class Run;

    void startNext();
    PyventAnswer answerOf(const QByteArray &output) const;

    const QString m_command;
    const bool m_isJson;
    std::deque<Question> m_waiting;
    int m_running = 0;
};

} // namespace Pyvent::Cli

#endif
