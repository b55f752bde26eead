// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/program.h"

#include <QtCore/qfileinfo.h>
#include <QtTest>

using namespace PyventTests;
using namespace Qt::StringLiterals;

// The installed module in Qt's own runtime.
class tst_Runtime : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void hearsAnotherProcess()
    {
        if (IS_SANITIZED)
            QSKIP("Qt's 'qml' is not linked with the sanitizer that the module is built with.");
        const QString runtime = QStringLiteral(QML_RUNTIME);
        if (!QFileInfo(runtime).isExecutable())
            QSKIP("There is no 'qml' here (Debian: apt-get install qml-qt6).");
        const QString port = QString::number(freePort());
        Program qml(runtime, {u"-I"_s, QStringLiteral(QML_IMPORTS), QStringLiteral(QML_FILE), u"--"_s, port});
        QVERIFY2(qml.complains(u"ready"_s), qPrintable(qml.errors()));
        Program sender(QStringLiteral(PYVENT_PROGRAM),
                       {u"send"_s, u"order-food"_s, u"food=sushi"_s, u"count:=7"_s, u"--port"_s, port});
        QCOMPARE(sender.exitCode(), 0);
        QVERIFY2(qml.complains(u"7 sushi"_s), qPrintable(qml.errors()));
        QCOMPARE(qml.exitCode(), 7);
    }

    void initTestCase() { qputenv("QT_FORCE_STDERR_LOGGING", "1"); }
};

QTEST_MAIN(tst_Runtime)

#include "tst_runtime.moc"
