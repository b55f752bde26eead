// SPDX-License-Identifier: MIT
#ifndef THERMOSTAT_H
#define THERMOSTAT_H

#include "temperatureplot.h"

#include <PyventNode>

#include <QLabel>
#include <QProgressBar>
#include <QSlider>
#include <QTimer>
#include <QWidget>

class Thermostat : public QWidget
{
    Q_OBJECT

public:
    explicit Thermostat(const PyventOptions &options);

private:
    void showTemperature(double celsius, double power);
    void showSilence();
    void choose(int halfDegrees);
    void sendSetPoint();

    QLabel m_temperature;
    QLabel m_hint;
    QLabel m_heating{"Heater"};
    QProgressBar m_power;
    TemperaturePlot m_plot;
    QSlider m_slider{Qt::Horizontal};
    QLabel m_setPoint;
    QTimer m_silence;
    bool m_isSilent = true;
    PyventNode m_node; // ends first, while what its handlers use is still there
};

#endif
