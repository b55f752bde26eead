// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_ENGINEPROBE_H
#define PYVENT_TESTS_ENGINEPROBE_H

#include "enginefactory.h"
#include "enginethread.h"
#include "support/waituntil.h"

#include <QtCore/qfile.h>
#include <QtCore/qlist.h>
#include <QtCore/qtemporarydir.h>

#include <algorithm>

namespace PyventTests {

// An engine, and all that it has said.
class EngineProbe : public QObject
{
    Q_OBJECT

public:
    explicit EngineProbe(const Pyvent::Bridge::EngineOptions &options, bool reads = true)
        : m_engine(make(options))
    {
        using namespace Pyvent::Bridge;
        connect(&m_engine, &EngineThread::up, this, [this](const QString &where, const QString &store) {
            ++ups;
            m_isUp = true;
            whereabouts = where;
            identity = store;
        });
        connect(&m_engine, &EngineThread::down, this, [this] { m_isUp = false; });
        connect(&m_engine, &EngineThread::readingChanged, this, [this](Engine::Reading now) { reading = now; });
        connect(&m_engine, &EngineThread::published, this, [this](const QList<quint64> &ids) { published += ids; });
        connect(&m_engine, &EngineThread::refused, this,
                [this](quint64 id, Engine::Refusal refusal, const QString &why) {
                    refusals += {id, refusal, why};
                });
        connect(&m_engine, &EngineThread::received, this, [this](const QList<Engine::Arrival> &now) {
            for (const Engine::Arrival &arrival : now)
                (arrival.isDirect ? direct : arrivals) += arrival;
            if (acknowledges)
                m_engine.acknowledge(now.last().token);
        });
        connect(&m_engine, &EngineThread::problem, this,
                [this](const QString &, const QString &text) { problems += text; });
        m_engine.setReading(reads);
        m_engine.start();
    }

    struct Refused
    {
        quint64 id;
        Pyvent::Bridge::Engine::Refusal refusal;
        QString why;
    };

    void setReading(bool on) { m_engine.setReading(on); }

    bool waitUntilUp()
    {
        return waitUntil([this] { return m_isUp; });
    }
    bool waitUntilReading()
    {
        return waitUntil([this] { return m_isUp && reading == Pyvent::Bridge::Engine::Reading::On; });
    }
    bool hasProblem(const QString &text)
    {
        return waitUntil([&] {
            return std::ranges::any_of(problems, [&](const QString &problem) { return problem.contains(text); });
        });
    }
    bool waitForPublished(qsizetype count)
    {
        return waitUntil([&] { return published.size() >= count; });
    }
    bool waitForArrivals(qsizetype count)
    {
        return waitUntil([&] { return arrivals.size() >= count; });
    }
    QStringList arrivedNames() const
    {
        QStringList names;
        for (const auto &arrival : arrivals)
            names += arrival.message.name;
        return names;
    }
    QList<quint64> arrivedNumbers() const
    {
        QList<quint64> numbers;
        for (const auto &arrival : arrivals)
            numbers += arrival.message.number;
        return numbers;
    }

    void publish(const QList<Pyvent::Bridge::Message> &messages)
    {
        QList<Pyvent::Bridge::Engine::Publication> publications;
        for (const Pyvent::Bridge::Message &message : messages)
            publications += {++m_id, message};
        m_engine.publish(publications);
    }

    Pyvent::Bridge::EngineThread &engine() { return m_engine; }
    bool isUp() const { return m_isUp; }

    int ups = 0;
    bool acknowledges = true;
    QString whereabouts;
    QString identity;
    Pyvent::Bridge::Engine::Reading reading = Pyvent::Bridge::Engine::Reading::Off;
    QList<quint64> published;
    QList<Refused> refusals;
    QList<Pyvent::Bridge::Engine::Arrival> arrivals; // from the engine's store
    QList<Pyvent::Bridge::Engine::Arrival> direct;   // past it
    QStringList problems;

private:
    static std::unique_ptr<Pyvent::Bridge::Engine> make(const Pyvent::Bridge::EngineOptions &options)
    {
        QString why;
        auto engine = Pyvent::Bridge::makeEngine(options, &why);
        if (!engine)
            qFatal("%s", qPrintable(why));
        return engine;
    }

    Pyvent::Bridge::EngineThread m_engine;
    bool m_isUp = false;
    quint64 m_id = 0;
};

// One that has the name of \a bus on the server at \a port of this machine.
inline Pyvent::Bridge::EngineOptions engineOptions(Pyvent::Bridge::Dialect dialect, int port,
                                                   const QString &bus = QStringLiteral("harbour"))
{
    return {.dialect = dialect,
            .servers = {{QStringLiteral("127.0.0.1"), port}},
            .prefix = QStringLiteral("house"),
            .bus = bus};
}

inline Pyvent::Bridge::Message testMessage(const QUuid &node, quint64 number,
                                           const QString &name = QStringLiteral("order-food"))
{
    return {.name = name,
            .sender = QStringLiteral("pyvent.till"),
            .node = node,
            .number = number,
            .time = 1'700'000'000'000'000,
            .bus = "elsewhere",
            .payload = QByteArray::number(number)};
}

// A file of a secret, which nobody else reads.
inline QString writeSecret(const QTemporaryDir &folder, const QString &name, const QByteArray &content,
                           QFile::Permissions permissions = QFile::ReadOwner | QFile::WriteOwner)
{
    QFile file(folder.filePath(name));
    if (!file.open(QIODevice::WriteOnly) || file.write(content) < 0)
        qFatal("no file");
    file.setPermissions(permissions);
    return file.fileName();
}

} // namespace PyventTests

#endif
