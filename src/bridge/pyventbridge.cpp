// SPDX-License-Identifier: MIT
#include "pyventbridge.h"

#include "bridge.h"
#include "enginefactory.h"
#include "metrics.h"
#include "nodebusend.h"

#include <QtCore/qeventloop.h>
#include <QtCore/qtimer.h>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;

namespace {

// For what the engine's library does at the end.
constexpr std::chrono::milliseconds patienceAtTheEnd = std::chrono::seconds(2);

QString whyNotNames(const QStringList &names)
{
    for (const QString &name : names) {
        if (const QString why = PyventPattern(name).whyInvalid(); !why.isEmpty())
            return u"'%1' is no name of events: %2"_s.arg(name, why);
    }
    return {};
}

QList<PyventPattern> patterns(const QStringList &names)
{
    return {names.cbegin(), names.cend()};
}

// Returns what is wrong with \a options, for people; empty if nothing is.
QString read(const PyventBridgeOptions &options, const PyventOptions &bus, const PyventNode &node,
             BridgeOptions *result)
{
    EngineOptions &engine = result->engine;
    if (const QString why = readUrls(options.engine, &engine); !why.isEmpty())
        return why;
    engine.prefix = options.prefix;
    engine.bus = options.bus.isEmpty() ? defaultBus(node.address(), node.port()) : options.bus;
    if (options.prefix.isEmpty())
        return u"a prefix is missing, the same for all buses that are to be one: --prefix NAME"_s;
    if (const QString why = whyNotAPrefix(engine.prefix, engine.dialect); !why.isEmpty())
        return why;
    if (const QString why = whyNotABus(engine.bus); !why.isEmpty())
        return why;
    engine.user = options.user;
    engine.passwordFile = options.passwordFile;
    engine.credentialsFile = options.credentialsFile;
    engine.nkeyFile = options.nkeyFile;
    engine.caFile = options.caFile;
    engine.certificateFile = options.certificateFile;
    engine.keyFile = options.keyFile;
    engine.keep = options.keep;
    engine.keepBytes = options.keepBytes;
    engine.hasValues = options.values;
    if (const QString why = whyNotTogether(engine); !why.isEmpty())
        return why;
    for (const QStringList *names : {&options.names, &options.namesIn, &options.namesOut}) {
        if (const QString why = whyNotNames(*names); !why.isEmpty())
            return why;
    }
    result->in = patterns(options.names + options.namesIn);
    result->out = patterns(options.names + options.namesOut);
    const bool isChosen = !result->in.isEmpty() || !result->out.isEmpty();
    result->carriesIn = !isChosen || !result->in.isEmpty();
    result->carriesOut = !isChosen || !result->out.isEmpty();
    result->asJson = options.json;
    result->spoolFolder = options.spoolFolder;
    result->spoolLimit = options.spoolBytes;
    result->past = {bus.replayEvents, bus.replayBytes, bus.replayAge};
    result->linger = options.linger;
    return {};
}

} // namespace

class PyventBridge::Private
{
public:
    Private(PyventBridge *self, const PyventBridgeOptions &givenOptions, const PyventOptions &bus)
        : options(givenOptions)
        , busOptions(bus)
        , end(bus)
        , q(self)
    {
    }

    bool refuse(const QString &why, bool areOptionsWrong = false)
    {
        whyNot = why;
        hasWrongOptions = areOptionsWrong;
        return false;
    }
    void update()
    {
        const BridgeStatus status = bridge ? bridge->status() : BridgeStatus();
        const State now = !bridge || isStopped ? Stopped
            : !status.isUp                     ? Connecting
            : status.isActive                  ? Working
                                               : StandingBy;
        if (std::exchange(state, now) != now)
            Q_EMIT q->stateChanged(now);
        Q_EMIT q->statusChanged();
    }

    const PyventBridgeOptions options;
    const PyventOptions busOptions;
    NodeBusEnd end;
    std::unique_ptr<Bridge> bridge;
    QString whyNot;
    bool hasWrongOptions = false;
    State state = Stopped;
    bool isStopped = false;
    PyventBridge *const q;
};

PyventBridge::PyventBridge(const PyventBridgeOptions &options, const PyventOptions &bus, QObject *parent)
    : QObject(parent)
    , d(std::make_unique<Private>(this, options, bus))
{
}

PyventBridge::~PyventBridge()
{
    if (!d->bridge || d->isStopped)
        return;
    QEventLoop loop;
    QTimer::singleShot(d->options.linger + patienceAtTheEnd, &loop, &QEventLoop::quit);
    disconnect(d->bridge.get(), nullptr, this, nullptr);
    connect(d->bridge.get(), &Bridge::finished, &loop, &QEventLoop::quit, Qt::QueuedConnection);
    d->bridge->stop();
    loop.exec(QEventLoop::ExcludeUserInputEvents);
    d->end.stop();
}

bool PyventBridge::start()
{
    if (d->bridge && !d->isStopped)
        return true;
    BridgeOptions options;
    if (const QString why = read(d->options, d->busOptions, *d->end.node(), &options); !why.isEmpty())
        return d->refuse(why, true);
    QString why;
    auto engine = makeEngine(options.engine, &why);
    if (!engine)
        return d->refuse(why, true);
    if (why = d->end.start(); !why.isEmpty())
        return d->refuse(why);
    d->isStopped = false;
    d->bridge = std::make_unique<Bridge>(&d->end, std::move(engine), options);
    Bridge *const bridge = d->bridge.get();
    connect(bridge, &Bridge::problem, this, &PyventBridge::problem);
    connect(bridge, &Bridge::notice, this, &PyventBridge::notice);
    connect(bridge, &Bridge::changed, this, [this] { d->update(); });
    connect(bridge, &Bridge::finished, this, [this] {
        d->isStopped = true;
        d->end.stop();
        d->update();
        Q_EMIT finished();
    });
    if (why = bridge->start(); !why.isEmpty()) {
        d->bridge.reset();
        d->end.stop();
        return d->refuse(why);
    }
    d->update();
    return true;
}

QString PyventBridge::whyNot() const
{
    return d->whyNot;
}

bool PyventBridge::hasWrongOptions() const
{
    return d->hasWrongOptions;
}

void PyventBridge::stop()
{
    if (d->bridge)
        d->bridge->stop();
}

PyventBridge::State PyventBridge::state() const
{
    return d->state;
}

qsizetype PyventBridge::waiting() const
{
    return d->bridge ? d->bridge->status().waiting : 0;
}

QString PyventBridge::statusText() const
{
    return d->bridge && !d->isStopped ? statusLine(d->bridge->status()) : u"is stopped"_s;
}

QByteArray PyventBridge::metrics() const
{
    return metricsText(d->bridge ? d->bridge->status() : BridgeStatus());
}

PyventNode *PyventBridge::node() const
{
    return d->end.node();
}
