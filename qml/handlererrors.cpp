// SPDX-License-Identifier: MIT
#include "handlererrors.h"

#include <QtQml/qqmlengine.h>

#include <algorithm>

using namespace Qt::StringLiterals;

namespace Pyvent::Qml {

HandlerErrors::HandlerErrors(QJSEngine *engine)
    : m_engine(engine)
{
    if (auto *const ofQml = qobject_cast<QQmlEngine *>(engine))
        m_connection =
            QObject::connect(ofQml, &QQmlEngine::warnings, [this](const QList<QQmlError> &errors) { note(errors); });
}

HandlerErrors::~HandlerErrors()
{
    QObject::disconnect(m_connection);
}

qsizetype HandlerErrors::depth() const
{
    return m_engine->evaluate(u"new Error().stack"_s).toString().count(u'\n');
}

// A binding's names its object.
void HandlerErrors::note(const QList<QQmlError> &errors)
{
    for (const QQmlError &error : errors) {
        if (!error.object())
            m_warnings.push_back({depth(), error.description()});
    }
}

QString HandlerErrors::firstText() const
{
    if (m_warnings.empty())
        return {};
    const auto first = std::ranges::find(m_warnings, depth(), &Warning::depth);
    if (first == m_warnings.end())
        return {};
    static const QString plain = u"Error: "_s; // of whoever throws an Error, whose text is what he has to say
    const QString text = first->text.startsWith(plain) ? first->text.sliced(plain.size()) : first->text;
    return text.isEmpty() ? u"the answerer has thrown an error without a text"_s : text;
}

} // namespace Pyvent::Qml
