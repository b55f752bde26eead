// SPDX-License-Identifier: MIT
#include "connectionbar.h"

#include "elidedlabel.h"

#include <QtCore/qcoreevent.h>
#include <QtGui/qguiapplication.h>
#include <QtGui/qpainter.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qspinbox.h>
#include <QtWidgets/qtoolbutton.h>

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
    : WrappingRow(parent)
    , m_link(link)
    , m_address(new QLineEdit)
    , m_port(new QSpinBox)
    , m_button(new QPushButton)
    , m_dot(new QLabel)
    , m_state(new ElidedLabel(Qt::ElideRight))
    , m_serve(new QToolButton)
{
    m_address->setObjectName(u"address"_s);
    m_address->setAccessibleName(tr("Address of the server"));
    m_address->setToolTip(tr("The IP address or the name of the server's host."));
    m_address->setMinimumWidth(m_address->fontMetrics().averageCharWidth() * 12);
    m_address->setMaximumWidth(m_address->fontMetrics().averageCharWidth() * 22);
    m_port->setObjectName(u"port"_s);
    m_port->setAccessibleName(tr("Port of the bus"));
    m_port->setToolTip(tr("Events are sent to this port, and heard from the next one."));
    m_port->setRange(1, 65534);
    m_port->setButtonSymbols(QAbstractSpinBox::NoButtons);
    m_port->setGroupSeparatorShown(false);
    m_button->setObjectName(u"connect"_s);
    m_state->setObjectName(u"state"_s);
    m_serve->setObjectName(u"serveHere"_s);
    m_serve->hide();

    auto *addressLabel = new QLabel(tr("&Address"));
    addressLabel->setBuddy(m_address);
    auto *portLabel = new QLabel(tr("&Port"));
    portLabel->setBuddy(m_port);

    setMargins({12, 8, 12, 8});
    setStretch(0, 1);
    first()->addWidget(addressLabel);
    first()->addWidget(m_address);
    first()->addWidget(portLabel);
    first()->addWidget(m_port);
    first()->addWidget(m_button);
    first()->addStretch();
    second()->addWidget(m_dot);
    second()->addWidget(m_state, 1);
    second()->addWidget(m_serve);

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

void ConnectionBar::setServe(QAction *serve)
{
    m_serve->setDefaultAction(serve);
    m_serve->setToolButtonStyle(Qt::ToolButtonTextOnly);
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
    // Where all is well, its beginning says that.
    m_state->setWanted(m_link->isReady() ? 13 : 0);
    QPalette palette = m_state->palette();
    palette.setColor(QPalette::WindowText, color);
    m_state->setPalette(palette);
    m_button->setText(m_link->isJoined() && m_link->place() == place() ? tr("Disconnec&t") : tr("Connec&t"));
    m_button->setEnabled(!place().address.isEmpty());
    m_serve->setVisible(m_link->isUnanswered() && m_serve->defaultAction());
}

void ConnectionBar::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange)
        showState();
    WrappingRow::changeEvent(event);
}

} // namespace Pyvent::Inspector
