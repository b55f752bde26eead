// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_ARGUMENTPANEL_H
#define PYVENT_INSPECTOR_ARGUMENTPANEL_H

#include "argumentmodel.h"
#include "eventmodel.h"

#include <QtWidgets/qwidget.h>

class QLabel;
class QToolButton;
class QTreeView;

namespace Pyvent::Inspector {

// The selected event: what it is, and its arguments as a tree.
class ArgumentPanel : public QWidget
{
    Q_OBJECT

public:
    explicit ArgumentPanel(QWidget *parent = nullptr);

    void show(const EventModel &events, std::optional<Serial> serial);
    void setSendAgain(QAction *action);
    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &state);

private:
    void copyValue();

    ArgumentModel m_model;
    std::optional<Serial> m_serial;
    QLabel *m_title;
    QToolButton *m_sendAgain;
    QTreeView *m_tree;
};

} // namespace Pyvent::Inspector

#endif
