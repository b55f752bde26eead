// SPDX-License-Identifier: MIT
#include "commandreader.h"

#include <QtCore/qjsondocument.h>

#include <unistd.h>

#include <cerrno>

namespace PyventTests {

CommandReader::CommandReader(QObject *parent)
    : QObject(parent)
    , m_notifier(STDIN_FILENO, QSocketNotifier::Read)
{
    connect(&m_notifier, &QSocketNotifier::activated, this, &CommandReader::readyRead);
}

bool CommandReader::read()
{
    char bytes[4096];
    ssize_t count;
    do {
        count = ::read(STDIN_FILENO, bytes, sizeof bytes);
    } while (count < 0 && errno == EINTR);
    if (count <= 0)
        return false;
    m_buffer.append(bytes, qsizetype(count));
    return true;
}

bool CommandReader::takeCommand(QJsonObject *command)
{
    const qsizetype end = m_buffer.indexOf('\n');
    if (end < 0)
        return false;
    *command = QJsonDocument::fromJson(m_buffer.first(end)).object();
    m_buffer.remove(0, end + 1);
    return true;
}

void CommandReader::readyRead()
{
    if (!read()) {
        m_notifier.setEnabled(false);
        Q_EMIT finished();
        return;
    }
    QJsonObject command;
    while (takeCommand(&command))
        Q_EMIT commandRead(command);
}

QJsonObject CommandReader::waitForCommand()
{
    QJsonObject command;
    while (!takeCommand(&command)) {
        if (!read())
            return {};
    }
    return command;
}

} // namespace PyventTests
