// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_QML_TESTPROCESS_H
#define PYVENT_TESTS_QML_TESTPROCESS_H

#include <QtCore/qprocess.h>
#include <QtCore/qvariant.h>
#include <QtQml/qqmlregistration.h>

// Another process on the bus. It is killed with this.
class TestProcess : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QString output READ output NOTIFY outputChanged FINAL)
    Q_PROPERTY(QString errors READ errors NOTIFY outputChanged FINAL)
    Q_PROPERTY(int exitCode READ exitCode NOTIFY finished FINAL)
    QML_ELEMENT

public:
    explicit TestProcess(QObject *parent = nullptr);
    ~TestProcess() override;

    // The command line of this project.
    Q_INVOKABLE void pyvent(const QVariantList &arguments);
    // tests/cli/peer.py: no more than Python's protocol.
    Q_INVOKABLE void python(const QVariantList &arguments);
    // Nodes that take orders as lines of JSON, see tests/interop/peerprocess.h.
    Q_INVOKABLE void pythonNode();
    Q_INVOKABLE void qtNode();
    Q_INVOKABLE void order(const QVariantMap &command);

    QString output() const { return QString::fromUtf8(m_output); }
    QString errors() const { return QString::fromUtf8(m_errors); }
    // -1 while it runs, -2 if it crashed or did not start.
    int exitCode() const { return m_exitCode; }

Q_SIGNALS:
    void outputChanged();
    void finished();

private:
    void start(const QString &program, const QStringList &arguments);
    void end(int exitCode);

    QProcess m_process;
    QByteArray m_output;
    QByteArray m_errors;
    int m_exitCode = -1;
    int m_orders = 0;
};

#endif
