// SPDX-License-Identifier: MIT
#include "enginefactory.h"

#ifdef PYVENT_HAS_NATS
#    include "natsengine.h"
#endif
#ifdef PYVENT_HAS_MQTT
#    include "mqttengine.h"
#endif

namespace Pyvent::Bridge {

using namespace Qt::StringLiterals;

std::unique_ptr<Engine> makeEngine(const EngineOptions &options, [[maybe_unused]] QString *why)
{
    switch (options.dialect) {
    case Dialect::Nats:
#ifdef PYVENT_HAS_NATS
        return std::make_unique<NatsEngine>(options);
#else
        *why = u"this program was built without NATS: build it where libnats is there (Debian: libnats-dev)"_s;
        return {};
#endif
    case Dialect::Mqtt:
#ifdef PYVENT_HAS_MQTT
        return std::make_unique<MqttEngine>(options);
#else
        *why =
            u"this program was built without MQTT: build it where libmosquitto is there (Debian: libmosquitto-dev)"_s;
        return {};
#endif
    }
    return {};
}

} // namespace Pyvent::Bridge
