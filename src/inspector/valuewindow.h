// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_VALUEWINDOW_H
#define PYVENT_INSPECTOR_VALUEWINDOW_H

#include "valueimage.h"

#include <QtWidgets/qdialog.h>

class QLabel;
class QPlainTextEdit;
class QTabWidget;

namespace Pyvent::Inspector {

// One value in a window of its own: a long text to be read, bytes as numbers, an image to be seen. Several may be open.
class ValueWindow : public QDialog
{
    Q_OBJECT

public:
    ValueWindow(const QString &title, const QVariant &value, QWidget *parent);

    // What Save As writes: a text as UTF-8, bytes as they are, an array that is an image as PNG.
    QByteArray content() const;

private:
    QWidget *makeImage();
    QWidget *makeText();
    void copy();
    void askWhereToSave();
    void save(const QString &path);
    QString described() const;

    const QVariant m_value;
    const ValueImage m_image;
    QTabWidget *m_pages;
    QPlainTextEdit *m_text;
    QLabel *m_note;
};

} // namespace Pyvent::Inspector

#endif
