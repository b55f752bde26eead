// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_CODEWRITER_H
#define PYVENT_TEXT_CODEWRITER_H

#include <PyventEvent>

#include <QtCore/qstring.h>

namespace Pyvent::Text {

// Thrown where a language has no way to write a value; \a text says which value, for people.
struct CannotWrite
{
    QString text;
};

// The statement that sends \a event again, in UTF-8 source code. Throws CannotWrite.

// node.send("order-food", {{"food", "sushi"}});
QString asCpp(const PyventEvent &event);

// bus.send("order-food", {food: "sushi"})
QString asQml(const PyventEvent &event);

// pyvent.send('order-food', food='sushi'), after the imports that it needs.
QString asPython(const PyventEvent &event);

// Whether \a sender has to be named: not where it is a node's own.
bool isNamedSender(const QString &sender);

} // namespace Pyvent::Text

#endif
