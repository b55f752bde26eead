// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EMPTYHINT_H
#define PYVENT_INSPECTOR_EMPTYHINT_H

#include <QtWidgets/qabstractitemview.h>
#include <QtWidgets/qlabel.h>

namespace Pyvent::Inspector {

// What stands in a view as long as it has no rows: why, and what to do about it.
class EmptyHint : public QLabel
{
    Q_OBJECT

public:
    // For a view that has its model.
    EmptyHint(const QString &text, QAbstractItemView *view);

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void arrange();

    QAbstractItemView *const m_view;
};

} // namespace Pyvent::Inspector

#endif
