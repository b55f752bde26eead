// SPDX-License-Identifier: MIT
#ifndef PYVENT_TEXT_ABOUTTEXT_H
#define PYVENT_TEXT_ABOUTTEXT_H

#include <PyventNodeInfo>

namespace Pyvent::Text {

// What \a node says of itself beside the rest, PyventNodeInfo::about, in a line for people; empty if it says nothing. A bridge says "bridge of 'harbour' to
// nats:house at nats://a:4222: works, 12 events wait, the oldest for 3.0 s", all others "oven='hot' version='1.2'".
QString aboutText(const PyventNodeInfo &node);

} // namespace Pyvent::Text

#endif
