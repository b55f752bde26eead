// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_CERTIFICATES_H
#define PYVENT_BRIDGE_CERTIFICATES_H

#include <QtCore/qstring.h>

namespace Pyvent::Bridge {

// The file of the authorities that this system trusts; empty if it has none where systems usually have it.
QString systemCertificates();

// Whether \a path is a file that nobody else can read; \a why says why not, for people.
bool isPrivateKey(const QString &path, QString *why);

// Why a server hangs up after the handshake on one that shows no certificate, for people: it says so of itself to nobody.
QString whyHungUp();

} // namespace Pyvent::Bridge

#endif
