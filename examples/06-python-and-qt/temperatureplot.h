// SPDX-License-Identifier: MIT
#ifndef TEMPERATUREPLOT_H
#define TEMPERATUREPLOT_H

#include <QElapsedTimer>
#include <QList>
#include <QPointF>
#include <QWidget>

// The temperature over the last minute, and the set-point as a line.
class TemperaturePlot : public QWidget
{
    Q_OBJECT

public:
    TemperaturePlot();

    void addTemperature(double celsius);
    void setSetPoint(double celsius);

protected:
    void paintEvent(QPaintEvent *event) override;

private:
    QList<QPointF> m_temperatures; // seconds on m_clock, °C
    double m_setPoint = 20;
    QElapsedTimer m_clock;
};

#endif
