// SPDX-License-Identifier: MIT
#include "pyventsender.h"

#include "dispatch/name.h"

QString PyventSender::whyInvalid() const
{
    return m_any ? QString() : Pyvent::Internal::whyNotASender(m_name);
}
