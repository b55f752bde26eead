// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EMPTYHINT_H
#define PYVENT_INSPECTOR_EMPTYHINT_H

#include <QtCore/qpointer.h>
#include <QtGui/qaction.h>
#include <QtWidgets/qabstractitemview.h>

class QLabel;
class QPushButton;

namespace Pyvent::Inspector {

// What stands in a view as long as it has no rows: why, and what to do about it, if possible with a button that does it. Its
// first paragraph stands alone where there is little room.
class EmptyHint : public QWidget
{
    Q_OBJECT

public:
    // For a view that has its model.
    EmptyHint(const QString &text, QAbstractItemView *view);

    // The button says \a label, or what \a remedy says in its menu.
    void say(const QString &text, QAction *remedy = nullptr, const QString &label = QString());
    QString text() const { return m_text; }

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void arrange();
    QSize textSize(const QString &text, int width) const;
    bool placeBelow(const QString &text);
    void placeBeside(const QString &text);

    QAbstractItemView *const m_view;
    QString m_text;
    QLabel *m_label;
    QPushButton *m_button;
    QPointer<QAction> m_remedy;
};

} // namespace Pyvent::Inspector

#endif
