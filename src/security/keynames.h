// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_KEYNAMES_H
#define PYVENT_SECURITY_KEYNAMES_H

#include <QtCore/qbytearrayview.h>
#include <QtCore/qstringlist.h>

namespace Pyvent::Internal {

// The names in a list of keys that are allowed, for what checks rules. A line has a public key in Z85 and its name, in either order; it, or
// the rest of it, is a comment from a word on that begins with '#' and is no key.
class KeyNames
{
public:
    explicit KeyNames(QByteArrayView text);

    const QStringList &names() const { return m_names; }
    const QStringList &keys() const { return m_keys; } // in the same order

    // Empty if there is none.
    QString nameOf(const QString &key) const { return m_names.value(m_keys.indexOf(key)); }

private:
    QStringList m_names;
    QStringList m_keys;
};

} // namespace Pyvent::Internal

#endif
