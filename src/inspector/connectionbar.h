// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_CONNECTIONBAR_H
#define PYVENT_INSPECTOR_CONNECTIONBAR_H

#include "buslink.h"
#include "wrappingrow.h"

class QAction;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;
class QToolButton;

namespace Pyvent::Inspector {

class ElidedLabel;

// Which bus, how it stands with it, in words and in colour, and what to do where nobody serves it.
class ConnectionBar : public WrappingRow
{
    Q_OBJECT

public:
    explicit ConnectionBar(BusLink *link, QWidget *parent = nullptr);

    void setPlace(const Place &place);
    Place place() const;
    // Offered where nobody serves.
    void setServe(QAction *serve);

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
    ElidedLabel *m_state;
    QToolButton *m_serve;
};

} // namespace Pyvent::Inspector

#endif
