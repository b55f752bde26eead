// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_QML_TESTPROCESS_H
#define PYVENT_TESTS_QML_TESTPROCESS_H

#include "support/childprocess.h"

#include <QtCore/qvariant.h>
#include <QtQml/qqmlregistration.h>

// Another process on the bus. It is killed with this.
class TestProcess : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString output READ output NOTIFY outputChanged FINAL)
    Q_PROPERTY(QString errors READ errors NOTIFY errorsChanged FINAL)
    Q_PROPERTY(QVariant exitCode READ exitCode NOTIFY ended FINAL)
    QML_ELEMENT

public:
    explicit TestProcess(QObject *parent = nullptr);

    // The command line of this project.
    Q_INVOKABLE void pyvent(const QVariantList &arguments);
    // tests/cli/peer.py: no more than Python's protocol.
    Q_INVOKABLE void python(const QVariantList &arguments);
    // Nodes that take orders as lines of JSON, see tests/interop/peerprocess.h.
    Q_INVOKABLE void pythonNode();
    Q_INVOKABLE void qtNode();
    Q_INVOKABLE void order(const QVariantMap &command);

    QString output() const { return m_process.output(); }
    QString errors() const { return m_process.errors(); }
    // Null while it runs.
    QVariant exitCode() const { return m_exitCode; }

Q_SIGNALS:
    void outputChanged();
    void errorsChanged();
    void ended();

private:
    PyventTests::ChildProcess m_process;
    QVariant m_exitCode;
    int m_orders = 0;
};

#endif
