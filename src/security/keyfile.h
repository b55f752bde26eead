// SPDX-License-Identifier: MIT
#ifndef PYVENT_SECURITY_KEYFILE_H
#define PYVENT_SECURITY_KEYFILE_H

#include "security/keypair.h"

#include <QtCore/qbytearray.h>
#include <QtCore/qstring.h>

#include <functional>
#include <optional>

// The files that "pyvent keygen" makes. In each, a line that begins with '#' is a comment:
//
//     NAME.key, of mode 0600:     name = NAME
//                                 public = 40 characters
//                                 secret = 40 characters
//     NAME.pub:                   NAME = 40 characters
//
// The characters are Z85's, of which '#' and '=' are some.

namespace Pyvent::Internal {

// Letters, digits and "._@-", of ASCII.
bool isKeyName(QStringView name);

// A line of one of these files.
struct KeyLine
{
    QString name;
    QByteArray value;
};

// Calls \a take with each line that is neither blank nor a comment, and its number, from 1. One without a '=' has no name. Stops where
// that returns false, and returns false.
bool forEachKeyLine(QByteArrayView text, const std::function<bool(KeyLine &line, int number)> &take);

// A public key of 40 characters as its 32 bytes; empty if it is none.
QByteArray publicKeyOf(QByteArrayView text);

struct KeyFile
{
    QString name;
    KeyPair pair;
};

// Nothing if that cannot be had, and \a why says why, for people, and what to do. It never says what is in the file.
std::optional<KeyFile> readKeyFile(const QString &path, QString *why);

// The key that \a keyOrPath is, or is in that .pub file. Empty if there is none, and \a why says why.
QByteArray readPublicKey(const QString &keyOrPath, QString *why);

// Makes \a path with ".key" and ".pub". Returns why not; empty if they are made.
QString makeKeyFiles(const QString &path);

} // namespace Pyvent::Internal

#endif
