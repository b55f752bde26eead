// SPDX-License-Identifier: MIT
#ifndef PYVENTGLOBAL_H
#define PYVENTGLOBAL_H

#include <QtCore/qglobal.h>

#if defined(PYVENT_BUILDING_LIBRARY)
#    define PYVENT_EXPORT Q_DECL_EXPORT
#else
#    define PYVENT_EXPORT Q_DECL_IMPORT
#endif

#endif
