// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_PROGRESS_H
#define PYVENT_CLI_PROGRESS_H

#include <QtCore/qglobal.h>

#include <chrono>

QT_FORWARD_DECLARE_CLASS(QString)

namespace Pyvent::Cli {

// How far a long command is: one line on standard error that is written over, ten times a second at most, and cleared
// at the end. Where standard error is no terminal, nothing.
class Progress
{
public:
    // Not \a isWanted: nothing, on a terminal either.
    explicit Progress(bool isWanted);
    ~Progress() { takeDown(); }
    Q_DISABLE_COPY_MOVE(Progress)

    // Whether show() would show anything now, so that a text need not be made for nothing.
    bool isDue() const;
    void show(const QString &text);

    // Clears the line, if there is one, for what is printed next.
    static void takeDown();

private:
    bool m_isWanted;
    std::chrono::steady_clock::time_point m_dueAt;
};

} // namespace Pyvent::Cli

#endif
