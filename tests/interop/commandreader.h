// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_COMMANDREADER_H
#define PYVENT_TESTS_COMMANDREADER_H

#include <QtCore/qjsonobject.h>
#include <QtCore/qobject.h>
#include <QtCore/qsocketnotifier.h>

namespace PyventTests {

// Reads commands, one JSON object a line, from stdin without blocking the event loop.
class CommandReader : public QObject
{
    Q_OBJECT

public:
    explicit CommandReader(QObject *parent = nullptr);

    // Blocks, the event loop included, until the next command is there. Empty at the end of stdin.
    QJsonObject waitForCommand();

Q_SIGNALS:
    void commandRead(const QJsonObject &command);
    void finished(); // stdin has ended: whoever gave the commands is gone

private:
    bool read(); // false at the end
    bool takeCommand(QJsonObject *command);
    void readyRead();

    QSocketNotifier m_notifier;
    QByteArray m_buffer;
};

} // namespace PyventTests

#endif
