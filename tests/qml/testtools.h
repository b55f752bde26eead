// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_QML_TESTTOOLS_H
#define PYVENT_TESTS_QML_TESTTOOLS_H

#include <QtCore/qobject.h>
#include <QtCore/qstringlist.h>
#include <QtCore/qvariant.h>
#include <QtQml/qqmlregistration.h>

class QQmlEngine;

// What tests need and QML does not have.
class TestTools : public QObject
{
    Q_OBJECT
    Q_PROPERTY(QStringList warnings READ warnings NOTIFY warningsChanged FINAL)
    QML_ELEMENT
    QML_SINGLETON

public:
    explicit TestTools(QObject *parent = nullptr);
    ~TestTools() override;

    // Takes down the warnings of this engine from now on.
    static void listenTo(QQmlEngine *engine);

    // QML's warnings since forgetWarnings(), as "File.qml:2: text".
    QStringList warnings() const;
    Q_INVOKABLE void forgetWarnings();

    // A port that is free, and the next one, too.
    Q_INVOKABLE int freePort();

    // The name of a value's type in C++, and the bytes of an ArrayBuffer in hexadecimal.
    Q_INVOKABLE QString typeOf(const QVariant &value) const { return QString::fromLatin1(value.typeName()); }
    Q_INVOKABLE QString hex(const QByteArray &bytes) const { return QString::fromLatin1(bytes.toHex()); }

Q_SIGNALS:
    void warningsChanged();
};

#endif
