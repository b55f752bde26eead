// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_MESSAGEBAR_H
#define PYVENT_INSPECTOR_MESSAGEBAR_H

#include "textstyle.h"

#include <QtWidgets/qframe.h>

class QLabel;

namespace Pyvent::Inspector {

// Says what went wrong, above the table, without stopping anything. The newest message replaces the one before it, and one
// whose cause is over is withdrawn.
class MessageBar : public QFrame
{
    Q_OBJECT

public:
    explicit MessageBar(QWidget *parent = nullptr);

    // What a message is about, for withdraw().
    enum Topic { Other, Connection, Serving };

    void say(const QString &text, Tone tone, Topic topic = Other);
    void withdraw(Topic topic);
    QString text() const { return m_text; }

protected:
    void changeEvent(QEvent *event) override;

private:
    void paintTone();

    QLabel *m_label;
    QString m_text;
    Tone m_tone = Tone::Bad;
    Topic m_topic = Other;
    int m_times = 0;
    bool m_isPainting = false;
};

} // namespace Pyvent::Inspector

#endif
