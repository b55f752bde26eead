// SPDX-License-Identifier: MIT
#ifndef VOLUMEWINDOW_H
#define VOLUMEWINDOW_H

#include <PyventNode>

#include <QLabel>
#include <QSlider>
#include <QWidget>

class VolumeWindow : public QWidget
{
    Q_OBJECT

public:
    explicit VolumeWindow(const PyventOptions &options);

Q_SIGNALS:
    // The user of this window has chosen a volume. The bus is told this one, and not QSlider::valueChanged: that also
    // comes when the slider follows another window, and would echo what was heard.
    void volumeChosen(int percent);

private:
    void choose(int percent);
    void follow(int percent);
    void display(int percent, const QString &by);

    QSlider m_slider{Qt::Horizontal};
    QLabel m_percent;
    QLabel m_by;
    PyventNode m_node; // ends first, while what shows its state is still there
};

#endif
