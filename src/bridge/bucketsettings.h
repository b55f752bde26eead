// SPDX-License-Identifier: MIT
#ifndef PYVENT_BRIDGE_BUCKETSETTINGS_H
#define PYVENT_BRIDGE_BUCKETSETTINGS_H

#include <QtCore/qbytearray.h>
#include <QtCore/qjsonobject.h>
#include <QtCore/qstringlist.h>

namespace Pyvent::Bridge {

// The settings of a bucket's stream, as NATS' API has them. It makes room by itself: of the names that it was longest ago that something was put for, the
// last events go first.
QJsonObject bucketSettings(const QByteArray &bucket, int replicas);

// Why a bucket that is there with \a settings cannot be used, for people; empty if it can. \a notes gets what is unlike what bucketSettings() says.
QString whyNotABucket(const QByteArray &bucket, const QJsonObject &settings, QStringList *notes);

} // namespace Pyvent::Bridge

#endif
