// SPDX-License-Identifier: MIT
#include "setpoint.h"

#include <QHBoxLayout>

using namespace std::chrono_literals;

SetPoint::SetPoint(const PyventOptions &options)
    : m_node(options)
    , m_celsius(&m_node, "room.setpoint", 20.0) // 20 until somebody has moved it
    , m_slider(Qt::Horizontal)
{
    m_slider.setRange(5, 35);
    auto *layout = new QHBoxLayout(this);
    layout->addWidget(&m_slider);
    layout->addWidget(&m_label);

    // The slider follows the value, and whoever moves the slider writes.
    connect(&m_slider, &QSlider::valueChanged, this, [this](int celsius) {
        if (celsius != qRound(m_celsius.value()))
            m_celsius = celsius;
    });
    const auto show = [this] {
        m_slider.setValue(qRound(m_celsius.value()));
        m_label.setText(QString::number(m_celsius.value()) + QStringLiteral(" °C"));
    };
    show();
    m_shown = m_celsius.bindableValue().addNotifier(show);

    m_celsius.setStaleAfter(10s);
    const auto grey = [this] { m_label.setEnabled(!m_celsius.isStale()); };
    grey();
    m_greyed = m_celsius.bindableStale().addNotifier(grey);
}
