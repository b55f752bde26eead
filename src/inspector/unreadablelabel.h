// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_UNREADABLELABEL_H
#define PYVENT_INSPECTOR_UNREADABLELABEL_H

#include "buslink.h"
#include "tonelabel.h"

namespace Pyvent::Inspector {

// How many events could not be read, in the status bar; of which names, as its tool tip. Hidden while there are none.
class UnreadableLabel : public ToneLabel
{
    Q_OBJECT

public:
    explicit UnreadableLabel(BusLink *link, QWidget *parent = nullptr);

private:
    void setCounts(quint64 count, const QMap<QString, quint64> &byName);
};

} // namespace Pyvent::Inspector

#endif
