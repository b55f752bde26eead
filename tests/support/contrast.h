// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SUPPORT_CONTRAST_H
#define PYVENT_TESTS_SUPPORT_CONTRAST_H

#include <QtGui/qcolor.h>
#include <QtGui/qimage.h>

#include <algorithm>
#include <cmath>

namespace PyventTests {

// As WCAG defines it: 1 for the same colour, 21 for black on white. Text of usual size should have 4.5; what is disabled is
// exempt there, but should not have less than 3.
inline double contrast(const QColor &one, const QColor &other)
{
    const auto luminance = [](const QColor &color) {
        const auto linear = [](double part) {
            return part <= 0.04045 ? part / 12.92 : std::pow((part + 0.055) / 1.055, 2.4);
        };
        return 0.2126 * linear(double(color.redF())) + 0.7152 * linear(double(color.greenF()))
            + 0.0722 * linear(double(color.blueF()));
    };
    const double a = luminance(one) + 0.05;
    const double b = luminance(other) + 0.05;
    return std::max(a / b, b / a);
}

// What stands out most in \a image against \a ground.
inline double largestContrast(const QImage &image, const QColor &ground)
{
    double largest = 1;
    for (int y = 0; y < image.height(); ++y) {
        for (int x = 0; x < image.width(); ++x)
            largest = std::max(largest, contrast(image.pixelColor(x, y), ground));
    }
    return largest;
}

} // namespace PyventTests

#endif
