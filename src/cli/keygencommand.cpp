// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "program.h"
#include "report.h"

#include <PyventSecurity>

#include <QtCore/qfile.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> keygenOptions()
{
    return {};
}

// What the two files are for.
QString nextSteps(const QString &path)
{
    QFile file(path + ".pub"_L1);
    const QByteArray line = file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
    return u"Made %1.key, which stays here and secret, and %1.pub:\n"
           "\n"
           "    %2"
           "\n"
           "If this machine is to serve, give the others %1.pub, and start here:\n"
           "\n"
           "    pyvent serve --address 0.0.0.0 --keys %1.key --allow ALLOWED\n"
           "\n"
           "where the file ALLOWED has the line above for each machine that may join: its own .pub file.\n"
           "If this machine is to join, add the line above to the server's ALLOWED, and start here:\n"
           "\n"
           "    pyvent listen --address SERVER --key %1.key --server-key SERVER.pub\n"_s.arg(path,
                                                                                             QString::fromUtf8(line));
}

int runKeygen(const CommandLine &line)
{
    line.expectWords(1);
    if (line.words().isEmpty())
        throw UsageError{u"the NAME of the new key is missing"_s};
    const QString path = line.words().constFirst();
    if (const QString why = PyventSecurity::makeKeys(path); !why.isEmpty()) {
        report(why);
        return Failed;
    }
    if (line.isQuiet())
        return Success;
    return print(nextSteps(path));
}

} // namespace

const Command keygenCommand = {
    .name = "keygen"_L1,
    .syntax = "NAME"_L1,
    .otherSyntax = ""_L1,
    .summary = "Make a pair of keys for nodes on several machines."_L1,
    .description =
        "Makes a new pair of keys: NAME.key, which only the own user can read, and NAME.pub, with the line\n"
        "'name = public key'. Each machine, or each program, needs a pair. NAME may begin with a folder's path.\n"
        "\n"
        "The server is started with its own secret key and a file of the public keys that may come in, one line for\n"
        "each; those who join, with their own secret key and the server's public one. So each knows the other, and\n"
        "nobody else reads what they say.\n"
        "\n"
        "Overwrites nothing. Ends with 0, or with 1 if the keys cannot be made."_L1,
    .options = keygenOptions,
    .run = runKeygen,
};

} // namespace Pyvent::Cli
