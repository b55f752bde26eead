// SPDX-License-Identifier: MIT
#include "enginethread.h"

#include <atomic>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

namespace {

constexpr unsigned long patience = 5000; // milliseconds

std::atomic_bool someAreLeft = false;

} // namespace

EngineThread::EngineThread(std::unique_ptr<Engine> engine)
    : m_thread(new QThread)
    , m_engine(engine.release())
    , m_forgetsFor(m_engine->forgetsFor())
{
    m_thread->setObjectName(u"pyvent-engine"_s);
    m_engine->moveToThread(m_thread);
    connect(m_thread, &QThread::finished, m_engine, &QObject::deleteLater);
    connect(m_engine, &Engine::up, this, &EngineThread::up);
    connect(m_engine, &Engine::down, this, &EngineThread::down);
    connect(m_engine, &Engine::readingChanged, this, &EngineThread::readingChanged);
    connect(m_engine, &Engine::published, this, &EngineThread::published);
    connect(m_engine, &Engine::refused, this, &EngineThread::refused);
    connect(m_engine, &Engine::received, this, &EngineThread::received);
    connect(m_engine, &Engine::past, this, &EngineThread::past);
    connect(m_engine, &Engine::keepingChanged, this, &EngineThread::keepingChanged);
    connect(m_engine, &Engine::stored, this, &EngineThread::stored);
    connect(m_engine, &Engine::putDone, this, &EngineThread::putDone);
    connect(m_engine, &Engine::putRefused, this, &EngineThread::putRefused);
    connect(m_engine, &Engine::askedAgain, this, &EngineThread::askedAgain);
    connect(m_engine, &Engine::missedSome, this, &EngineThread::missedSome);
    connect(m_engine, &Engine::problem, this, &EngineThread::problem);
    m_thread->start();
}

EngineThread::~EngineThread()
{
    call([engine = m_engine] { engine->stop(); });
    call([] { QThread::currentThread()->quit(); });
    if (m_thread->wait(patience))
        delete m_thread;
    else
        someAreLeft = true;
}

bool EngineThread::hasLeftSome()
{
    return someAreLeft;
}

void EngineThread::start()
{
    call([engine = m_engine] { engine->start(); });
}

void EngineThread::stop()
{
    call([engine = m_engine] { engine->stop(); });
}

void EngineThread::setPast(const Engine::Past &past)
{
    call([engine = m_engine, past] { engine->setPast(past); });
}

void EngineThread::setReading(bool on)
{
    call([engine = m_engine, on] { engine->setReading(on); });
}

void EngineThread::publish(const QList<Engine::Publication> &publications)
{
    call([engine = m_engine, publications] { engine->publish(publications); });
}

void EngineThread::say(const QList<Engine::Publication> &publications)
{
    call([engine = m_engine, publications] { engine->say(publications); });
}

void EngineThread::setKeeping(bool on)
{
    call([engine = m_engine, on] { engine->setKeeping(on); });
}

void EngineThread::put(const QList<Engine::Put> &puts)
{
    call([engine = m_engine, puts] { engine->put(puts); });
}

void EngineThread::takenStored()
{
    call([engine = m_engine] { engine->takenStored(); });
}

void EngineThread::acknowledge(quint64 token)
{
    call([engine = m_engine, token] { engine->acknowledge(token); });
}

} // namespace Pyvent::Bridge
