// SPDX-License-Identifier: MIT
#ifndef PYVENTPARAMETER_H
#define PYVENTPARAMETER_H

#include "pyventconversion.h"
#include "pyventglobal.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qlist.h>
#include <QtCore/qvariant.h>

#include <optional>

/*!
    A keyword parameter of a handler: its name and, if it may be missing, its default. Written as in Python's
    def order(food, drink='water'):
    \code
    node.on("order-food", {"food", {"drink", "water"}}, this, [](const QString &food, const QString &drink) {});
    \endcode
    The names "sender" and "signal" bind to the event's sender and name if it has no such argument, as in Python.
*/
class PyventParameter
{
public:
    template <typename String>
    requires std::is_convertible_v<const String &, QAnyStringView> PyventParameter(const String &name)
        : m_name(QAnyStringView(name).toString())
    {
    }
    template <typename String, typename Value>
    requires std::is_convertible_v<const String &, QAnyStringView> PyventParameter(const String &name,
                                                                                   const Value &defaultValue)
        : m_name(QAnyStringView(name).toString())
        , m_default(toVariant(defaultValue))
    {
    }

    QString name() const { return m_name; }
    bool hasDefault() const noexcept { return m_default.has_value(); }
    QVariant defaultValue() const { return m_default.value_or(QVariant()); }

private:
    template <typename Value>
    static QVariant toVariant(const Value &value)
    {
        if constexpr (std::is_same_v<Value, QVariant>)
            return value;
        else if constexpr (std::is_convertible_v<const Value &, QAnyStringView>)
            return QAnyStringView(value).toString();
        else if constexpr (PyventBinding::Structured<Value> && !QMetaTypeId2<Value>::Defined)
            return PyventBinding::valueOf(value);
        else
            return QVariant::fromValue(value);
    }

    QString m_name;
    std::optional<QVariant> m_default;
};

using PyventParameters = QList<PyventParameter>;

#endif
