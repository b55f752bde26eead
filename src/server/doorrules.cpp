// SPDX-License-Identifier: MIT
#include "server/doorrules.h"

namespace Pyvent::Internal {

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

std::unique_ptr<DoorRules> DoorRules::read(const QString &path, QString *why)
{
    auto file = std::make_unique<RulesFile>(path);
    if (!file->read(why))
        return nullptr;
    return std::unique_ptr<DoorRules>(new DoorRules(std::move(file)));
}

void DoorRules::refresh(Clock::time_point now, QString *told)
{
    if (now < m_looksAgainAt)
        return;
    m_looksAgainAt = now + 1s;
    QString problem;
    if (m_file->readIfChanged(&problem)) {
        m_pool.setRules(m_file->rules());
        *told = u"There are other rules now, from %1"_s.arg(m_file->path());
    } else if (!problem.isEmpty()) {
        *told = u"The rules stay as they were: %1"_s.arg(problem);
    }
}

} // namespace Pyvent::Internal
