// SPDX-License-Identifier: MIT
#include "filterbar.h"

#include <QtCore/qscopedvaluerollback.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

FilterBar::FilterBar(QWidget *parent)
    : WrappingRow(parent)
    , m_name(nullptr)
    , m_sender(nullptr)
    , m_text(nullptr)
{
    const QString patterns =
        tr("Part of it, or a glob: '*' stands for any characters, '?' for one.\n"
           "Several with spaces between them; '!' before one hides what fits it, '=' wants the whole.");
    m_name = addField(first(), u"nameFilter"_s, tr("&Name"), tr("order-* !heartbeat"), patterns, 3);
    m_sender = addField(first(), u"senderFilter"_s, tr("Sen&der"), tr("any"), patterns, 2);
    setStretch(4, 5);
    m_text = addField(second(), u"textFilter"_s, tr("Te&xt"), tr("in names and arguments"),
                      tr("A text in the name, the sender, or the arguments as they are shown."), 3);
}

QLineEdit *FilterBar::addField(QBoxLayout *half, const QString &name, const QString &label, const QString &hint,
                               const QString &toolTip, int stretch)
{
    constexpr int least = 14; // characters
    auto *field = new QLineEdit;
    field->setObjectName(name);
    field->setPlaceholderText(hint);
    field->setClearButtonEnabled(true);
    field->setToolTip(toolTip);
    field->setAccessibleName(tr("Filter by %1").arg(QString(label).remove(u'&').toLower()));
    auto *title = new QLabel(label);
    title->setBuddy(field);
    field->setMinimumWidth(field->fontMetrics().averageCharWidth() * least);
    half->addWidget(title);
    half->addWidget(field, stretch);
    connect(field, &QLineEdit::textChanged, this, &FilterBar::changed);
    return field;
}

FilterTexts FilterBar::texts() const
{
    return {m_name->text(), m_sender->text(), m_text->text()};
}

void FilterBar::setTexts(const FilterTexts &texts)
{
    const FilterTexts before = this->texts();
    {
        // Once, and not once for each field.
        const QSignalBlocker blocker(this);
        m_name->setText(texts.name);
        m_sender->setText(texts.sender);
        m_text->setText(texts.text);
    }
    if (texts != before)
        Q_EMIT changed();
}

bool FilterBar::hasFocusInside() const
{
    return isAncestorOf(window()->focusWidget());
}

void FilterBar::focusName()
{
    m_name->setFocus(Qt::ShortcutFocusReason);
    m_name->selectAll();
}

void FilterBar::addButton(QAction *action)
{
    auto *button = new QToolButton;
    button->setDefaultAction(action);
    button->setToolButtonStyle(Qt::ToolButtonTextOnly);
    second()->addWidget(button);
}

} // namespace Pyvent::Inspector
