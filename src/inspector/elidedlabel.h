// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_ELIDEDLABEL_H
#define PYVENT_INSPECTOR_ELIDEDLABEL_H

#include <QtWidgets/qlabel.h>

namespace Pyvent::Inspector {

// One line that is cut where there is no room for it, instead of making the window wider; its tool tip has all of it.
class ElidedLabel : public QLabel
{
    Q_OBJECT

public:
    explicit ElidedLabel(Qt::TextElideMode mode = Qt::ElideMiddle, QWidget *parent = nullptr);

    // As many average characters of it are wanted; all, if it is 0.
    void setWanted(int characters);

    QSize sizeHint() const override;
    QSize minimumSizeHint() const override;

protected:
    bool event(QEvent *event) override;
    void paintEvent(QPaintEvent *event) override;

private:
    QString elided() const;

    const Qt::TextElideMode m_mode;
    int m_wanted = 0;
};

} // namespace Pyvent::Inspector

#endif
