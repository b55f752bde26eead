// SPDX-License-Identifier: MIT
#include "security/keynames.h"

#include "security/rules.h"

namespace Pyvent::Internal {

KeyNames::KeyNames(QByteArrayView text)
    : m_names()
    , m_keys()
{
    const QStringList lines = QString::fromUtf8(text).split(u'\n');
    for (const QString &line : lines) {
        QString key;
        QString name;
        const QStringList words = line.simplified().split(u' ', Qt::SkipEmptyParts);
        for (const QString &word : words) {
            if (key.isEmpty() && isPublicKey(word))
                key = word;
            else if (word.startsWith(u'#'))
                break;
            else if (name.isEmpty())
                name = word;
        }
        if (key.isEmpty())
            continue;
        m_keys.append(key);
        m_names.append(name);
    }
}

} // namespace Pyvent::Internal
