// SPDX-License-Identifier: MIT
#include "messagebar.h"

#include <QtCore/qcoreevent.h>
#include <QtGui/qguiapplication.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qstyle.h>
#include <QtWidgets/qtoolbutton.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

MessageBar::MessageBar(QWidget *parent)
    : QFrame(parent)
    , m_label(new QLabel)
{
    setObjectName(u"messageBar"_s);
    setAccessibleName(tr("Message"));
    setAutoFillBackground(true);
    m_label->setWordWrap(true);
    m_label->setTextFormat(Qt::PlainText);
    m_label->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto *close = new QToolButton;
    close->setObjectName(u"closeMessage"_s);
    close->setText(tr("Dismiss"));
    close->setAutoRaise(true);
    close->setAccessibleName(tr("Dismiss the message"));
    connect(close, &QToolButton::clicked, this, &QWidget::hide);

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 6, 6, 6);
    layout->addWidget(m_label, 1);
    layout->addWidget(close, 0, Qt::AlignTop);
    hide();
}

void MessageBar::say(const QString &text, Tone tone, Topic topic)
{
    m_topic = topic;
    m_times = isHidden() || text != m_text ? 1 : m_times + 1;
    m_text = text;
    m_tone = tone;
    m_label->setText(m_times > 1 ? tr("%1 (%2 times)").arg(text).arg(m_times) : text);
    paintTone();
    show();
}

void MessageBar::withdraw(Topic topic)
{
    if (m_topic == topic)
        hide();
}

void MessageBar::paintTone()
{
    m_isPainting = true;
    const QPalette application = QGuiApplication::palette();
    QPalette own = application;
    own.setColor(QPalette::Window, mixed(toneColor(m_tone, application), application.color(QPalette::Window), 0.16));
    setPalette(own);
    m_isPainting = false;
}

void MessageBar::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && !m_isPainting)
        paintTone();
    QFrame::changeEvent(event);
}

} // namespace Pyvent::Inspector
