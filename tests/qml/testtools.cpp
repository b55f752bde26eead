// SPDX-License-Identifier: MIT
#include "testtools.h"

#include "support/freeport.h"

#include <QtCore/qurl.h>
#include <QtQml/qqmlengine.h>
#include <QtQml/qqmlerror.h>

using namespace Qt::StringLiterals;

namespace {

// The engine is there before the singleton of the engine is.
struct Heard
{
    QStringList warnings;
    TestTools *tools = nullptr;
};
Heard heard;

} // namespace

TestTools::TestTools(QObject *parent)
    : QObject(parent)
{
    heard.tools = this;
}

TestTools::~TestTools()
{
    heard.tools = nullptr;
}

void TestTools::listenTo(QQmlEngine *engine)
{
    QObject::connect(engine, &QQmlEngine::warnings, engine, [](const QList<QQmlError> &errors) {
        for (const QQmlError &error : errors)
            heard.warnings.append(
                u"%1:%2: %3"_s.arg(error.url().fileName(), QString::number(error.line()), error.description()));
        if (heard.tools)
            Q_EMIT heard.tools->warningsChanged();
    });
}

QStringList TestTools::warnings() const
{
    return heard.warnings;
}

void TestTools::forgetWarnings()
{
    heard.warnings.clear();
    Q_EMIT warningsChanged();
}

int TestTools::freePort()
{
    return PyventTests::freePort();
}
