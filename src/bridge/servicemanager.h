// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_SERVICEMANAGER_H
#define PYVENT_BRIDGE_SERVICEMANAGER_H

#include <QtCore/qtimer.h>

namespace Pyvent::Bridge {

// What systemd wants to know of a service, by the socket that it names in the environment: sd_notify(3). Without that, nothing is told.
class ServiceManager
{
public:
    // Takes what the environment says, so that processes that this one starts do not speak for it.
    ServiceManager();

    bool isPresent() const { return !m_path.isEmpty(); }

    void ready();
    void stopping();

    // One line for people, which "systemctl status" shows.
    void setStatus(const QString &text);

    // From now on says regularly that the event loop goes on, if systemd watches that.
    void startWatchdog();

private:
    void send(const QByteArray &text) const;

    QByteArray m_path;
    std::chrono::microseconds m_watchdog{};
    QTimer m_alive;
    QString m_status;
};

} // namespace Pyvent::Bridge

#endif
