// SPDX-License-Identifier: MIT
#include "testtools.h"

#include <QtQml/qqmlengine.h>
#include <QtQuickTest/quicktest.h>

// What each test file's engine needs.
class Setup : public QObject
{
    Q_OBJECT

public Q_SLOTS:
    void qmlEngineAvailable(QQmlEngine *engine)
    {
        engine->addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
        engine->addImportPath(QStringLiteral("qrc:/qt/qml"));
        TestTools::listenTo(engine);
    }
};

QUICK_TEST_MAIN_WITH_SETUP(qml, Setup)

#include "main.moc"
