// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EVENTVIEW_H
#define PYVENT_INSPECTOR_EVENTVIEW_H

#include "eventmodel.h"

#include <QtWidgets/qtableview.h>

namespace Pyvent::Inspector {

// The table of events. As long as the newest is in sight it stays in sight; otherwise what is in sight stays there,
// whatever comes and goes above and below.
class EventView : public QTableView
{
    Q_OBJECT

public:
    explicit EventView(EventModel *model, QWidget *parent = nullptr);

    bool isAtNewest() const;
    void goToNewest();

    std::optional<Serial> currentSerial() const;
    QList<Serial> selectedSerials() const; // from the oldest on

Q_SIGNALS:
    void currentSerialChanged();
    void spacePressed();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;

private:
    void keepPlace(int first, int change);

    EventModel *const m_model;
    bool m_isFollowing = true;
    bool m_wasAtNewest = true;
};

} // namespace Pyvent::Inspector

#endif
