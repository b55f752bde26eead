// SPDX-License-Identifier: MIT
#include "emptyhint.h"

#include <QtCore/qcoreevent.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qpushbutton.h>

#include <algorithm>
#include <limits>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

constexpr int hintMargin = 12;
constexpr int hintSpacing = 10;

} // namespace

EmptyHint::EmptyHint(const QString &text, QAbstractItemView *view)
    : QWidget(view->viewport())
    , m_view(view)
    , m_text(text)
    , m_label(new QLabel(this))
    , m_button(new QPushButton(this))
{
    setObjectName(view->objectName() + u"Hint"_s);
    m_label->setAlignment(Qt::AlignCenter);
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setForegroundRole(QPalette::PlaceholderText);
    m_button->setObjectName(view->objectName() + u"Remedy"_s);
    m_button->hide();
    connect(m_button, &QPushButton::clicked, this, [this] {
        if (m_remedy)
            m_remedy->trigger();
    });

    view->viewport()->installEventFilter(this);
    QAbstractItemModel *const model = view->model();
    connect(model, &QAbstractItemModel::rowsInserted, this, &EmptyHint::arrange);
    connect(model, &QAbstractItemModel::rowsRemoved, this, &EmptyHint::arrange);
    connect(model, &QAbstractItemModel::modelReset, this, &EmptyHint::arrange);
    arrange();
}

void EmptyHint::say(const QString &text, QAction *remedy, const QString &label)
{
    if (text == m_text && remedy == m_remedy)
        return;
    m_text = text;
    m_remedy = remedy;
    m_button->setVisible(remedy);
    if (remedy) {
        m_button->setText(label.isEmpty() ? remedy->iconText() : label); // without a mnemonic: its menu has that
        m_button->setToolTip(remedy->toolTip());
    }
    arrange();
}

bool EmptyHint::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() == QEvent::Resize || event->type() == QEvent::FontChange)
        arrange();
    return QWidget::eventFilter(watched, event);
}

void EmptyHint::arrange()
{
    setVisible(m_view->model()->rowCount() == 0);
    setGeometry(m_view->viewport()->rect());
    // Where there is no room for all, the first paragraph has to do, and if need be with the button beside it.
    const QString first = m_text.section(u"\n\n"_s, 0, 0);
    if (!placeBelow(m_text) && !placeBelow(first))
        placeBeside(first);
}

QSize EmptyHint::textSize(const QString &text, int width) const
{
    const QRect room(0, 0, std::max(1, width), std::numeric_limits<short>::max());
    return m_label->fontMetrics().boundingRect(room, Qt::AlignCenter | Qt::TextWordWrap, text).size();
}

// The text, and the button below it; false if that is too high.
bool EmptyHint::placeBelow(const QString &text)
{
    const QSize button = m_remedy ? m_button->sizeHint() : QSize(0, 0);
    const QSize words = textSize(text, width() - 2 * hintMargin);
    const int whole = words.height() + (m_remedy ? hintSpacing + button.height() : 0);
    if (whole > height())
        return false;
    const int top = (height() - whole) / 2;
    m_label->setText(text);
    m_label->setGeometry(hintMargin, top, width() - 2 * hintMargin, words.height());
    m_button->setGeometry({{(width() - button.width()) / 2, top + words.height() + hintSpacing}, button});
    return true;
}

void EmptyHint::placeBeside(const QString &text)
{
    const QSize button = m_remedy ? m_button->sizeHint() + QSize(hintSpacing, 0) : QSize(0, 0);
    const int words =
        std::min(textSize(text, std::numeric_limits<short>::max()).width(), width() - 2 * hintMargin - button.width());
    const int left = (width() - words - button.width()) / 2;
    m_label->setText(text);
    m_label->setGeometry(left, 0, words, height());
    m_button->setGeometry(left + words + hintSpacing, (height() - button.height()) / 2, button.width() - hintSpacing,
                          std::min(button.height(), height()));
}

} // namespace Pyvent::Inspector
