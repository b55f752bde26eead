// SPDX-License-Identifier: MIT
#ifndef PYVENTANSWER_H
#define PYVENTANSWER_H

#include "pyventconversion.h"

#include <QtCore/qmetatype.h>
#include <QtCore/qstring.h>
#include <QtCore/quuid.h>
#include <QtCore/qvariant.h>

#include <chrono>
#include <concepts>
#include <exception>

/*! Why a question has no value for an answer. */
struct PYVENT_EXPORT PyventAskError
{
    Q_GADGET
    Q_PROPERTY(Kind kind MEMBER kind)
    Q_PROPERTY(QString text MEMBER text)

public:
    enum Kind {
        NoError,       /*!< There is a value. */
        Refused,       /*!< The answerer gave an error instead of a value: text has it. */
        NobodyAnswers, /*!< Nobody answers questions of this name. Only a server of this module knows that. */
        TimedOut,      /*!< No answer came in time. */
        Stopped,       /*!< The asking node has stopped, or has ended. */
        AnswererLost, /*!< The question's answerers have left the bus, or have stopped to answer, before they had an answer. */
        NotSent /*!< The question was not sent: its name, arguments or size were refused, or the server's rules forbid it. */
    };
    Q_ENUM(Kind)

    Kind kind = NoError;
    QString text; /*!< For people. */

    explicit operator bool() const noexcept { return kind != NoError; }
    friend bool operator==(const PyventAskError &, const PyventAskError &) = default;
};

/*!
    What a function that answers questions returns, or throws, instead of a value: the asker has PyventAskError::Refused with
    this text.
    \code
    node.answer("price-of", {"dish"}, this, [this](const QString &dish) -> PyventAnswer {
        return prices.contains(dish) ? PyventAnswer(prices[dish]) : PyventRefusal("no such dish");
    });
    \endcode
*/
class PYVENT_EXPORT PyventRefusal : public std::exception
{
public:
    explicit PyventRefusal(const QString &text);
    explicit PyventRefusal(const char *text)
        : PyventRefusal(QString::fromUtf8(text))
    {
    }
    ~PyventRefusal() override;

    const QString &text() const noexcept { return m_text; }
    const char *what() const noexcept override { return m_bytes.constData(); }

private:
    QString m_text;
    QByteArray m_bytes;
};

class PyventAnswer;

namespace PyventBinding {

//! What can be the value of an answer, and is no answer itself. \internal
template <typename T>
concept AnswerValue =
    (!std::same_as<T, PyventAnswer>)&&(!std::same_as<T, PyventRefusal>)&&(!std::same_as<T, PyventAskError>)&&(
        std::is_convertible_v<const T &,
                              const char *> || std::is_convertible_v<const T &, QString> || isConvertible<T>());

} // namespace PyventBinding

/*! What comes of a question: a value, or an error. */
class PYVENT_EXPORT PyventAnswer
{
public:
    /*! An answer with the value None, which is a QVariant that isNull(). */
    PyventAnswer() = default;

    /*! An answer with \a value: what QVariant holds, a Q_GADGET, which travels as the dict of its properties, a std::vector<Point>,
        and whatever else send() takes for an argument. */
    template <PyventBinding::AnswerValue T>
    PyventAnswer(const T &value)
        : m_value(toVariant(value))
    {
    }
    PyventAnswer(const PyventRefusal &refusal)
        : m_error{PyventAskError::Refused, refusal.text()}
    {
    }
    PyventAnswer(const PyventAskError &error)
        : m_error(error)
    {
    }

    /*! Whether there is a value. */
    explicit operator bool() const noexcept { return !m_error; }

    /*! The value; an invalid QVariant, too, where there is an error. */
    const QVariant &value() const noexcept { return m_value; }

    /*! The value as a T, converted as a handler's arguments are; \a otherwise where there is none, or it does not convert. */
    template <typename T>
    T value(const T &otherwise = T()) const
    {
        static_assert(sizeof(PyventBinding::Heard<T>) > 0);
        T object{};
        return *this && PyventBinding::ValueReader().read(m_value, &object) ? object : otherwise;
    }

    const PyventAskError &error() const noexcept { return m_error; }

    /*! The node that has answered; null where nobody has, or a Python node. */
    QUuid nodeId() const noexcept { return m_nodeId; }

    /*! The sender of the answer: "pyvent", "pyvent.{id}". Empty where nobody has answered. */
    const QString &sender() const noexcept { return m_sender; }

    /*! The same answer, said to be \a nodeId's. */
    PyventAnswer from(const QUuid &nodeId, const QString &sender) const;

    friend bool operator==(const PyventAnswer &, const PyventAnswer &) = default;

private:
    template <typename T>
    static QVariant toVariant(const T &value)
    {
        if constexpr (PyventBinding::isConvertible<T>())
            return pyvent::argument(value);
        else if constexpr (std::is_convertible_v<const T &, const char *>)
            return QString::fromUtf8(value);
        else
            return QString(value);
    }

    QVariant m_value;
    PyventAskError m_error;
    QUuid m_nodeId;
    QString m_sender;
};

/*! Options of PyventNode::ask() and PyventNode::askAll(). */
struct PyventAskOptions
{
    std::chrono::milliseconds timeout = std::chrono::seconds(5); /*!< How long the answer may take; a year at most. */
    QString sender = {}; /*!< Replaces the node's own sender, "pyvent" or "pyvent.{id}". */
};

PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventAskError &error);
PYVENT_EXPORT QDebug operator<<(QDebug debug, const PyventAnswer &answer);

Q_DECLARE_METATYPE(PyventAskError)
Q_DECLARE_METATYPE(PyventAnswer)

#endif
