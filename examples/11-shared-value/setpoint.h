// SPDX-License-Identifier: MIT
#ifndef SETPOINT_H
#define SETPOINT_H

#include <PyventNode>
#include <PyventValue>

#include <QLabel>
#include <QSlider>
#include <QWidget>

// A slider for the shared value "room.setpoint", and a label that shows it.
class SetPoint : public QWidget
{
public:
    explicit SetPoint(const PyventOptions &options);

private:
    PyventNode m_node;
    PyventValue<double> m_celsius;
    QSlider m_slider;
    QLabel m_label;
    QPropertyNotifier m_shown; // as long as this lives
    QPropertyNotifier m_greyed;
};

#endif
