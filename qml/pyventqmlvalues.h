// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_PYVENTQMLVALUES_H
#define PYVENT_QML_PYVENTQMLVALUES_H

#include <PyventError>
#include <PyventEvent>
#include <PyventNodeInfo>

#include <QtCore/qvariant.h>
#include <QtQml/qqmlregistration.h>

namespace Pyvent::Qml {

// What a node says of itself as an object of JavaScript's, with the roles of PyventNodeModel as its properties, but for "since".
QVariantMap nodeToQml(const PyventNodeInfo &node);

} // namespace Pyvent::Qml

/*! A PyventEvent as JavaScript can use it: the arguments as JavaScript's values, and null for what a Python node does
    not tell. */
class PyventQmlEvent
{
    Q_GADGET
    Q_PROPERTY(QString name MEMBER m_name CONSTANT FINAL)
    Q_PROPERTY(QString sender MEMBER m_sender CONSTANT FINAL)
    Q_PROPERTY(QVariantMap args MEMBER m_args CONSTANT FINAL)
    Q_PROPERTY(QVariant node MEMBER m_node CONSTANT FINAL)
    Q_PROPERTY(QVariant sequence MEMBER m_sequence CONSTANT FINAL)
    Q_PROPERTY(QVariant time MEMBER m_time CONSTANT FINAL)
    Q_PROPERTY(bool replayed MEMBER m_isReplayed CONSTANT FINAL)
    Q_PROPERTY(double skipped MEMBER m_skipped CONSTANT FINAL)
    Q_PROPERTY(bool redelivered MEMBER m_isRedelivered CONSTANT FINAL)
    QML_VALUE_TYPE(pyventEvent)

public:
    PyventQmlEvent() = default;
    explicit PyventQmlEvent(const PyventEvent &event);

    const QVariantMap &args() const { return m_args; }

    static QVariant nodeOf(const PyventEvent &event);
    static QVariant sequenceOf(const PyventEvent &event);
    static QVariant timeOf(const PyventEvent &event);

private:
    QString m_name;
    QString m_sender;
    QVariantMap m_args;
    QVariant m_node = QVariant::fromValue(nullptr);
    QVariant m_sequence = QVariant::fromValue(nullptr);
    QVariant m_time = QVariant::fromValue(nullptr);
    bool m_isReplayed = false;
    double m_skipped = 0;
    bool m_isRedelivered = false;
};

/*! A PyventError. Its codes are enumerators of the element: error.code === Pyvent.PortTaken. */
class PyventQmlError
{
    Q_GADGET
    Q_PROPERTY(int code MEMBER m_code CONSTANT FINAL)
    Q_PROPERTY(QString text MEMBER m_text CONSTANT FINAL)
    Q_PROPERTY(QString subject MEMBER m_subject CONSTANT FINAL)
    QML_VALUE_TYPE(pyventError)

public:
    PyventQmlError() = default;
    explicit PyventQmlError(const PyventError &error);

private:
    int m_code = 0;
    QString m_text;
    QString m_subject;
};

Q_DECLARE_METATYPE(PyventQmlEvent)
Q_DECLARE_METATYPE(PyventQmlError)

#endif
