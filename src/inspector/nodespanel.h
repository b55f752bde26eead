// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_NODESPANEL_H
#define PYVENT_INSPECTOR_NODESPANEL_H

#include "nodesmodel.h"

#include <QtWidgets/qwidget.h>

class QTableView;

namespace Pyvent::Inspector {

class TableColumns;

// Who is on the bus, and who serves it.
class NodesPanel : public QWidget
{
    Q_OBJECT

public:
    explicit NodesPanel(NodesModel *model, QWidget *parent = nullptr);

    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &state);
    void setAsk(QAction *action);

private:
    QTableView *m_view;
    TableColumns *m_columns;
};

} // namespace Pyvent::Inspector

#endif
