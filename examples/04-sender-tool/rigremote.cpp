// SPDX-License-Identifier: MIT
#include "rigremote.h"

#include <QEvent>
#include <QFontDatabase>
#include <QFrame>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QTime>
#include <QVBoxLayout>

namespace {

QColor mixed(const QColor &over, const QColor &under, float part)
{
    return QColor::fromRgbF(over.redF() * part + under.redF() * (1 - part),
                            over.greenF() * part + under.greenF() * (1 - part),
                            over.blueF() * part + under.blueF() * (1 - part));
}

// Lines and quiet text are mixed from the palette's text and base, so that they can be seen on a dark one, too. Its roles "mid"
// and "midlight" are made for edges that look raised: on a dark palette they are nearly black.
QString remoteStyle(const QPalette &palette)
{
    const QColor text = palette.color(QPalette::Active, QPalette::Text);
    const QColor base = palette.color(QPalette::Active, QPalette::Base);
    QString style = R"(
        QFrame#card { background: palette(base); border: 1px solid $faint; border-radius: 8px; }
        QPushButton { padding: 7px 18px; border: 1px solid $line; border-radius: 5px; background: palette(button); }
        QPushButton:hover, QPushButton:focus { border-color: palette(highlight); }
        QPushButton:pressed { background: $faint; }
        QPushButton:disabled { color: $quiet; border-color: $faint; }
        QPushButton#start:enabled { background: #1f7a4d; border-color: #1f7a4d; color: white; }
        QPushButton#start:enabled:pressed, QPushButton#start:enabled:hover { background: #17633d; }
        QPushButton#stop:enabled { background: #b3261e; border-color: #b3261e; color: white; }
        QPushButton#stop:enabled:pressed, QPushButton#stop:enabled:hover { background: #911d17; }
        QPushButton#start:focus:enabled, QPushButton#stop:focus:enabled { border: 2px solid $text; padding: 6px 17px; }
        QLineEdit { padding: 6px; border: 1px solid $line; border-radius: 5px; background: palette(base); }
        QLineEdit:focus { border-color: palette(highlight); }
        QPlainTextEdit { border: none; background: transparent; }
    )";
    style.replace("$faint", mixed(text, base, 0.12F).name());
    style.replace("$line", mixed(text, base, 0.35F).name());
    style.replace("$quiet", mixed(text, base, 0.6F).name());
    return style.replace("$text", text.name());
}

// A box with a title, and room for \a content below it.
QFrame *makeCard(const QString &title, QLayout *content)
{
    auto *card = new QFrame;
    card->setObjectName("card");
    auto *layout = new QVBoxLayout(card);
    layout->setContentsMargins(16, 12, 16, 16);
    layout->setSpacing(12);
    auto *label = new QLabel(title);
    QFont bold = label->font();
    bold.setWeight(QFont::DemiBold);
    label->setFont(bold);
    layout->addWidget(label);
    layout->addLayout(content);
    return card;
}

// A slider and a number that show the same value.
void couple(QSlider &slider, QSpinBox &number, int least, int most, int step, const QString &unit)
{
    slider.setRange(least, most);
    slider.setPageStep(step);
    number.setRange(least, most);
    number.setSingleStep(step);
    number.setSuffix(' ' + unit);
    number.setAlignment(Qt::AlignRight);
    number.setMinimumWidth(number.fontMetrics().averageCharWidth() * 12);
    QObject::connect(&slider, &QSlider::valueChanged, &number, &QSpinBox::setValue);
    QObject::connect(&number, &QSpinBox::valueChanged, &slider, &QSlider::setValue);
}

} // namespace

RigRemote::RigRemote(const PyventOptions &options)
    : m_node(options)
{
    setWindowTitle("Test rig remote");
    setStyleSheet(remoteStyle(palette()));
    auto *controls = new QVBoxLayout(&m_controls);
    controls->setContentsMargins(0, 0, 0, 0);
    controls->setSpacing(12);
    controls->addWidget(makeDrive());
    controls->addWidget(makeNote());

    m_log.setReadOnly(true);
    m_log.setMaximumBlockCount(500);
    m_log.setAccessibleName("Events sent");
    m_log.setPlaceholderText("What you send is listed here.");
    QFont fixed = QFontDatabase::systemFont(QFontDatabase::FixedFont);
    fixed.setPointSizeF(font().pointSizeF());
    m_log.setFont(fixed);
    m_log.document()->setDocumentMargin(0);
    m_log.setTabChangesFocus(true);
    auto *sent = new QVBoxLayout;
    sent->addWidget(&m_log);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(16, 16, 16, 16);
    layout->setSpacing(12);
    layout->addWidget(makeHeader());
    layout->addWidget(&m_controls);
    layout->addWidget(makeCard("Sent", sent), 1);
    resize(520, 600);

    connect(&m_node, &PyventNode::stateChanged, this, &RigRemote::showState);
    connect(&m_node, &PyventNode::errorOccurred, this, [this](const PyventError &error) { log("! " + error.text); });
    showState();
    m_node.tryStart();
}

// Another palette, such as the one of the night, has other colours.
void RigRemote::changeEvent(QEvent *event)
{
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange && remoteStyle(palette()) != styleSheet())
        setStyleSheet(remoteStyle(palette()));
}

QWidget *RigRemote::makeHeader()
{
    auto *header = new QWidget;
    auto *layout = new QHBoxLayout(header);
    layout->setContentsMargins(2, 0, 2, 0);
    layout->setSpacing(8);
    auto *title = new QLabel("Test rig");
    QFont large = title->font();
    large.setPointSizeF(large.pointSizeF() * 1.6);
    title->setFont(large);
    m_dot.setFixedSize(10, 10);
    layout->addWidget(title);
    layout->addStretch();
    layout->addWidget(&m_dot);
    layout->addWidget(&m_state);
    return header;
}

QWidget *RigRemote::makeDrive()
{
    couple(m_speed, m_speedNumber, 0, 3000, 100, "rpm");
    couple(m_temperature, m_temperatureNumber, -40, 120, 5, "°C");
    m_temperature.setValue(20);
    m_start.setObjectName("start");
    m_stop.setObjectName("stop");

    auto *speedLabel = new QLabel("S&peed");
    speedLabel->setBuddy(&m_speed);
    auto *temperatureLabel = new QLabel("&Chamber");
    temperatureLabel->setBuddy(&m_temperature);
    auto *buttons = new QHBoxLayout;
    buttons->setSpacing(8);
    buttons->addWidget(&m_start, 1);
    buttons->addWidget(&m_stop, 1);

    auto *grid = new QGridLayout;
    grid->setHorizontalSpacing(14);
    grid->setVerticalSpacing(12);
    grid->addLayout(buttons, 0, 0, 1, 3);
    grid->addWidget(speedLabel, 1, 0);
    grid->addWidget(&m_speed, 1, 1);
    grid->addWidget(&m_speedNumber, 1, 2);
    grid->addWidget(temperatureLabel, 2, 0);
    grid->addWidget(&m_temperature, 2, 1);
    grid->addWidget(&m_temperatureNumber, 2, 2);

    connect(&m_start, &QPushButton::clicked, this, [this] { send("rig-start"); });
    connect(&m_stop, &QPushButton::clicked, this, [this] { send("rig-stop"); });
    connect(&m_speed, &QSlider::valueChanged, this, [this](int rpm) { send("rig-speed", {{"rpm", rpm}}); });
    connect(&m_temperature, &QSlider::valueChanged, this, [this](int celsius) {
        send("rig-temperature", {{"celsius", celsius}});
    });
    return makeCard("Drive and climate chamber", grid);
}

QWidget *RigRemote::makeNote()
{
    m_note.setPlaceholderText("For the log of the test");
    m_note.setAccessibleName("Note");
    m_sendNote.setEnabled(false);
    auto *row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(&m_note, 1);
    row->addWidget(&m_sendNote);
    connect(&m_note, &QLineEdit::textChanged, this,
            [this](const QString &text) { m_sendNote.setEnabled(!text.trimmed().isEmpty()); });
    connect(&m_note, &QLineEdit::returnPressed, &m_sendNote, &QPushButton::click);
    connect(&m_sendNote, &QPushButton::clicked, this, &RigRemote::sendNote);
    return makeCard("Note", row);
}

void RigRemote::sendNote()
{
    send("rig-note", {{"text", m_note.text().trimmed()}});
    m_note.clear();
}

void RigRemote::send(const QString &name, const QVariantMap &args)
{
    if (!m_node.send(name, args))
        return; // errorOccurred() has said why
    QString line = name.leftJustified(16);
    for (auto argument = args.begin(); argument != args.end(); ++argument)
        line += argument.key() + '=' + argument.value().toString() + ' ';
    log(line);
}

void RigRemote::showState()
{
    // What is sent without a server is kept until there is one. A rig must not start then, late and by surprise.
    const bool isReady = m_node.state() == PyventNode::Ready;
    m_controls.setEnabled(isReady);
    const QString where = QString("%1:%2").arg(m_node.address()).arg(m_node.port());
    m_state.setText(isReady ? "On the bus at " + where : "Waiting for the bus at " + where);
    m_dot.setStyleSheet(QString("background: %1; border-radius: 5px;").arg(isReady ? "#2e9e63" : "#c9820a"));
}

void RigRemote::log(const QString &line)
{
    m_log.appendPlainText(QTime::currentTime().toString("HH:mm:ss") + "  " + line.trimmed());
}
