// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_JSONWRITER_H
#define PYVENT_TEXT_JSONWRITER_H

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// Writes the values that a PyventNode hears as JSON (RFC 8259) in UTF-8, on one line without spaces.
//
// Integers are exact, whatever their size. A float always has a point or an exponent, so that it is read as
// one. What JSON has no word for is {"$type":…,"value":…}: see TypedValue. JsonReader reads all of it back as
// it was.
class JsonWriter
{
public:
    // Appends to \a output.
    explicit JsonWriter(QByteArray *output)
        : m_output(*output)
    {
    }

    void write(const QVariant &value);
    void writeString(QStringView text);

    // As an object, also if a key is "$type": for where nothing but an object can be.
    void writeObject(const QVariantMap &object);

    static QByteArray toJson(const QVariant &value);

private:
    void writeFloat(double number);
    void writeBytes(const QByteArray &bytes);
    void writeList(const QVariantList &list);
    void writeTyped(const QVariant &value);

    QByteArray &m_output;
};

} // namespace Pyvent::Text

#endif
