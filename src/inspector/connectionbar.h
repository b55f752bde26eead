// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_CONNECTIONBAR_H
#define PYVENT_INSPECTOR_CONNECTIONBAR_H

#include "buslink.h"

#include <QtWidgets/qwidget.h>

class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace Pyvent::Inspector {

// Which bus, and how it stands with it, in words and in colour.
class ConnectionBar : public QWidget
{
    Q_OBJECT

public:
    explicit ConnectionBar(BusLink *link, QWidget *parent = nullptr);

    void setPlace(const Place &place);
    Place place() const;

protected:
    void changeEvent(QEvent *event) override;

private:
    void showState();
    void toggle();

    BusLink *const m_link;
    QLineEdit *m_address;
    QSpinBox *m_port;
    QPushButton *m_button;
    QLabel *m_dot;
    QLabel *m_state;
};

} // namespace Pyvent::Inspector

#endif
