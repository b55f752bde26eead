// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_PYTHONPRINTER_H
#define PYVENT_TEXT_PYTHONPRINTER_H

#include <QtCore/qstring.h>
#include <QtCore/qvariant.h>

namespace Pyvent::Text {

// Writes a value in Python's syntax, containers in containers as deep as they are. What a container holds at last is written by
// the subclass, because text for people and code that runs differ there.
class PythonPrinter
{
public:
    PythonPrinter() = default;
    virtual ~PythonPrinter() = default;
    Q_DISABLE_COPY_MOVE(PythonPrinter)

    QString print(const QVariant &value);

protected:
    // \a value is no list, tuple, set or dict.
    virtual QString printItem(const QVariant &value) = 0;

    // The items with ", " between them.
    QString listed(const QVariantList &items);

private:
    QString printMap(const QVariantMap &map);
    QString printClass(const QVariant &value);
};

// Whether \a value is of a type that Qt and Python both have, such as an int, a str or a datetime.date.
bool isPlain(const QVariant &value);

// repr() of such a value, as the library itself writes it.
QString plainText(const QVariant &value);

} // namespace Pyvent::Text

#endif
