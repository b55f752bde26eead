// SPDX-License-Identifier: MIT
#include "tonelabel.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qscopedvaluerollback.h>
#include <QtGui/qguiapplication.h>

namespace Pyvent::Inspector {

ToneLabel::ToneLabel(Tone tone, QWidget *parent)
    : QLabel(parent)
    , m_tone(tone)
{
    setTextFormat(Qt::PlainText);
    paintTone();
}

void ToneLabel::paintTone()
{
    const QScopedValueRollback painting(m_isPainting, true);
    QPalette palette = QGuiApplication::palette();
    palette.setColor(QPalette::WindowText, toneColor(m_tone, palette));
    setPalette(palette);
}

void ToneLabel::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && !m_isPainting)
        paintTone();
    QLabel::changeEvent(event);
}

} // namespace Pyvent::Inspector
