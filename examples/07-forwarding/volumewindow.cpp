// SPDX-License-Identifier: MIT
#include "volumewindow.h"

#include <QSignalBlocker>
#include <QVBoxLayout>

VolumeWindow::VolumeWindow(const PyventOptions &options)
    : m_node(options)
{
    setBackgroundRole(QPalette::Base);
    setAutoFillBackground(true);
    m_slider.setAccessibleName("Volume");
    m_slider.setRange(0, 100);
    m_slider.setTickPosition(QSlider::TicksBelow);
    m_slider.setTickInterval(10);
    m_slider.setFocus();
    QFont large = m_percent.font();
    large.setPointSizeF(large.pointSizeF() * 4);
    large.setWeight(QFont::Light);
    m_percent.setFont(large);
    m_percent.setAlignment(Qt::AlignCenter);
    m_by.setAlignment(Qt::AlignCenter);
    m_by.setForegroundRole(QPalette::PlaceholderText);

    auto *layout = new QVBoxLayout(this);
    layout->setContentsMargins(28, 20, 28, 24);
    layout->setSpacing(10);
    layout->addWidget(&m_percent);
    layout->addWidget(&m_by);
    layout->addSpacing(8);
    layout->addWidget(&m_slider);
    resize(340, 200);
    display(0, "Move the slider, with the mouse or the keys.");

    connect(&m_slider, &QSlider::valueChanged, this, &VolumeWindow::choose);

    // The signal's parameter is the keyword: volume(percent=30).
    m_node.forward(this, &VolumeWindow::volumeChosen, "volume");
    m_node.on("volume", {"percent"}, this, &VolumeWindow::follow);
}

void VolumeWindow::choose(int percent)
{
    display(percent, "Chosen here.");
    Q_EMIT volumeChosen(percent);
}

void VolumeWindow::follow(int percent)
{
    const QSignalBlocker blocker(m_slider); // it has not been chosen here
    m_slider.setValue(percent);
    display(percent, "Chosen in another window.");
}

void VolumeWindow::display(int percent, const QString &by)
{
    m_percent.setText(QString("%1 %").arg(percent));
    m_by.setText(by);
}
