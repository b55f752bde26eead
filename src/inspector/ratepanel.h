// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_RATEPANEL_H
#define PYVENT_INSPECTOR_RATEPANEL_H

#include "ratemodel.h"

#include <QtCore/qsortfilterproxymodel.h>
#include <QtWidgets/qwidget.h>

class QTableView;

namespace Pyvent::Inspector {

class TableColumns;

// How often what comes: the plot of the last minute over the list of names.
class RatePanel : public QWidget
{
    Q_OBJECT

public:
    explicit RatePanel(RateModel *model, QWidget *parent = nullptr);

    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &state);

Q_SIGNALS:
    // A name was chosen to be looked at alone, or not at all.
    void onlyWanted(const QString &name);
    void notWanted(const QString &name);

private:
    void addActions();

    RateModel *const m_model;
    QSortFilterProxyModel m_sorted; // of names, which are few
    QTableView *m_view;
    TableColumns *m_columns;
};

} // namespace Pyvent::Inspector

#endif
