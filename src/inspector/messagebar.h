// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_MESSAGEBAR_H
#define PYVENT_INSPECTOR_MESSAGEBAR_H

#include "textstyle.h"

#include <QtWidgets/qframe.h>

class QLabel;

namespace Pyvent::Inspector {

// Says what went wrong, above the table, without stopping anything. The newest message replaces the one before it.
class MessageBar : public QFrame
{
    Q_OBJECT

public:
    explicit MessageBar(QWidget *parent = nullptr);

    void say(const QString &text, Tone tone);
    QString text() const { return m_text; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void paintTone();

    QLabel *m_label;
    QString m_text;
    Tone m_tone = Tone::Bad;
    int m_times = 0;
    bool m_isPainting = false;
};

} // namespace Pyvent::Inspector

#endif
