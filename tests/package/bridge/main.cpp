// SPDX-License-Identifier: MIT
#include <PyventBridge>

#include <QCoreApplication>

// Nothing listens at the engine's port, and options that are none are refused.
int main(int argc, char **argv)
{
    QCoreApplication application(argc, argv);
    PyventBridge refused({.engine = "nats://127.0.0.1"}, {.server = false});
    if (refused.start() || !refused.whyNot().contains("prefix"))
        return 1;
    PyventBridge bridge({.engine = "nats://127.0.0.1:1", .prefix = "test"}, {.server = false});
    if (!bridge.start() || bridge.state() != PyventBridge::Connecting)
        return 2;
    QObject::connect(&bridge, &PyventBridge::finished, &application, &QCoreApplication::quit, Qt::QueuedConnection);
    bridge.stop();
    return application.exec();
}
