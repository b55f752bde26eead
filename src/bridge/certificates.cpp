// SPDX-License-Identifier: MIT
#include "certificates.h"

#include <PyventSecurity>

#include <QtCore/qfileinfo.h>

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

QString systemCertificates()
{
    const QString paths[] = {
        u"/etc/ssl/certs/ca-certificates.crt"_s, // Debian, Arch, Alpine
        u"/etc/pki/tls/certs/ca-bundle.crt"_s,   // Fedora
        u"/etc/ssl/ca-bundle.pem"_s,             // openSUSE
        u"/etc/ssl/cert.pem"_s,                  // the BSDs
    };
    for (const QString &path : paths) {
        if (QFileInfo(path).isReadable())
            return path;
    }
    return {};
}

bool isPrivateKey(const QString &path, QString *why)
{
    auto bytes = PyventSecurity::readSecret(path, why);
    if (!bytes)
        return false;
    bytes->fill('\0');
    return true;
}

QString whyHungUp()
{
    return u"it hangs up after the handshake, as one does that asks for a certificate: --client-cert and --client-key"_s;
}

} // namespace Pyvent::Bridge
