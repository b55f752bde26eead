// SPDX-License-Identifier: MIT
#ifndef PYVENT_PICKLE_ARGUMENTLIST_H
#define PYVENT_PICKLE_ARGUMENTLIST_H

#include <QtCore/qvariant.h>
#include <QtCore/qvarlengtharray.h>

#include <initializer_list>
#include <utility>

namespace Pyvent::Internal {

// The keyword arguments of one event, in the order of their names, each once. It only refers to them, and takes no memory for as
// many as events have.
class ArgumentList
{
public:
    struct Argument
    {
        const QString *name;
        const QVariant *value;
    };

    ArgumentList() = default;
    Q_IMPLICIT ArgumentList(const QVariantMap &map)
    {
        m_arguments.reserve(map.size());
        for (auto argument = map.cbegin(); argument != map.cend(); ++argument)
            m_arguments.append({&argument.key(), &argument.value()});
    }

    // Of a name that is there twice, the last one counts, as in a QVariantMap.
    ArgumentList(std::initializer_list<std::pair<QString, QVariant>> pairs)
    {
        m_arguments.reserve(qsizetype(pairs.size()));
        for (const auto &[name, value] : pairs)
            insert({&name, &value});
    }

    // With one more, which must outlive the list, as must its name.
    void add(const QString &name, const QVariant &value) { insert({&name, &value}); }

    bool isEmpty() const { return m_arguments.isEmpty(); }
    auto begin() const { return m_arguments.cbegin(); }
    auto end() const { return m_arguments.cend(); }

private:
    void insert(const Argument &argument)
    {
        qsizetype at = m_arguments.size();
        while (at > 0 && *argument.name < *m_arguments[at - 1].name)
            --at;
        if (at > 0 && *argument.name == *m_arguments[at - 1].name)
            m_arguments[at - 1] = argument;
        else
            m_arguments.insert(at, argument);
    }

    QVarLengthArray<Argument, 16> m_arguments;
};

} // namespace Pyvent::Internal

#endif
