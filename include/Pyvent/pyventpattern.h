// SPDX-License-Identifier: MIT
#ifndef PYVENTPATTERN_H
#define PYVENTPATTERN_H

#include "pyventglobal.h"

#include <QtCore/qanystringview.h>
#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>

/*!
    An event's name, or a glob that stands for many names: '*' in it stands for any number of characters, '?' for one.
    PyventNode::on() and all functions that hear events compare names in this way. Upper and lower case differ, nothing
    but '*' and '?' has a meaning of its own, and a character outside of Unicode's first 65,536, which takes two code
    units of UTF-16, is one character.
    \code
    const PyventPattern orders("order-*");
    orders.matches(u"order-food"); // true
    \endcode

    A value: its functions are reentrant.
*/
class PYVENT_EXPORT PyventPattern
{
public:
    /*! The empty pattern, which is not valid. */
    PyventPattern() = default;
    PyventPattern(const QString &text)
        : m_text(text)
    {
    }
    template <typename String>
    requires(!std::is_convertible_v<const String &, QString> && std::is_convertible_v<const String &, QAnyStringView>)
        PyventPattern(const String &text)
        : m_text(QAnyStringView(text).toString())
    {
    }

    /*! The pattern as it was given. */
    const QString &text() const noexcept { return m_text; }

    /*! Whether it has '*' or '?', and so stands for many names. */
    bool isGlob() const noexcept;

    /*! Whether PyventNode::on() takes it: a name as PyventNode::send() takes it, or a glob. */
    bool isValid() const { return whyInvalid().isEmpty(); }

    /*! Why it is not valid, for people: "an event's name cannot be empty". Empty if it is valid. */
    QString whyInvalid() const;

    /*!
        Whether the whole \a name fits. Only characters are compared, so that the names of senders can be, too, whether the
        pattern is valid or not. Takes time in proportion to the product of both lengths at worst.
    */
    bool matches(QStringView name) const noexcept;

    /*! What every name that fits begins with: all before the first '*' or '?'. */
    QString prefix() const;

    friend bool operator==(const PyventPattern &, const PyventPattern &) = default;

private:
    QString m_text;
};

Q_DECLARE_TYPEINFO(PyventPattern, Q_RELOCATABLE_TYPE);
Q_DECLARE_METATYPE(PyventPattern)

#endif
