// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_ARGUMENTPANEL_H
#define PYVENT_INSPECTOR_ARGUMENTPANEL_H

#include "argumentmodel.h"
#include "eventmodel.h"

#include <QtWidgets/qwidget.h>

class QAction;
class QToolButton;
class QTreeView;

namespace Pyvent::Inspector {

class ElidedLabel;

// The selected event: what it is, and its arguments as a tree, of which each value can be had in a window of its own.
class ArgumentPanel : public QWidget
{
    Q_OBJECT

public:
    explicit ArgumentPanel(QWidget *parent = nullptr);

    void show(const EventModel &events, std::optional<Serial> serial);
    void setSendAgain(QAction *action);
    // The columns, if a person has arranged them.
    QByteArray saveColumns() const;
    void restoreColumns(const QByteArray &state);

protected:
    void changeEvent(QEvent *event) override;

private:
    void makeActions();
    void setTitleFont();
    void fitKeys();
    void updateActions();
    QModelIndex chosen() const;
    void copyValue();
    void showValue();

    ArgumentModel m_model;
    std::optional<Serial> m_serial;
    QString m_name;
    bool m_isFitting = false;
    bool m_isArranged = false;
    ElidedLabel *m_title;
    QToolButton *m_sendAgain;
    QToolButton *m_showValueButton;
    QTreeView *m_tree;
    QAction *m_copyValue = nullptr;
    QAction *m_showValue = nullptr;
};

} // namespace Pyvent::Inspector

#endif
