// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_WRAPPINGROW_H
#define PYVENT_INSPECTOR_WRAPPINGROW_H

#include <QtWidgets/qwidget.h>

class QBoxLayout;

namespace Pyvent::Inspector {

// Two halves: beside each other where the first has the room that it needs and the second what it wants, else the second one
// below the first.
class WrappingRow : public QWidget
{
    Q_OBJECT

public:
    explicit WrappingRow(QWidget *parent = nullptr);

    QSize minimumSizeHint() const override;

protected:
    QBoxLayout *first() const { return m_first; }
    QBoxLayout *second() const { return m_second; }
    void setMargins(const QMargins &margins);
    // How the room that is left is shared.
    void setStretch(int first, int second);
    void resizeEvent(QResizeEvent *event) override;
    bool event(QEvent *event) override;

private:
    void arrange();

    QBoxLayout *m_whole;
    QBoxLayout *m_first;
    QBoxLayout *m_second;
};

} // namespace Pyvent::Inspector

#endif
