// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_SENDPANEL_H
#define PYVENT_INSPECTOR_SENDPANEL_H

#include "argumenttext.h"
#include "buslink.h"
#include "sendhistory.h"

#include <PyventEvent>

#include <QtCore/qtimer.h>
#include <QtWidgets/qwidget.h>

class QLabel;
class QLineEdit;
class QMenu;
class QPlainTextEdit;
class QPushButton;
class QSettings;

namespace Pyvent::Inspector {

// Where events are written and sent. What cannot be read as arguments is marked where it stands while it is typed, and
// is not sent.
class SendPanel : public QWidget
{
    Q_OBJECT

public:
    explicit SendPanel(BusLink *link, QWidget *parent = nullptr);

    // Puts a heard event here, to be sent again after a change.
    void edit(const PyventEvent &event);
    void setDraft(const Draft &draft);
    Draft draft() const;
    void focusName();

    void load(QSettings *settings);
    void save(QSettings *settings) const;

public Q_SLOTS:
    bool send();

protected:
    bool eventFilter(QObject *watched, QEvent *event) override;
    void changeEvent(QEvent *event) override;

private:
    void makeFields();
    void arrange();
    void check();
    void showMistake(const std::optional<ArgumentMistake> &mistake);
    void tell(const QString &text, Tone tone);
    void tellDelivery();
    void fillHistory();
    void stepInHistory(int step);

    BusLink *const m_link;
    SendHistory m_history;
    int m_place = -1; // in the history; -1: what is being written
    Draft m_written;
    QLineEdit *m_name;
    QLineEdit *m_sender;
    QPlainTextEdit *m_arguments;
    QLabel *m_message;
    QPushButton *m_send;
    QMenu *m_historyMenu;
    Tone m_tone = Tone::Quiet;
    QTimer m_again;
    QString m_onItsWay; // the name of what was sent last, until it is known to be delivered
};

} // namespace Pyvent::Inspector

#endif
