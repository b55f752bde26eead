// SPDX-License-Identifier: MIT
#include "eventfile.h"

#include "eventline.h"
#include "linereader.h"
#include "report.h"

#include <cerrno>
#include <fcntl.h>
#include <unistd.h>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

constexpr qint64 mistakesTold = 10; // one by one

} // namespace

EventFile::EventFile(const QString &path)
    : m_name(path == "-"_L1 ? u"standard input"_s : u'\'' + path + u'\'')
    , m_descriptor(path == "-"_L1 ? STDIN_FILENO : ::open(path.toLocal8Bit().constData(), O_RDONLY | O_CLOEXEC))
{
    if (m_descriptor < 0)
        throw UsageError{u"--from-json cannot read %1: %2"_s.arg(m_name, qt_error_string(errno))};
}

EventFile::~EventFile()
{
    if (m_descriptor != STDIN_FILENO)
        ::close(m_descriptor);
}

ExitCode EventFile::sendTo(EventSender *events, const QString &sender)
{
    LineReader reader(m_descriptor, events->signals().descriptor());
    QByteArray line;
    EventSender::Result sent = EventSender::Done;
    while (sent == EventSender::Done) {
        if (!reader.isReady() && (sent = events->flush()) != EventSender::Done)
            break;
        switch (reader.next(&line)) {
        case LineReader::Result::Line:
            ++m_number;
            sent = sendLine(line, events, sender);
            break;
        case LineReader::Result::TooLong:
            ++m_number;
            refuse(u"it has more than %1 MiB"_s.arg(LineReader::longestLine >> 20));
            break;
        case LineReader::Result::Failed:
            report(u"cannot read %1: %2"_s.arg(m_name, qt_error_string(errno)));
            ++m_refused;
            return finish(events->finish());
        case LineReader::Result::Interrupted: // which flush() reports
        case LineReader::Result::End:
            return finish(events->finish());
        }
    }
    return finish(sent);
}

EventSender::Result EventFile::sendLine(const QByteArray &line, EventSender *events, const QString &sender)
{
    if (line.trimmed().isEmpty())
        return EventSender::Done;
    QString why;
    const std::optional<PyventEvent> event = eventToSend(line, &why);
    if (!event) {
        refuse(why);
        return EventSender::Done;
    }
    const EventSender::Result result =
        events->send(event->name, event->args, sender.isEmpty() ? event->sender : sender);
    if (result != EventSender::Refused)
        return result;
    refuse(u"the event was refused"_s);
    return EventSender::Done;
}

void EventFile::refuse(const QString &why)
{
    if (++m_refused <= mistakesTold)
        report(u"line %1 of %2 is not sent: %3"_s.arg(QString::number(m_number), m_name, why));
}

ExitCode EventFile::finish(EventSender::Result result)
{
    if (m_refused > mistakesTold)
        report(u"%1 lines of %2 were not sent"_s.arg(QString::number(m_refused), m_name));
    return result == EventSender::Done && m_refused > 0 ? Failed : exitCodeOf(result);
}

} // namespace Pyvent::Cli
