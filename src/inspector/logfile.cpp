// SPDX-License-Identifier: MIT
#include "logfile.h"

#include "eventline.h"
#include "linereader.h"

#include <QtConcurrent/qtconcurrentrun.h>
#include <QtCore/qdir.h>
#include <QtCore/qfile.h>
#include <QtCore/qlocale.h>
#include <QtCore/qsavefile.h>

#include <cerrno>
#include <optional>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

constexpr qsizetype linesBetweenProgress = 2000;

int thousandths(qint64 part, qint64 whole)
{
    return whole <= 0 ? 1000 : int(double(part) / double(whole) * 1000);
}

QString nativePath(const QString &path)
{
    return QDir::toNativeSeparators(path);
}

// The lines that are no events: how many there are, and what is wrong with the first.
class Omissions
{
public:
    void note(qsizetype number, bool isCutOff, const QString &why)
    {
        if (m_count++ > 0)
            return;
        m_number = number;
        m_isCutOff = isCutOff;
        m_why = why;
    }

    bool isEmpty() const { return m_count == 0; }

    QString text() const
    {
        if (m_count == 0)
            return {};
        const QLocale locale;
        const QString number = locale.toString(m_number);
        if (m_count > 1) {
            return u"%1 lines are no events and were left out. The first is line %2: %3."_s.arg(
                locale.toString(m_count), number, m_why);
        }
        return m_isCutOff ? u"Its last line, %1, is cut off and was left out: %2."_s.arg(number, m_why)
                          : u"Line %1 is no event and was left out: %2."_s.arg(number, m_why);
    }

private:
    qsizetype m_count = 0;
    qsizetype m_number = 0;
    bool m_isCutOff = false;
    QString m_why = {};
};

// Puts the event that \a line is into \a store. An empty line is none, and no mistake either: then \a why stays empty.
bool takeLine(QByteArrayView line, EventStore *store, QString *why)
{
    while (line.endsWith('\r'))
        line.chop(1);
    if (line.trimmed().isEmpty())
        return false;
    const std::optional<PyventEvent> event = eventFromJson(line, why);
    if (event)
        store->append(*event, QDateTime());
    return event.has_value();
}

} // namespace

LogResult readLog(const QString &path, qsizetype maximum, const Progress &progress)
{
    LogResult result;
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) {
        result.error = u"'%1' cannot be read: %2"_s.arg(nativePath(path), file.errorString());
        return result;
    }
    auto store = std::make_shared<EventStore>();
    store->setMaximum(maximum);
    Omissions omissions;
    qsizetype number = 0;
    QByteArray line;
    LineReader reader(file.handle(), LineReader::nothing);
    auto read = LineReader::Result::Line;
    while ((read = reader.next(&line)) == LineReader::Result::Line || read == LineReader::Result::TooLong) {
        ++number;
        QString why;
        if (read == LineReader::Result::TooLong)
            why = u"it has more than %1 MiB"_s.arg(LineReader::longestLine >> 20);
        else if (takeLine(line, store.get(), &why))
            ++result.count;
        if (!why.isEmpty())
            omissions.note(number, reader.isUnended(), why);
        if (const qsizetype excess = store->excess(); excess > 0) {
            store->removeOldest(excess);
            result.dropped += excess;
        }
        if (number % linesBetweenProgress == 0 && !progress(thousandths(reader.position(), file.size())))
            return result;
    }
    if (read == LineReader::Result::Failed)
        result.error = u"'%1' cannot be read: %2"_s.arg(nativePath(path), qt_error_string(errno));
    else if (result.count == 0 && !omissions.isEmpty())
        result.error = u"'%1' is no log of events: %2"_s.arg(nativePath(path), omissions.text());
    else
        result.store = store;
    result.omitted = omissions.text();
    return result;
}

LogResult writeLog(const QString &path, const EventStore &store, const Progress &progress)
{
    LogResult result;
    QSaveFile file(path);
    bool isWritten = file.open(QIODevice::WriteOnly);
    for (Serial serial = store.begin(); isWritten && serial < store.end(); ++serial) {
        const QByteArray line = store.jsonLine(serial) + '\n';
        isWritten = file.write(line) == line.size();
        ++result.count;
        if (result.count % linesBetweenProgress == 0 && !progress(thousandths(result.count, store.count()))) {
            file.cancelWriting();
            return result;
        }
    }
    if (!isWritten || !file.commit())
        result.error = u"'%1' cannot be written: %2"_s.arg(nativePath(path), file.errorString());
    return result;
}

LogFile::LogFile(QObject *parent)
    : QObject(parent)
    , m_watcher()
{
    connect(&m_watcher, &QFutureWatcherBase::progressValueChanged, this, &LogFile::progressed);
    connect(&m_watcher, &QFutureWatcherBase::finished, this, &LogFile::finish);
}

LogFile::~LogFile()
{
    cancel();
    m_watcher.waitForFinished();
}

void LogFile::run(const QString &path, bool isReading, const std::function<LogResult(const Progress &)> &work)
{
    m_path = path;
    m_isReading = isReading;
    m_watcher.setFuture(QtConcurrent::run([work](QPromise<LogResult> &promise) {
        promise.setProgressRange(0, 1000);
        const auto progress = [&promise](int part) {
            promise.setProgressValue(part);
            return !promise.isCanceled();
        };
        promise.addResult(work(progress));
    }));
}

void LogFile::read(const QString &path, qsizetype maximum)
{
    run(path, true, [path, maximum](const Progress &progress) { return readLog(path, maximum, progress); });
}

void LogFile::write(const QString &path, const EventStore &store)
{
    run(path, false, [path, store](const Progress &progress) { return writeLog(path, store, progress); });
}

void LogFile::cancel()
{
    m_watcher.cancel();
}

void LogFile::finish()
{
    const QFuture<LogResult> future = m_watcher.future();
    if (future.isCanceled() || future.resultCount() == 0) {
        Q_EMIT canceled();
        return;
    }
    const LogResult result = future.result();
    if (m_isReading)
        Q_EMIT wasRead(m_path, result);
    else
        Q_EMIT wasWritten(m_path, result);
}

} // namespace Pyvent::Inspector
