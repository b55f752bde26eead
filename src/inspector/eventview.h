// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EVENTVIEW_H
#define PYVENT_INSPECTOR_EVENTVIEW_H

#include "eventmodel.h"

#include <QtWidgets/qtableview.h>

namespace Pyvent::Inspector {

class TableColumns;

// The table of events. As long as the newest is in sight it stays in sight; otherwise what is in sight stays there,
// whatever comes and goes above and below.
class EventView : public QTableView
{
    Q_OBJECT

public:
    explicit EventView(EventModel *model, QWidget *parent = nullptr);

    bool isAtNewest() const;
    void goToNewest();

    // Filters the model. What is selected stays selected, as far as it is shown, and is selected again when it is shown
    // again; if it was in sight, it stays there.
    void setFilter(const FilterTexts &texts);

    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &state);

    std::optional<Serial> currentSerial() const;
    QList<Serial> selectedSerials() const; // from the oldest on

Q_SIGNALS:
    void currentSerialChanged();
    void spacePressed();

protected:
    void keyPressEvent(QKeyEvent *event) override;
    void currentChanged(const QModelIndex &current, const QModelIndex &previous) override;

private:
    // What was selected when the filter changed.
    struct Kept
    {
        std::optional<Serial> current = {};
        QList<Serial> serials = {}; // all, in ascending order
        QList<Serial> missing = {}; // of these, the ones that are not shown yet
        bool isWanted = false;      // in sight
    };
    void connectModel();
    void keepPlace(int first, int change);
    void keepSelection();
    void selectKept();

    EventModel *const m_model;
    bool m_isFollowing = true;
    bool m_wasAtNewest = true;
    bool m_isFiltering = false;
    bool m_isRestoring = false;
    Kept m_kept;
    TableColumns *m_columns;
};

} // namespace Pyvent::Inspector

#endif
