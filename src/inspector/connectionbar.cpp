// SPDX-License-Identifier: MIT
#include "connectionbar.h"

#include <QtCore/qcoreevent.h>
#include <QtGui/qguiapplication.h>
#include <QtGui/qpainter.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qspinbox.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

constexpr int dotSize = 10;

QPixmap dot(const QColor &color, qreal scale)
{
    QPixmap pixmap(QSize(dotSize, dotSize) * scale);
    pixmap.setDevicePixelRatio(scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(QRectF(0, 0, dotSize, dotSize));
    return pixmap;
}

} // namespace

ConnectionBar::ConnectionBar(BusLink *link, QWidget *parent)
    : QWidget(parent)
    , m_link(link)
    , m_address(new QLineEdit)
    , m_port(new QSpinBox)
    , m_button(new QPushButton)
    , m_dot(new QLabel)
    , m_state(new QLabel)
{
    m_address->setObjectName(u"address"_s);
    m_address->setAccessibleName(tr("Address of the server"));
    m_address->setToolTip(tr("Where the server is: an IP address or a host's name."));
    m_address->setMinimumWidth(m_address->fontMetrics().averageCharWidth() * 22);
    m_address->setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    m_port->setObjectName(u"port"_s);
    m_port->setAccessibleName(tr("Port of the bus"));
    m_port->setToolTip(tr("Events are sent to this port, and heard from the next one."));
    m_port->setRange(1, 65534);
    m_port->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_port->setGroupSeparatorShown(false);
    m_button->setObjectName(u"connect"_s);
    m_state->setObjectName(u"state"_s);
    m_state->setTextFormat(Qt::PlainText);

    auto *addressLabel = new QLabel(tr("&Address"));
    addressLabel->setBuddy(m_address);
    auto *portLabel = new QLabel(tr("&Port"));
    portLabel->setBuddy(m_port);

    auto *layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 8, 12, 8);
    layout->setSpacing(8);
    for (QWidget *widget :
         {static_cast<QWidget *>(addressLabel), static_cast<QWidget *>(m_address), static_cast<QWidget *>(portLabel),
          static_cast<QWidget *>(m_port), static_cast<QWidget *>(m_button)})
        layout->addWidget(widget);
    layout->addSpacing(8);
    layout->addWidget(m_dot);
    layout->addWidget(m_state, 1);

    connect(m_button, &QPushButton::clicked, this, &ConnectionBar::toggle);
    connect(m_address, &QLineEdit::returnPressed, this, [this] { m_link->join(place()); });
    connect(m_port->findChild<QLineEdit *>(), &QLineEdit::returnPressed, this, [this] { m_link->join(place()); });
    // What is typed is another place than the one that it is connected to: the button says what it would do.
    connect(m_address, &QLineEdit::textEdited, this, &ConnectionBar::showState);
    connect(m_port, &QSpinBox::valueChanged, this, &ConnectionBar::showState);
    connect(m_link, &BusLink::stateChanged, this, &ConnectionBar::showState);
    showState();
}

void ConnectionBar::setPlace(const Place &place)
{
    m_address->setText(place.address);
    m_port->setValue(place.port);
    showState();
}

Place ConnectionBar::place() const
{
    return {m_address->text().trimmed(), m_port->value()};
}

void ConnectionBar::toggle()
{
    if (m_link->isJoined() && m_link->place() == place())
        m_link->leave();
    else
        m_link->join(place());
}

void ConnectionBar::showState()
{
    const QColor color = toneColor(m_link->stateTone(), QGuiApplication::palette());
    m_dot->setPixmap(dot(color, devicePixelRatioF()));
    m_state->setText(m_link->stateText());
    QPalette palette = m_state->palette();
    palette.setColor(QPalette::WindowText, color);
    m_state->setPalette(palette);
    m_button->setText(m_link->isJoined() && m_link->place() == place() ? tr("&Disconnect") : tr("&Connect"));
    m_button->setEnabled(!place().address.isEmpty());
}

void ConnectionBar::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        showState();
    QWidget::changeEvent(event);
}

} // namespace Pyvent::Inspector
