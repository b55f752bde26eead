// SPDX-License-Identifier: MIT
#include "emptyhint.h"

#include <QtCore/qcoreevent.h>

namespace Pyvent::Inspector {

EmptyHint::EmptyHint(const QString &text, QAbstractItemView *view)
    : QLabel(text, view->viewport())
    , m_view(view)
{
    setAlignment(Qt::AlignCenter);
    setWordWrap(true);
    setTextFormat(Qt::PlainText);
    setForegroundRole(QPalette::PlaceholderText);
    setAttribute(Qt::WA_TransparentForMouseEvents);
    view->viewport()->installEventFilter(this);
    QAbstractItemModel *const model = view->model();
    connect(model, &QAbstractItemModel::rowsInserted, this, &EmptyHint::arrange);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &EmptyHint::arrange);
    connect(model, &QAbstractItemModel::modelReset, this, &EmptyHint::arrange);
    arrange();
}

bool EmptyHint::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize)
        arrange();
    return QLabel::eventFilter(watched, event);
}

void EmptyHint::arrange()
{
    constexpr int margin = 24;
    setVisible(m_view->model()->rowCount() == 0);
    setGeometry(m_view->viewport()->rect().adjusted(margin, 0, -margin, 0));
}

} // namespace Pyvent::Inspector
