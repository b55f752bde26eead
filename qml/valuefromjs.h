// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_VALUEFROMJS_H
#define PYVENT_QML_VALUEFROMJS_H

#include <QtCore/qstringlist.h>
#include <QtCore/qvariant.h>
#include <QtQml/qjsvalue.h>

class QJSEngine;

namespace Pyvent::Qml {

// Turns JavaScript values into values that can be sent. What cannot be sent is refused with the place where it stands,
// and not sent as something else. The table is in README.md.
class ValueFromJs
{
public:
    explicit ValueFromJs(QJSEngine *engine);

    // The keyword arguments of an event. False, with problem(), if \a value holds what cannot be sent.
    bool readArguments(const QJSValue &value, QVariantMap *arguments);

    // "the argument table.guests[2] is a function"; empty if there is none.
    const QString &problem() const { return m_problem; }

private:
    class Place; // within an object or array

    bool read(const QJSValue &value, QVariant *result);
    bool readVariant(const QVariant &value, QVariant *result);
    bool readObject(const QJSValue &object, QVariant *result);
    bool readProperties(const QJSValue &object, QVariantMap *result);
    bool readArray(const QJSValue &array, QVariantList *result);
    bool readSet(const QJSValue &set, QVariant *result);
    bool readMap(const QJSValue &map, QVariant *result);
    bool readTypedArray(const QJSValue &array, const QString &kind, QVariant *result);
    QString kindOf(const QJSValue &object) const;
    QJSValue arrayFrom(const QJSValue &iterable) const;
    bool refuse(const QString &what);

    QJSEngine *m_engine;
    QJSValue m_objectPrototype;
    QStringList m_path;
    QString m_problem;
};

} // namespace Pyvent::Qml

#endif
