// SPDX-License-Identifier: MIT
#ifndef PYVENT_FAULTS_REPORT_H
#define PYVENT_FAULTS_REPORT_H

#include "campaign.h"

namespace PyventFaults {

QString reportText(const CampaignOptions &options, const CampaignResult &result);
QByteArray reportJson(const CampaignOptions &options, const CampaignResult &result);

} // namespace PyventFaults

#endif
