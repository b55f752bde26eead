// SPDX-License-Identifier: MIT
// The roles of those that are measured beside the bus.
#include "dbusroles.h"
#include "mosquittoroles.h"
#include "remoteobjectsroles.h"

#include <QtCore/qcoreapplication.h>

using namespace Pyvent::Benchmarks;
using namespace Qt::StringLiterals;

int main(int argc, char *argv[])
{
    QCoreApplication application(argc, argv);
    return playFromCommandLine({{u"dbus-server"_s, dbusServer},
                                {u"dbus-sender"_s, dbusSender},
                                {u"dbus-receiver"_s, dbusReceiver},
                                {u"dbus-pinger"_s, dbusPinger},
                                {u"dbus-echo"_s, dbusEcho},
                                {u"mosquitto-server"_s, mosquittoServer},
                                {u"mosquitto-sender"_s, mosquittoSender},
                                {u"mosquitto-receiver"_s, mosquittoReceiver},
                                {u"mosquitto-pinger"_s, mosquittoPinger},
                                {u"mosquitto-echo"_s, mosquittoEcho},
                                {u"remoteobjects-server"_s, remoteObjectsServer},
                                {u"remoteobjects-sender"_s, remoteObjectsSender},
                                {u"remoteobjects-receiver"_s, remoteObjectsReceiver},
                                {u"remoteobjects-pinger"_s, remoteObjectsPinger},
                                {u"remoteobjects-echo"_s, remoteObjectsEcho}});
}
