// SPDX-License-Identifier: MIT
#ifndef RIGREMOTE_H
#define RIGREMOTE_H

#include <PyventNode>

#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSlider>
#include <QSpinBox>
#include <QWidget>

class RigRemote : public QWidget
{
    Q_OBJECT

public:
    explicit RigRemote(const PyventOptions &options);

protected:
    void changeEvent(QEvent *event) override;

private:
    void send(const QString &name, const QVariantMap &args = {});
    void sendNote();
    void showState();
    void log(const QString &line);

    QWidget *makeHeader();
    QWidget *makeDrive();
    QWidget *makeNote();

    QLabel m_dot;
    QLabel m_state;
    QWidget m_controls;
    QPushButton m_start{"&Start"};
    QPushButton m_stop{"S&top"};
    QSlider m_speed{Qt::Horizontal};
    QSpinBox m_speedNumber;
    QSlider m_temperature{Qt::Horizontal};
    QSpinBox m_temperatureNumber;
    QLineEdit m_note;
    QPushButton m_sendNote{"S&end"};
    QPlainTextEdit m_log;
    PyventNode m_node; // ends first, while what shows its state is still there
};

#endif
