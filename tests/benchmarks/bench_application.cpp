// SPDX-License-Identifier: MIT
// A program of Qt's that does nothing: what a process with a node is compared with.
#include "role.h"

#include <QtCore/qcoreapplication.h>
#include <QtCore/qtimer.h>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;

namespace {

int listener(const RoleOptions &)
{
    QTimer::singleShot(0, [] { say("first", nanoseconds()); });
    return QCoreApplication::exec();
}

int idler(const RoleOptions &)
{
    QTimer::singleShot(0, [] { say("ready"); });
    return QCoreApplication::exec();
}

} // namespace

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    return playFromCommandLine({{u"application-listener"_s, listener}, {u"application-idler"_s, idler}});
}
