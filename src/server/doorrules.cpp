// SPDX-License-Identifier: MIT
#include "server/doorrules.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;

std::unique_ptr<DoorRules> DoorRules::read(const QString &path, QString *why)
{
    auto file = RulesFile::read(path, why);
    return file ? std::unique_ptr<DoorRules>(new DoorRules(std::move(*file))) : nullptr;
}

void DoorRules::refresh(Clock::time_point now, QString *told)
{
    QString why;
    switch (m_file.refresh(now, &why)) {
    case FileChange::None:
        break;
    case FileChange::Changed:
        m_pool.setRules(m_file.rules());
        *told = u"There are other rules now, from %1"_s.arg(m_file.path());
        break;
    case FileChange::Unreadable:
        *told = u"The rules stay as they were: %1"_s.arg(why);
        break;
    }
}

} // namespace Pyvent::Internal
