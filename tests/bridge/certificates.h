// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_CERTIFICATES_H
#define PYVENT_TESTS_CERTIFICATES_H

#include "bridge/serverprocess.h"

namespace PyventTests {

// Certificates of an authority of the test's own, made by openssl; valid() is false where that is not here.
class Certificates
{
public:
    Certificates()
    {
        if (opensslProgram().isEmpty())
            return;
        m_isValid = makeAuthority(QStringLiteral("ca")) && makeAuthority(QStringLiteral("other"))
            && makeCertificate(QStringLiteral("server"), QStringLiteral("IP:127.0.0.1,DNS:localhost"))
            && makeCertificate(QStringLiteral("elsewhere"), QStringLiteral("DNS:elsewhere.example"))
            && makeCertificate(QStringLiteral("client"), QStringLiteral("DNS:client.example"));
    }

    bool isValid() const { return m_isValid; }

    // "ca.pem", "server.pem", "server.key", …
    QString path(const QString &name) const { return m_folder.filePath(name); }

private:
    bool run(const QStringList &arguments)
    {
        ChildProcess process(opensslProgram(), arguments, ChildProcess::Errors::Kept);
        const bool isGood = process.exitCode() == 0;
        if (!isGood)
            qWarning("openssl: %s", qPrintable(process.errors()));
        return isGood;
    }
    bool makeAuthority(const QString &name)
    {
        return run({QStringLiteral("req"), QStringLiteral("-x509"), QStringLiteral("-newkey"), QStringLiteral("ec"),
                    QStringLiteral("-pkeyopt"), QStringLiteral("ec_paramgen_curve:prime256v1"),
                    QStringLiteral("-nodes"), QStringLiteral("-days"), QStringLiteral("2"), QStringLiteral("-subj"),
                    QStringLiteral("/CN=") + name, QStringLiteral("-keyout"), path(name + QStringLiteral(".key")),
                    QStringLiteral("-out"), path(name + QStringLiteral(".pem"))});
    }
    bool makeCertificate(const QString &name, const QString &names)
    {
        const QString request = path(name + QStringLiteral(".csr"));
        const QString extensions = path(name + QStringLiteral(".ext"));
        QFile file(extensions);
        if (!file.open(QIODevice::WriteOnly) || file.write("subjectAltName=" + names.toUtf8() + '\n') < 0)
            return false;
        file.close();
        return run({QStringLiteral("req"), QStringLiteral("-newkey"), QStringLiteral("ec"), QStringLiteral("-pkeyopt"),
                    QStringLiteral("ec_paramgen_curve:prime256v1"), QStringLiteral("-nodes"), QStringLiteral("-subj"),
                    QStringLiteral("/CN=") + name, QStringLiteral("-keyout"), path(name + QStringLiteral(".key")),
                    QStringLiteral("-out"), request})
            && run({QStringLiteral("x509"), QStringLiteral("-req"), QStringLiteral("-in"), request,
                    QStringLiteral("-CA"), path(QStringLiteral("ca.pem")), QStringLiteral("-CAkey"),
                    path(QStringLiteral("ca.key")), QStringLiteral("-CAcreateserial"), QStringLiteral("-days"),
                    QStringLiteral("2"), QStringLiteral("-extfile"), extensions, QStringLiteral("-out"),
                    path(name + QStringLiteral(".pem"))});
    }

    QTemporaryDir m_folder;
    bool m_isValid = false;
};

} // namespace PyventTests

#endif
