// SPDX-License-Identifier: MIT
#include "codewriter.h"

#include "pythonprinter.h"
#include "pythontext.h"
#include "pythontype.h"
#include "typedvalue.h"

#include <PyventArray>
#include <PyventDateTime>
#include <PyventDict>
#include <PyventInteger>
#include <PyventObject>
#include <PyventTime>
#include <PyventTimeDelta>

#include <QtCore/qregularexpression.h>
#include <QtCore/qset.h>

#include <cmath>

namespace Pyvent::Text {

using namespace Qt::StringLiterals;

namespace {

bool isKeyword(const QString &name)
{
    static const QSet<QString> words = {
        u"False"_s,  u"None"_s,   u"True"_s,   u"and"_s,      u"as"_s,       u"assert"_s, u"async"_s,
        u"await"_s,  u"break"_s,  u"class"_s,  u"continue"_s, u"def"_s,      u"del"_s,    u"elif"_s,
        u"else"_s,   u"except"_s, u"for"_s,    u"finally"_s,  u"from"_s,     u"global"_s, u"if"_s,
        u"import"_s, u"in"_s,     u"is"_s,     u"lambda"_s,   u"nonlocal"_s, u"not"_s,    u"or"_s,
        u"pass"_s,   u"raise"_s,  u"return"_s, u"try"_s,      u"while"_s,    u"with"_s,   u"yield"_s,
    };
    return words.contains(name);
}

// Writes values as expressions that make them, and notes the modules that these need.
class ExpressionPrinter final : public PythonPrinter
{
public:
    const QStringList &modules() const { return m_modules; }

protected:
    QString printItem(const QVariant &value) override;

private:
    QString arguments(const PyventObject &object);
    QString zone(const PyventTime &time);
    QString time(const PyventTime &time);
    QString timeArguments(const PyventTime &time) const;
    QString array(const PyventArray &array);
    QString object(const PyventObject &object);
    QString dateTime(const PyventDateTime &value);
    void need(const QString &module);

    QStringList m_modules;
};

void ExpressionPrinter::need(const QString &module)
{
    if (!m_modules.contains(module))
        m_modules.append(module);
}

QString ExpressionPrinter::zone(const PyventTime &time)
{
    if (const auto offset = time.utcOffset()) {
        if (offset->count() == 0)
            return u", tzinfo=datetime.timezone.utc"_s;
        const PyventTimeDelta delta(*offset);
        return u", tzinfo=datetime.timezone("_s + delta.toString() + u')';
    }
    return time.timeZone().isValid() ? u", tzinfo="_s + print(time.timeZone()) : QString();
}

QString ExpressionPrinter::timeArguments(const PyventTime &time) const
{
    return u"%1, %2, %3, %4"_s.arg(time.hour()).arg(time.minute()).arg(time.second()).arg(time.microsecond());
}

QString ExpressionPrinter::time(const PyventTime &time)
{
    need(u"datetime"_s);
    const QString fold = time.fold() != 0 ? u", fold=1"_s : QString();
    return u"datetime.time("_s + timeArguments(time) + zone(time) + fold + u')';
}

QString ExpressionPrinter::dateTime(const PyventDateTime &value)
{
    need(u"datetime"_s);
    const QString fold = value.time().fold() != 0 ? u", fold=1"_s : QString();
    const QDate date = value.date();
    return u"datetime.datetime(%1, %2, %3, "_s.arg(date.year()).arg(date.month()).arg(date.day())
        + timeArguments(value.time()) + zone(value.time()) + fold + u')';
}

QString ExpressionPrinter::array(const PyventArray &array)
{
    need(u"numpy"_s);
    const QString elements =
        u"numpy.frombuffer("_s + pythonText(array.data()) + u", "_s + pythonString(array.dtype()) + u')';
    if (array.isScalar())
        return elements + u"[0]"_s;
    QStringList shape;
    for (const qsizetype length : array.shape())
        shape.append(QString::number(length));
    const QString order = array.order() == PyventArray::ColumnMajor ? u", order='F'"_s : QString();
    return elements + u".reshape(("_s + shape.join(u", "_s) + (shape.size() == 1 ? u",)"_s : u")"_s) + order + u')';
}

QString ExpressionPrinter::object(const PyventObject &object)
{
    // Anything that has a state as well cannot be had by an expression alone.
    const bool hasState = object.state().isValid() || !object.stateSetter().isNull();
    static const QRegularExpression dotted(u"\\A[A-Za-z_][A-Za-z0-9_.]*\\z"_s);
    if (hasState || object.kind() == PyventObject::New || !dotted.match(object.moduleName()).hasMatch()
        || !dotted.match(object.qualifiedName()).hasMatch())
        throw CannotWrite{
            u"an object of the class '%1' cannot be written as one expression"_s.arg(object.pythonType())};
    const bool isBuiltIn = object.moduleName() == u"builtins"_s;
    if (!isBuiltIn)
        need(object.moduleName());
    const QString name = isBuiltIn ? object.qualifiedName() : object.moduleName() + u'.' + object.qualifiedName();
    if (const QString member = object.memberName(); !member.isEmpty())
        return name + u'.' + member;
    return object.kind() == PyventObject::Global ? name : name + u'(' + arguments(object) + u')';
}

// Of the call: what is put in afterwards is given to the maker, which takes it where it is a container.
QString ExpressionPrinter::arguments(const PyventObject &object)
{
    QStringList texts;
    if (const bool isDeque = object.isA("collections"_L1, "deque"_L1); isDeque && object.arguments().size() <= 2) {
        const QVariant longest = object.arguments().value(1);
        texts.append(u'[' + listed(object.listItems()) + u']');
        if (longest.isValid())
            texts.append(print(longest));
        return texts.join(u", "_s);
    }
    for (const QVariant &argument : object.arguments())
        texts.append(print(argument));
    if (const PyventDict items = object.dictItems(); items.size() > 0) {
        QStringList pairs;
        for (const auto &[key, value] : items.pairs())
            pairs.append(u'(' + print(key) + u", "_s + print(value) + u')');
        texts.append(u'[' + pairs.join(u", "_s) + u']');
    }
    if (!object.listItems().isEmpty())
        texts.append(u'[' + listed(object.listItems()) + u']');
    return texts.join(u", "_s);
}

QString ExpressionPrinter::printItem(const QVariant &value)
{
    if (value.typeId() == QMetaType::Double || value.typeId() == QMetaType::Float) {
        const QString text = plainText(value);
        return std::isfinite(value.toDouble()) ? text : u"float('"_s + text + u"')"_s;
    }
    if (value.typeId() == QMetaType::QUuid) {
        need(u"uuid"_s);
        return u"uuid."_s + plainText(value);
    }
    if (const auto *moment = as<PyventDateTime>(value))
        return dateTime(*moment);
    if (const auto *ofDay = as<PyventTime>(value))
        return time(*ofDay);
    if (const auto *elements = as<PyventArray>(value))
        return array(*elements);
    if (const auto *made = as<PyventObject>(value))
        return object(*made);
    const int type = value.typeId();
    const bool isDelta = value.metaType() == QMetaType::fromType<PyventTimeDelta>();
    if (isDelta || type == QMetaType::QDate || type == QMetaType::QTime || type == QMetaType::QDateTime)
        need(u"datetime"_s);
    if (isDelta || isPlain(value) || value.metaType() == QMetaType::fromType<PyventInteger>())
        return pythonText(value);
    throw CannotWrite{u"a value of the type '%1' cannot be written as one expression"_s.arg(pythonType(value))};
}

} // namespace

QString asPython(const PyventEvent &event)
{
    static const QRegularExpression identifier(u"\\A[A-Za-z_][A-Za-z0-9_]*\\z"_s);
    ExpressionPrinter printer;
    QStringList parts(pythonString(event.name));
    QVariantMap others; // that are no names in Python's syntax
    for (auto argument = event.args.cbegin(); argument != event.args.cend(); ++argument) {
        const QString &name = argument.key();
        if (identifier.match(name).hasMatch() && !isKeyword(name))
            parts.append(name + u'=' + printer.print(argument.value()));
        else
            others.insert(name, argument.value());
    }
    if (isNamedSender(event.sender))
        parts.append(u"sender="_s + pythonString(event.sender));
    if (!others.isEmpty())
        parts.append(u"**"_s + printer.print(others));
    QString text;
    for (const QString &module : printer.modules())
        text += u"import "_s + module + u'\n';
    return text + u"pyvent.send("_s + parts.join(u", "_s) + u')';
}

} // namespace Pyvent::Text
