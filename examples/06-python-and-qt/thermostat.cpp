// SPDX-License-Identifier: MIT
#include "thermostat.h"

#include <QGridLayout>
#include <QHBoxLayout>
#include <QVBoxLayout>

using namespace std::chrono_literals;

Thermostat::Thermostat(const PyventOptions &options)
    : m_node(options)
{
    setWindowTitle("Thermostat");
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    QFont large = m_temperature.font();
    large.setPointSizeF(large.pointSizeF() * 4);
    large.setWeight(QFont::Light);
    m_temperature.setFont(large);
    m_hint.setForegroundRole(QPalette::PlaceholderText);
    m_power.setRange(0, 100);
    m_power.setTextVisible(false);
    m_power.setFixedSize(140, 8);
    m_power.setAccessibleName("Heater's power");
    m_heating.setForegroundRole(QPalette::PlaceholderText);
    m_slider.setRange(5 * 2, 35 * 2); // half degrees
    m_slider.setPageStep(2);
    m_slider.setAccessibleName("Set-point");
    m_setPoint.setAlignment(Qt::AlignRight | Qt::AlignVCenter);
    m_setPoint.setMinimumWidth(fontMetrics().horizontalAdvance("88.8 °C"));

    auto *now = new QGridLayout;
    now->setVerticalSpacing(2);
    now->addWidget(&m_temperature, 0, 0, 2, 1);
    now->setColumnStretch(1, 1);
    now->addWidget(&m_heating, 0, 2, Qt::AlignRight | Qt::AlignBottom);
    now->addWidget(&m_power, 1, 2, Qt::AlignRight | Qt::AlignTop);
    auto *wanted = new QHBoxLayout;
    wanted->setSpacing(12);
    wanted->addWidget(new QLabel("Set-point"));
    wanted->addWidget(&m_slider, 1);
    wanted->addWidget(&m_setPoint);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(24, 16, 24, 20);
    layout->setSpacing(10);
    layout->addLayout(now);
    layout->addWidget(&m_hint);
    layout->addWidget(&m_plot, 1);
    layout->addLayout(wanted);
    resize(600, 460);

    m_silence.setSingleShot(true);
    m_silence.setInterval(3s);
    connect(&m_silence, &QTimer::timeout, this, &Thermostat::showSilence);
    connect(&m_slider, &QSlider::valueChanged, this, &Thermostat::choose);
    m_slider.setValue(20 * 2);
    showSilence();

    m_node.on("temperature", {"celsius", {"power", 0.0}}, this, &Thermostat::showTemperature);
}

void Thermostat::showTemperature(double celsius, double power)
{
    m_temperature.setText(QString("%1 °C").arg(celsius, 0, 'f', 1));
    m_hint.setText("Told by the sensor, live.");
    m_power.setValue(qRound(power * 100));
    m_plot.addTemperature(celsius);
    m_silence.start();
    // A sensor that has just come knows nothing of the set-point.
    if (m_isSilent)
        sendSetPoint();
    m_isSilent = false;
}

void Thermostat::showSilence()
{
    m_isSilent = true;
    m_temperature.setText("– °C");
    m_hint.setText("No sensor on the bus: start sensor.py.");
    m_power.setValue(0);
}

void Thermostat::choose(int halfDegrees)
{
    const double celsius = halfDegrees / 2.0;
    m_setPoint.setText(QString("%1 °C").arg(celsius, 0, 'f', 1));
    m_plot.setSetPoint(celsius);
    if (!m_isSilent)
        sendSetPoint();
}

void Thermostat::sendSetPoint()
{
    m_node.send("set-point", {{"celsius", m_slider.value() / 2.0}});
}
