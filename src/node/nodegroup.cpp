// SPDX-License-Identifier: MIT
#include "node/nodegroup.h"

#include "node/linkdriver.h"
#include "transport/descriptors.h"

#include <utility>

#include <unistd.h>

namespace Pyvent::Internal {

std::shared_ptr<NodeGroup> NodeGroup::ofThread()
{
    static thread_local bool hasEnded = false; // the main thread's, when the destructors of static objects are called
    struct Known
    {
        ~Known() { hasEnded = true; }

        pid_t process = 0;
        std::weak_ptr<NodeGroup> group;
    };
    static thread_local Known known;
    if (hasEnded)
        return std::make_shared<NodeGroup>();
    std::shared_ptr<NodeGroup> group = known.group.lock();
    if (!group || known.process != ::getpid()) {
        group = std::make_shared<NodeGroup>();
        known.process = ::getpid();
        known.group = group;
    }
    return group;
}

NodeGroup::Lock::~Lock()
{
    if (m_lock.owns_lock())
        unlock();
}

void NodeGroup::Lock::unlock()
{
    const auto log = std::exchange(m_group->m_log(*this), {});
    m_lock.unlock();
    for (const auto &[category, text] : log)
        qCWarning(*category).noquote() << text;
}

void NodeGroup::log(const Lock &lock, const QLoggingCategory &category, const QString &text)
{
    m_log(lock).emplace_back(&category, text);
}

std::shared_ptr<LinkDriver> NodeGroup::driver(const Lock &lock, const Endpoint &endpoint, qsizetype maximumFrameSize)
{
    auto &drivers = m_drivers(lock);
    std::erase_if(drivers, [](const std::weak_ptr<LinkDriver> &driver) { return driver.expired(); });
    for (const std::weak_ptr<LinkDriver> &known : drivers) {
        const std::shared_ptr<LinkDriver> driver = known.lock();
        if (driver && driver->isTo(endpoint, maximumFrameSize))
            return driver;
    }
    requireDescriptors(descriptorsOfLane);
    const auto driver = std::make_shared<LinkDriver>(shared_from_this(), endpoint, maximumFrameSize);
    driver->standBy();
    drivers.push_back(driver);
    return driver;
}

} // namespace Pyvent::Internal
