// SPDX-License-Identifier: MIT
#include "argumenttext.h"

#include "jsonreader.h"
#include "jsonwriter.h"

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

bool isIndented(QStringView text, qsizetype lineStart)
{
    return lineStart < text.size() && (text[lineStart] == u' ' || text[lineStart] == u'\t');
}

qsizetype lineEnd(QStringView text, qsizetype start)
{
    const qsizetype end = text.indexOf(u'\n', start);
    return end < 0 ? text.size() : end;
}

// The end of the lines that belong to the one that starts at \a start.
qsizetype argumentEnd(QStringView text, qsizetype start)
{
    qsizetype end = lineEnd(text, start);
    while (end < text.size() && isIndented(text, end + 1))
        end = lineEnd(text, end + 1);
    return end;
}

// The end of the JSON string at the beginning of \a line; -1 if it has none.
qsizetype quotedEnd(QStringView line)
{
    for (qsizetype i = 1; i < line.size(); ++i) {
        if (line[i] == u'\\')
            ++i;
        else if (line[i] == u'"')
            return i + 1;
    }
    return -1;
}

// Reads one argument after the other, up to the first mistake.
class Parser
{
public:
    explicit Parser(QStringView text)
        : m_text(text)
    {
    }

    ParsedArguments parse();

private:
    void readArgument(qsizetype start, qsizetype end);
    void readValue(const QString &key, qsizetype start, qsizetype end, bool isJson);
    bool readQuotedKey(qsizetype start, qsizetype end, QString *key, qsizetype *next);
    void fail(qsizetype position, qsizetype length, const QString &reason)
    {
        m_result.mistake = ArgumentMistake{position, length, reason};
    }

    const QStringView m_text;
    ParsedArguments m_result = {};
};

ParsedArguments Parser::parse()
{
    for (qsizetype start = 0; start < m_text.size() && !m_result.mistake;) {
        const qsizetype end = argumentEnd(m_text, start);
        if (!m_text.sliced(start, end - start).trimmed().isEmpty())
            readArgument(start, end);
        start = end + 1;
    }
    return m_result;
}

bool Parser::readQuotedKey(qsizetype start, qsizetype end, QString *key, qsizetype *next)
{
    const QStringView line = m_text.sliced(start, lineEnd(m_text, start) - start);
    const qsizetype size = quotedEnd(line);
    const JsonReader::Result result = JsonReader::read(line.first(std::max<qsizetype>(size, 1)));
    if (size < 0 || !result.isValid()) {
        fail(start, end - start, size < 0 ? u"the key has no closing '\"'"_s : u"the key: "_s + result.error);
        return false;
    }
    *key = result.value.toString();
    *next = start + size;
    return true;
}

void Parser::readArgument(qsizetype start, qsizetype end)
{
    const qsizetype firstLine = lineEnd(m_text, start) - start;
    if (isIndented(m_text, start)) {
        fail(start, firstLine, u"an argument begins at the beginning of its line"_s);
        return;
    }
    QString key;
    qsizetype position = start;
    if (m_text[start] == u'"') {
        if (!readQuotedKey(start, end, &key, &position))
            return;
    } else {
        const qsizetype equals = m_text.indexOf(u'=', start);
        if (equals < 0 || equals >= start + firstLine) {
            fail(start, firstLine, u"an argument is key=text or key:=JSON"_s);
            return;
        }
        position = equals > start && m_text[equals - 1] == u':' ? equals - 1 : equals;
        key = m_text.sliced(start, position - start).toString();
        if (key.isEmpty()) {
            fail(start, equals + 1 - start, u"there is no key before the '='"_s);
            return;
        }
    }
    const QStringView rest = m_text.sliced(position, end - position);
    const bool isJson = rest.startsWith(u":=");
    if (!isJson && !rest.startsWith(u'=')) {
        fail(position, std::max<qsizetype>(1, rest.size()), u"after the key comes = and text, or := and JSON"_s);
        return;
    }
    if (m_result.arguments.contains(key)) {
        fail(start, position - start, u"the argument '%1' is given twice"_s.arg(key));
        return;
    }
    readValue(key, position + (isJson ? 2 : 1), end, isJson);
}

void Parser::readValue(const QString &key, qsizetype start, qsizetype end, bool isJson)
{
    const QStringView value = m_text.sliced(start, end - start);
    if (!isJson) {
        if (const qsizetype next = value.indexOf(u'\n'); next >= 0) {
            fail(start + next + 1, value.size() - next - 1,
                 u"text is one line; for more, write it as JSON: key:=\"one\\ntwo\""_s);
            return;
        }
        m_result.arguments.insert(key, value.toString());
        return;
    }
    const JsonReader::Result result = JsonReader::read(value);
    if (result.isValid()) {
        m_result.arguments.insert(key, result.value);
        return;
    }
    // At the end there is nothing to mark: then it is the whole value.
    const bool isAtEnd = result.errorOffset >= value.trimmed().size();
    const qsizetype position = isAtEnd ? start : start + result.errorOffset;
    fail(position, std::max<qsizetype>(1, lineEnd(m_text, position) - position), result.error);
}

bool isPlainText(const QString &text)
{
    return std::none_of(text.begin(), text.end(),
                        [](QChar c) {
                            return c < u' ' || c.category() == QChar::Other_Control || c == QChar::LineSeparator
                                || c == QChar::ParagraphSeparator;
                        })
        && text.isValidUtf16();
}

// A text field takes these for the end of a line, too.
QString json(const QVariant &value)
{
    return QString::fromUtf8(JsonWriter::toJson(value))
        .replace(QChar(QChar::LineSeparator), u"\\u2028"_s)
        .replace(QChar(QChar::ParagraphSeparator), u"\\u2029"_s);
}

QString writeKey(const QString &key)
{
    const bool isPlain = !key.isEmpty() && isPlainText(key) && !key.contains(u'=') && !key.startsWith(u'"')
        && !key.startsWith(u' ') && !key.endsWith(u':');
    return isPlain ? key : json(key);
}

} // namespace

ParsedArguments parseArguments(const QString &text)
{
    return Parser(text).parse();
}

QString writeArguments(const QVariantMap &arguments)
{
    QStringList lines;
    for (auto argument = arguments.cbegin(); argument != arguments.cend(); ++argument) {
        const QVariant &value = argument.value();
        const bool isText = value.typeId() == QMetaType::QString && isPlainText(value.toString());
        lines.append(writeKey(argument.key()) + (isText ? u'=' + value.toString() : u":="_s + json(value)));
    }
    return lines.join(u'\n');
}

} // namespace Pyvent::Inspector
