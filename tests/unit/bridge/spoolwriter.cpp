// SPDX-License-Identifier: MIT
// spoolwriter FOLDER: writes messages into the spool of a bridge until it is killed, and prints the number of the newest one that is stored. For
// tst_diskspool.cpp.
#include "diskspool.h"

#include <QtCore/qcoreapplication.h>

#include <cstdio>

using namespace Pyvent::Bridge;
using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    DiskSpool spool;
    const QString why = spool.open(QString::fromLocal8Bit(argv[1]), u"spool.sqlite"_s);
    if (!why.isEmpty()) {
        std::fprintf(stderr, "%s\n", qPrintable(why));
        return 1;
    }
    quint64 id = spool.contents().lastId;
    quint64 stored = 0; // but for the transaction in which it was told
    std::printf("0\n");
    std::fflush(stdout);
    QObject::connect(&spool, &DiskSpool::loaded, &application, [&] {
        // What was there when one answer was made is stored when the next one is.
        if (stored > 0) {
            std::printf("%llu\n", stored);
            std::fflush(stdout);
        }
        stored = id;
        for (int i = 0; i < 20; ++i) {
            ++id;
            spool.append(
                {.id = id, .message = {.name = u"x"_s, .number = id, .payload = QByteArray(500, char('a' + id % 26))}});
        }
        if (id % 100 == 0) // some are done with
            spool.remove({id - 50});
        spool.load(id, 1);
    });
    spool.load(id, 1);
    return QCoreApplication::exec();
}
