// SPDX-License-Identifier: MIT
#include "sendpanel.h"

#include <QtCore/qdatetime.h>
#include <QtCore/qlocale.h>
#include <QtCore/qsettings.h>
#include <QtGui/qevent.h>
#include <QtGui/qguiapplication.h>
#include <QtGui/qtextdocument.h>
#include <QtGui/qtextobject.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qgridlayout.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qlineedit.h>
#include <QtWidgets/qmenu.h>
#include <QtWidgets/qplaintextedit.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qscrollbar.h>

#include <algorithm>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

constexpr int visibleLines = 6;

QString hint()
{
    return u"food=sushi\npieces:=8\ntags:=[\"fresh\", null]\nwhen:={\"$type\": \"date\", \"value\": \"2026-01-31\"}"_s;
}

// Not toPlainText(), which makes a space of what is one that must not break.
QString textOf(const QPlainTextEdit *edit)
{
    return edit->document()->toRawText().replace(QChar(QChar::ParagraphSeparator), u'\n');
}

} // namespace

SendPanel::SendPanel(BusLink *link, QWidget *parent)
    : QWidget(parent)
    , m_link(link)
    , m_history()
    , m_written()
    , m_name(new QLineEdit)
    , m_sender(new QLineEdit)
    , m_arguments(new QPlainTextEdit)
    , m_message(new QLabel)
    , m_send(new QPushButton(tr("&Send")))
    , m_historyMenu(new QMenu(this))
{
    makeFields();
    arrange();
    connect(m_send, &QPushButton::clicked, this, &SendPanel::send);
    connect(m_name, &QLineEdit::returnPressed, this, &SendPanel::send);
    connect(m_sender, &QLineEdit::returnPressed, this, &SendPanel::send);
    connect(m_arguments, &QPlainTextEdit::textChanged, this, &SendPanel::check);
    connect(m_historyMenu, &QMenu::aboutToShow, this, &SendPanel::fillHistory);
    m_again.setSingleShot(true);
    m_again.setInterval(100);
    connect(&m_again, &QTimer::timeout, this, &SendPanel::tellDelivery);
    connect(m_link, &BusLink::undeliveredChanged, this, &SendPanel::tellDelivery);
    connect(m_link, &BusLink::stateChanged, this, &SendPanel::tellDelivery);
    // What was refused may have been its name or sender.
    connect(m_name, &QLineEdit::textEdited, this, &SendPanel::check);
    connect(m_sender, &QLineEdit::textEdited, this, &SendPanel::check);
    for (QWidget *field :
         {static_cast<QWidget *>(m_name), static_cast<QWidget *>(m_sender), static_cast<QWidget *>(m_arguments)})
        field->installEventFilter(this);
    check();
}

void SendPanel::makeFields()
{
    m_name->setObjectName(u"sendName"_s);
    m_name->setAccessibleName(tr("Name of the event to send"));
    m_name->setPlaceholderText(u"order-food"_s);
    m_sender->setObjectName(u"sendSender"_s);
    m_sender->setAccessibleName(tr("Sender of the event to send"));
    m_sender->setPlaceholderText(u"pyvent.inspector"_s);
    m_sender->setToolTip(tr("The sender of the event. Empty: this window's own node."));
    m_arguments->setObjectName(u"sendArguments"_s);
    m_arguments->setAccessibleName(tr("Arguments of the event to send"));
    m_arguments->setFont(monospaced());
    m_arguments->setPlaceholderText(hint());
    m_arguments->setTabChangesFocus(true);
    m_arguments->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_arguments->setToolTip(tr("One argument a line, as on the command line:\n"
                               "key=text, or key:=JSON for numbers, lists and everything else.\n"
                               "JSON may go on over lines that begin with a space.\n"
                               "Python's other types: {\"$type\": \"tuple\", \"value\": [1, 2]}"));
    const QFontMetrics metrics(monospaced());
    m_arguments->setMinimumHeight(metrics.lineSpacing() * 4 + 12);
    m_message->setObjectName(u"sendMessage"_s);
    m_message->setTextFormat(Qt::PlainText);
    m_message->setWordWrap(true);
    m_message->setMinimumHeight(m_message->fontMetrics().lineSpacing() * 2);
    m_message->setAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_send->setObjectName(u"send"_s);
    m_send->setToolTip(tr("Ctrl+Return"));
}

void SendPanel::arrange()
{
    auto *title = new QLabel(tr("Send an event"));
    QFont bold = title->font();
    bold.setBold(true);
    title->setFont(bold);
    auto *history = new QPushButton(tr("H&istory"));
    history->setObjectName(u"history"_s);
    history->setMenu(m_historyMenu);
    history->setFlat(true);
    history->setToolTip(tr("The events sent before. Alt+Up and Alt+Down go through them."));
    auto *nameLabel = new QLabel(tr("Na&me"));
    nameLabel->setBuddy(m_name);
    auto *senderLabel = new QLabel(tr("Sende&r"));
    senderLabel->setBuddy(m_sender);
    auto *argumentsLabel = new QLabel(tr("Ar&guments"));
    argumentsLabel->setBuddy(m_arguments);

    auto *head = new QHBoxLayout;
    head->addWidget(title, 1);
    head->addWidget(history);
    auto *foot = new QHBoxLayout;
    foot->setSpacing(8);
    foot->addWidget(m_message, 1);
    foot->addWidget(m_send, 0, Qt::AlignTop);
    auto *layout = new QGridLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setHorizontalSpacing(8);
    layout->setVerticalSpacing(6);
    layout->addLayout(head, 0, 0, 1, 2);
    layout->addWidget(nameLabel, 1, 0);
    layout->addWidget(m_name, 1, 1);
    layout->addWidget(senderLabel, 2, 0);
    layout->addWidget(m_sender, 2, 1);
    layout->addWidget(argumentsLabel, 3, 0, Qt::AlignTop);
    layout->addWidget(m_arguments, 3, 1);
    layout->addLayout(foot, 4, 1);
    layout->setRowStretch(3, 1);
    layout->setColumnStretch(1, 1);
    // Down the form, and not past the history first.
    setTabOrder(m_name, m_sender);
    setTabOrder(m_sender, m_arguments);
    setTabOrder(m_arguments, m_send);
    setTabOrder(m_send, history);
}

Draft SendPanel::draft() const
{
    return {m_name->text().trimmed(), m_sender->text().trimmed(), textOf(m_arguments)};
}

void SendPanel::setDraft(const Draft &draft)
{
    m_name->setText(draft.name);
    m_sender->setText(draft.sender);
    m_arguments->setPlainText(draft.arguments);
    check();
}

void SendPanel::edit(const PyventEvent &event)
{
    // A node's own sender is not repeated: it would be that of another node.
    const bool isNodes = event.sender == u"pyvent"_s || event.sender.startsWith(u"pyvent."_s);
    m_place = -1;
    setDraft({event.name, isNodes ? QString() : event.sender, writeArguments(event.args)});
    m_arguments->setFocus(Qt::OtherFocusReason);
}

void SendPanel::focusName()
{
    m_name->setFocus(Qt::ShortcutFocusReason);
    m_name->selectAll();
}

void SendPanel::check()
{
    m_onItsWay.clear(); // what is written now is another event
    const ParsedArguments parsed = parseArguments(textOf(m_arguments));
    showMistake(parsed.mistake);
    if (parsed.mistake) {
        const int line = m_arguments->document()->findBlock(int(parsed.mistake->position)).blockNumber() + 1;
        tell(tr("Line %1: %2").arg(line).arg(parsed.mistake->reason), Tone::Bad);
    } else {
        tell({}, Tone::Quiet);
    }
}

void SendPanel::showMistake(const std::optional<ArgumentMistake> &mistake)
{
    QList<QTextEdit::ExtraSelection> marks;
    if (mistake) {
        const QColor bad = toneColor(Tone::Bad, QGuiApplication::palette());
        QTextEdit::ExtraSelection line;
        line.cursor = QTextCursor(m_arguments->document());
        line.cursor.setPosition(int(mistake->position));
        line.format.setProperty(QTextFormat::FullWidthSelection, true);
        line.format.setBackground(mixed(bad, QGuiApplication::palette().color(QPalette::Base), 0.14));
        marks.append(line);
        QTextEdit::ExtraSelection part = line;
        const qsizetype last = m_arguments->document()->characterCount() - 1;
        part.cursor.setPosition(int(std::min(mistake->position + mistake->length, last)), QTextCursor::KeepAnchor);
        part.format = QTextCharFormat();
        part.format.setUnderlineStyle(QTextCharFormat::WaveUnderline);
        part.format.setUnderlineColor(bad);
        marks.append(part);
    }
    m_arguments->setExtraSelections(marks);
}

void SendPanel::tell(const QString &text, Tone tone)
{
    m_tone = tone;
    m_message->setText(text);
    QPalette palette = QGuiApplication::palette();
    palette.setColor(QPalette::WindowText, toneColor(tone, palette));
    m_message->setPalette(palette);
}

bool SendPanel::send()
{
    const Draft written = draft();
    const ParsedArguments parsed = parseArguments(written.arguments);
    if (parsed.mistake) {
        check();
        QTextCursor cursor = m_arguments->textCursor();
        cursor.setPosition(int(parsed.mistake->position));
        m_arguments->setTextCursor(cursor);
        m_arguments->setFocus(Qt::OtherFocusReason);
        return false;
    }
    if (written.name.isEmpty()) {
        tell(tr("An event needs a name."), Tone::Bad);
        m_name->setFocus(Qt::OtherFocusReason);
        return false;
    }
    const QString refused = m_link->send(written.name, parsed.arguments, written.sender);
    if (!refused.isEmpty()) {
        tell(refused, Tone::Bad);
        return false;
    }
    m_history.add(written);
    m_place = -1;
    m_onItsWay = written.name;
    tellDelivery();
    return true;
}

// What became of the event that was sent last: said again when that changes. One that is delivered within a turn of the event
// loop changes nothing that the node tells, so that it is asked for, too, until it is known.
void SendPanel::tellDelivery()
{
    if (m_onItsWay.isEmpty())
        return;
    const QString name = m_onItsWay;
    const qsizetype waiting = m_link->undelivered();
    if (!m_link->isJoined() && m_link->gaveUp()) {
        m_onItsWay.clear();
        tell(tr("%1 was not sent: this window has left the bus.").arg(name), Tone::Bad);
    } else if (waiting == 0) {
        m_onItsWay.clear();
        tell(tr("%1 was sent at %2.").arg(name, QTime::currentTime().toString(u"HH:mm:ss"_s)), Tone::Good);
    } else if (m_link->isReady()) {
        tell(tr("%1 is on its way…").arg(name), Tone::Quiet);
        m_again.start();
    } else if (waiting == 1) {
        tell(tr("%1 waits: it is sent as soon as a server answers.").arg(name), Tone::Waiting);
    } else {
        tell(tr("%1 events wait: they are sent as soon as a server answers.").arg(QLocale().toString(waiting)),
             Tone::Waiting);
    }
}

void SendPanel::fillHistory()
{
    m_historyMenu->clear();
    for (const Draft &draft : m_history.drafts()) {
        QString text = draft.name;
        if (const QString arguments = QString(draft.arguments).replace(u'\n', u' '); !arguments.isEmpty())
            text += u"   "_s + (arguments.size() > 60 ? arguments.first(60) + u'…' : arguments);
        QAction *const action = m_historyMenu->addAction(text.replace(u'&', u"&&"_s));
        connect(action, &QAction::triggered, this, [this, draft] {
            setDraft(draft);
            m_arguments->setFocus(Qt::OtherFocusReason);
        });
    }
    if (m_history.drafts().isEmpty())
        m_historyMenu->addAction(tr("Nothing was sent yet"))->setEnabled(false);
    else
        m_historyMenu->addSeparator();
    if (!m_history.drafts().isEmpty())
        connect(m_historyMenu->addAction(tr("Forget all")), &QAction::triggered, this, [this] { m_history.clear(); });
}

void SendPanel::stepInHistory(int step)
{
    const int place = std::clamp(m_place + step, -1, int(m_history.drafts().size()) - 1);
    if (place == m_place)
        return;
    if (m_place < 0)
        m_written = draft();
    m_place = place;
    setDraft(place < 0 ? m_written : m_history.drafts().at(place));
}

void SendPanel::load(QSettings *settings)
{
    m_history.load(settings);
}

void SendPanel::save(QSettings *settings) const
{
    m_history.save(settings);
}

bool SendPanel::eventFilter(QObject *watched, QEvent *event)
{
    if (event->type() != QEvent::KeyPress)
        return QWidget::eventFilter(watched, event);
    const auto *key = static_cast<QKeyEvent *>(event);
    const bool isReturn = key->key() == Qt::Key_Return || key->key() == Qt::Key_Enter;
    if (isReturn && key->modifiers().testFlag(Qt::ControlModifier)) {
        send();
        return true;
    }
    if (key->modifiers() == Qt::AltModifier && (key->key() == Qt::Key_Up || key->key() == Qt::Key_Down)) {
        stepInHistory(key->key() == Qt::Key_Up ? 1 : -1);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

void SendPanel::changeEvent(QEvent *event)
{
    if (event->type() == QEvent::PaletteChange && m_message->text().size() > 0) {
        tell(m_message->text(), m_tone);
        showMistake(parseArguments(textOf(m_arguments)).mistake);
    }
    QWidget::changeEvent(event);
}

} // namespace Pyvent::Inspector
