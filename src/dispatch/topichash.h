// SPDX-License-Identifier: MIT
#ifndef PYVENT_DISPATCH_TOPICHASH_H
#define PYVENT_DISPATCH_TOPICHASH_H

#include <QtCore/qbytearray.h>

#include <functional>
#include <string_view>
#include <unordered_map>

namespace Pyvent::Internal {

// Not Qt's hash: where the processor has AES, that mixes SSE and AVX code, and took a sixth of a receiver's time. These names are
// this process's own, so nobody from outside can choose them to collide.
struct TopicHash
{
    using is_transparent = void;
    std::size_t operator()(QByteArrayView topic) const
    {
        return std::hash<std::string_view>()({topic.data(), std::size_t(topic.size())});
    }
};

// By topic, or by the beginning of topics.
template <typename Value>
using TopicMap = std::unordered_map<QByteArray, Value, TopicHash, std::equal_to<>>;

} // namespace Pyvent::Internal

#endif
