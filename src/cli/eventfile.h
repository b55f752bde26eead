// SPDX-License-Identifier: MIT
#ifndef PYVENT_CLI_EVENTFILE_H
#define PYVENT_CLI_EVENTFILE_H

#include "command.h"
#include "eventsender.h"

#include <QtCore/qstring.h>

namespace Pyvent::Cli {

// A file of events, or standard input: lines as eventAsJson() writes them.
class EventFile
{
public:
    // "-" is standard input. Throws a UsageError where the file cannot be opened.
    explicit EventFile(const QString &path);
    ~EventFile();
    Q_DISABLE_COPY_MOVE(EventFile)

    // Sends all of it as it comes, as \a sender instead of the lines' own if that is not empty. A line that is no event is
    // reported, and does not keep the others from being sent.
    ExitCode sendTo(EventSender *events, const QString &sender);

private:
    EventSender::Result sendLine(const QByteArray &line, EventSender *events, const QString &sender);
    void refuse(const QString &why);
    ExitCode finish(EventSender::Result result);

    const QString m_name;
    const int m_descriptor;
    qint64 m_number = 0;  // of the line
    qint64 m_refused = 0; // lines
};

} // namespace Pyvent::Cli

#endif
