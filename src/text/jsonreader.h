// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_JSONREADER_H
#define PYVENT_TEXT_JSONREADER_H

#include "typedvalue.h"

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// Reads JSON (RFC 8259) into the values that a PyventNode sends: integers are exact, whatever their size, and
// {"$type":…,"value":…} is what JsonWriter writes it for. QJsonDocument has only doubles for numbers.
//
// A key that comes twice in one object is an error, and so is nesting deeper than maximumDepth, because each
// level takes a part of the stack.
class JsonReader
{
public:
    // What a node sends is nested 200 levels deep, each of which takes three here at most.
    static constexpr int maximumDepth = 650;

    struct Result
    {
        QVariant value;
        QString error = {};         // for people; empty if there is none
        qsizetype errorOffset = -1; // in UTF-16 code units
        bool isValid() const { return error.isEmpty(); }
    };

    // The one value that \a text is, white space around it aside.
    static Result read(QStringView text);

    // An event that is sent again: what eventAsJson() writes, with objects of any class. Only for what the user trusts.
    static Result readEventToSend(QStringView text);

    // For what was heard and is only looked at: what JsonWriter::writeObject() and eventAsJson() write, whose
    // arguments are an object also if a key is "$type". What no value can be made of stays a TypedValue, which
    // JsonWriter writes as it was, and which a PyventNode does not send.
    static Result readArguments(QStringView text);
    static Result readEvent(QStringView text);

    // The arguments of an event that a stranger wrote, and that is sent: an object also if a key is "$type". Objects of any class
    // are refused, and so is what no value can be made of.
    static Result readStrangersArguments(QStringView text);

private:
    explicit JsonReader(QStringView text)
        : m_text(text)
    {
    }

    Result readAll();
    static Result readHeard(QStringView text, int plainLevels);

    QVariant readValue();
    QVariant readWord(QStringView word, const QVariant &value);
    QVariant readNumber();
    QVariant readFloat(qsizetype start);
    QVariant readArray();
    QVariant readObject();
    QVariant readTyped(const QVariantMap &object, qsizetype start);
    QString readString();
    bool readEscape(QString *string);
    bool skipDigits();
    bool mayConvert(qsizetype digits, qsizetype position);

    void skipSpace();
    bool isAtEnd() const { return m_position >= m_text.size(); }
    bool isAt(char16_t c) const { return !isAtEnd() && m_text[m_position] == c; }
    bool skip(char16_t c);
    bool hasFailed() const { return !m_error.isEmpty(); }
    QVariant fail(const QString &error, qsizetype position);
    QVariant failHere(const QString &expected);

    const QStringView m_text;
    qsizetype m_position = 0;
    int m_depth = 0;
    int m_plainLevels = 0; // of nesting, where "$type" is a key like any other
    bool m_keepsUnknown = false;
    quint64 m_conversions = 0; // of integers: the squares of their lengths
    Objects m_objects = Objects::Refused;
    QString m_error = {};
    qsizetype m_errorOffset = -1;
};

} // namespace Pyvent::Text

#endif
