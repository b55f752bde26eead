// SPDX-License-Identifier: MIT
#ifndef PYVENT_WIRE_Z85_H
#define PYVENT_WIRE_Z85_H

#include <QtCore/qbytearray.h>
#include <QtCore/qbytearrayview.h>

// Bytes as printable text, as ZeroMQ writes keys (RFC 32, Z85): 4 bytes are 5 characters.

namespace Pyvent::Internal {

// \a bytes are a multiple of 4.
QByteArray toZ85(QByteArrayView bytes);

// Empty if \a text is no such text.
QByteArray fromZ85(QByteArrayView text);

} // namespace Pyvent::Internal

#endif
