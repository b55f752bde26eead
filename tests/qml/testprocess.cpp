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
    , m_process(PyventTests::ChildProcess::Errors::Kept)
{
    using PyventTests::ChildProcess;
    connect(&m_process, &ChildProcess::outputChanged, this, &TestProcess::outputChanged);
    connect(&m_process, &ChildProcess::errorsChanged, this, &TestProcess::errorsChanged);
    connect(&m_process, &ChildProcess::ended, this, [this] {
        m_exitCode = m_process.exitCode();
        Q_EMIT ended();
    });
}

void TestProcess::pyvent(const QVariantList &arguments)
{
    m_process.start(QStringLiteral(PYVENT_PROGRAM), textOf(arguments));
}

void TestProcess::python(const QVariantList &arguments)
{
    m_process.start(QStringLiteral(PYTHON_PROGRAM), QStringList(QStringLiteral(PYTHON_PEER)) + textOf(arguments));
}

void TestProcess::pythonNode()
{
    m_process.start(QStringLiteral(PYTHON_PROGRAM), {QStringLiteral(PYTHON_NODE)});
}

void TestProcess::qtNode()
{
    m_process.start(QStringLiteral(QT_NODE), {});
}

void TestProcess::order(const QVariantMap &command)
{
    QJsonObject object = QJsonObject::fromVariantMap(command);
    object.insert(u"n"_s, ++m_orders);
    m_process.writeLine(QJsonDocument(object).toJson(QJsonDocument::Compact));
}
