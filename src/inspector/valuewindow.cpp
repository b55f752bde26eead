// SPDX-License-Identifier: MIT
#include "valuewindow.h"

#include "elidedlabel.h"
#include "imageview.h"
#include "pythontext.h"
#include "pythontype.h"
#include "textstyle.h"
#include "valuetext.h"

#include <QtCore/qbuffer.h>
#include <QtCore/qdir.h>
#include <QtCore/qlocale.h>
#include <QtCore/qsavefile.h>
#include <QtGui/qclipboard.h>
#include <QtGui/qguiapplication.h>
#include <QtGui/qscreen.h>
#include <QtWidgets/qboxlayout.h>
#include <QtWidgets/qcheckbox.h>
#include <QtWidgets/qfiledialog.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qplaintextedit.h>
#include <QtWidgets/qpushbutton.h>
#include <QtWidgets/qtabbar.h>
#include <QtWidgets/qtabwidget.h>

namespace Pyvent::Inspector {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

ValueWindow::ValueWindow(const QString &title, const QVariant &value, QWidget *parent)
    : QDialog(parent)
    , m_value(value)
    , m_image(imageOf(value))
    , m_pages(new QTabWidget)
    , m_text(new QPlainTextEdit)
    , m_note(new ElidedLabel(Qt::ElideRight))
{
    setObjectName(u"valueWindow"_s);
    setAttribute(Qt::WA_DeleteOnClose);
    setWindowTitle(title);
    m_pages->setDocumentMode(true);
    if (!m_image.format.isEmpty())
        m_pages->addTab(makeImage(), tr("Image"));
    m_pages->addTab(makeText(), value.typeId() == QMetaType::QByteArray ? tr("Bytes") : tr("Text"));
    m_pages->tabBar()->setVisible(m_pages->count() > 1);
    m_note->setObjectName(u"valueNote"_s);

    auto *wrap = new QCheckBox(tr("&Wrap lines"));
    const bool isProse = value.typeId() != QMetaType::QByteArray;
    wrap->setVisible(isProse);
    connect(wrap, &QCheckBox::toggled, this, [this](bool isOn) {
        m_text->setLineWrapMode(isOn ? QPlainTextEdit::WidgetWidth : QPlainTextEdit::NoWrap);
    });
    wrap->setChecked(isProse);
    auto *copyButton = new QPushButton(tr("&Copy"));
    connect(copyButton, &QPushButton::clicked, this, &ValueWindow::copy);
    auto *saveButton = new QPushButton(tr("&Save As…"));
    connect(saveButton, &QPushButton::clicked, this, &ValueWindow::askWhereToSave);
    auto *close = new QPushButton(tr("C&lose"));
    close->setDefault(true);
    connect(close, &QPushButton::clicked, this, &QDialog::close);

    auto *foot = new QHBoxLayout;
    foot->addWidget(m_note, 1);
    foot->addWidget(wrap);
    foot->addWidget(copyButton);
    foot->addWidget(saveButton);
    foot->addWidget(close);
    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 12, 12, 12);
    layout->setSpacing(10);
    layout->addWidget(m_pages, 1);
    layout->addLayout(foot);
    // Room for a line of bytes, and for some 24 lines.
    const QFontMetrics fixed(monospaced());
    const QSize wanted(fixed.horizontalAdvance(u'0') * 82 + 60, fixed.lineSpacing() * 24 + 110);
    resize(wanted.expandedTo({560, 420}).boundedTo(screen()->availableSize() * 9 / 10));
    m_pages->currentWidget()->setFocus();
}

QWidget *ValueWindow::makeImage()
{
    if (!m_image.image.isNull())
        return new ImageView(m_image.image);
    auto *problem = new QLabel(m_image.problem);
    problem->setAlignment(Qt::AlignCenter);
    problem->setWordWrap(true);
    problem->setTextFormat(Qt::PlainText);
    return problem;
}

QWidget *ValueWindow::makeText()
{
    const ValueText shown = textOf(m_value);
    m_text->setObjectName(u"valueText"_s);
    m_text->setAccessibleName(tr("Value"));
    m_text->setReadOnly(true);
    m_text->setFont(monospaced());
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse | Qt::TextSelectableByKeyboard);
    m_text->setTabChangesFocus(true);
    m_text->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_text->setPlainText(shown.text);
    QString note = described();
    if (!shown.isWhole)
        note += tr(". This is the beginning: copy or save it to have all.");
    else if (shown.isBroken)
        note += tr(". Lines are broken after %1 characters here, and not in what is copied or saved.")
                    .arg(QLocale().toString(longestShownLine));
    m_note->setText(note);
    return m_text;
}

// "bytes, 2,048 · PNG, 320 × 200 pixels"
QString ValueWindow::described() const
{
    const QLocale locale;
    QString text = pythonType(m_value);
    if (m_value.typeId() == QMetaType::QByteArray)
        text = tr("%1 bytes").arg(locale.toString(m_value.toByteArray().size()));
    else if (m_value.typeId() == QMetaType::QString)
        text = tr("%1 characters").arg(locale.toString(m_value.toString().size()));
    if (!m_image.image.isNull()) {
        text +=
            tr(" · %1, %2 × %3 pixels")
                .arg(m_image.format, locale.toString(m_image.image.width()), locale.toString(m_image.image.height()));
    }
    return text;
}

QByteArray ValueWindow::content() const
{
    if (m_value.typeId() == QMetaType::QByteArray)
        return m_value.toByteArray();
    if (m_value.typeId() == QMetaType::QString)
        return m_value.toString().toUtf8();
    if (m_image.image.isNull())
        return pythonText(m_value).toUtf8();
    QByteArray png;
    QBuffer buffer(&png);
    buffer.open(QIODevice::WriteOnly);
    m_image.image.save(&buffer, "PNG");
    return png;
}

void ValueWindow::copy()
{
    QClipboard *const clipboard = QGuiApplication::clipboard();
    if (qobject_cast<ImageView *>(m_pages->currentWidget()))
        clipboard->setImage(m_image.image);
    else
        clipboard->setText(m_value.typeId() == QMetaType::QString ? m_value.toString() : pythonText(m_value));
}

void ValueWindow::askWhereToSave()
{
    auto *dialog = new QFileDialog(this, tr("Save the Value"));
    dialog->setAttribute(Qt::WA_DeleteOnClose);
    dialog->setAcceptMode(QFileDialog::AcceptSave);
    connect(dialog, &QFileDialog::fileSelected, this, &ValueWindow::save);
    dialog->open();
}

void ValueWindow::save(const QString &path)
{
    QSaveFile file(path);
    const QByteArray bytes = content();
    const bool isSaved = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    m_note->setText(isSaved ? tr("Saved in %1.").arg(QDir::toNativeSeparators(path))
                            : tr("'%1' cannot be written: %2").arg(QDir::toNativeSeparators(path), file.errorString()));
}

} // namespace Pyvent::Inspector
