// SPDX-License-Identifier: MIT
#include "testprocess.h"

#include <QtCore/qjsondocument.h>
#include <QtCore/qjsonobject.h>

using namespace Qt::StringLiterals;

namespace {

QStringList textOf(const QVariantList &arguments)
{
    QStringList texts;
    for (const QVariant &argument : arguments)
        texts.append(argument.toString());
    return texts;
}

} // namespace

TestProcess::TestProcess(QObject *parent)
    : QObject(parent)
    , m_process()
    , m_output()
    , m_errors()
{
    connect(&m_process, &QProcess::readyReadStandardOutput, this, [this] {
        m_output += m_process.readAllStandardOutput();
        Q_EMIT outputChanged();
    });
    connect(&m_process, &QProcess::readyReadStandardError, this, [this] {
        m_errors += m_process.readAllStandardError();
        Q_EMIT outputChanged();
    });
    connect(&m_process, &QProcess::finished, this,
            [this](int code, QProcess::ExitStatus status) { end(status == QProcess::NormalExit ? code : -2); });
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            end(-2);
    });
}

TestProcess::~TestProcess()
{
    m_process.disconnect(this);
    m_process.kill();
    m_process.waitForFinished(20'000);
}

void TestProcess::pyvent(const QVariantList &arguments)
{
    start(QStringLiteral(PYVENT_PROGRAM), textOf(arguments));
}

void TestProcess::python(const QVariantList &arguments)
{
    start(QStringLiteral(PYTHON_PROGRAM), QStringList(QStringLiteral(PYTHON_PEER)) + textOf(arguments));
}

void TestProcess::pythonNode()
{
    start(QStringLiteral(PYTHON_PROGRAM), {QStringLiteral(PYTHON_NODE)});
}

void TestProcess::qtNode()
{
    start(QStringLiteral(QT_NODE), {});
}

void TestProcess::order(const QVariantMap &command)
{
    QJsonObject object = QJsonObject::fromVariantMap(command);
    object.insert(u"n"_s, ++m_orders);
    m_process.write(QJsonDocument(object).toJson(QJsonDocument::Compact) + '\n');
}

void TestProcess::start(const QString &program, const QStringList &arguments)
{
    m_process.start(program, arguments);
}

void TestProcess::end(int exitCode)
{
    m_exitCode = exitCode;
    Q_EMIT finished();
}
