// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CLI_PROGRAM_H
#define PYVENT_TESTS_CLI_PROGRAM_H

#include <QtCore/qprocess.h>
#include <QtCore/qstringlist.h>

#include <functional>

// A program that runs beside the test. Whatever is waited for is waited for with a limit.
class Program
{
public:
    // Starts "pyvent" with \a arguments.
    explicit Program(const QStringList &arguments);
    // Starts \a program with \a arguments.
    Program(const QString &program, const QStringList &arguments);
    ~Program();
    Q_DISABLE_COPY_MOVE(Program)

    // Waits until standard output, or standard error, has \a text in it.
    bool prints(const QString &text);
    bool complains(const QString &text);

    // Waits until the program ends, and returns its exit code; -1 if it does not end, -2 if a signal ended
    // it.
    int exitCode();

    void sendSignal(int signal);

    // Standard input.
    void write(const QByteArray &text);
    void closeInput() { m_process.closeWriteChannel(); }

    QString output() const { return QString::fromUtf8(m_output); }
    QString errors() const { return QString::fromUtf8(m_errors); }

private:
    bool waitUntil(const std::function<bool()> &condition);

    QProcess m_process;
    QByteArray m_output;
    QByteArray m_errors;
};

#endif
