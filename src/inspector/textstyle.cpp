// SPDX-License-Identifier: MIT
#include "textstyle.h"

#include <QtGui/qfontdatabase.h>
#include <QtGui/qguiapplication.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

const QFont &monospaced()
{
    static QFont font;
    static QFont beside; // the font that it fits
    if (const QFont now = QGuiApplication::font(); beside != now || font == QFont()) {
        beside = now;
        font = QFontDatabase::systemFont(QFontDatabase::FixedFont);
        if (now.pointSizeF() > 0)
            font.setPointSizeF(now.pointSizeF());
        else
            font.setPixelSize(now.pixelSize());
    }
    return font;
}

bool isDark(const QPalette &palette)
{
    return palette.color(QPalette::Window).lightness() < palette.color(QPalette::WindowText).lightness();
}

QColor toneColor(Tone tone, const QPalette &palette)
{
    const bool dark = isDark(palette);
    switch (tone) {
    case Tone::Good:
        return dark ? QColor(0x5f, 0xc9, 0x7e) : QColor(0x17, 0x75, 0x3a);
    case Tone::Waiting:
        return dark ? QColor(0xe6, 0xb4, 0x50) : QColor(0x8a, 0x58, 0x00);
    case Tone::Bad:
        return dark ? QColor(0xff, 0x8a, 0x80) : QColor(0xb4, 0x23, 0x18);
    case Tone::Quiet:
        break;
    }
    return mixed(palette.color(QPalette::Text), palette.color(QPalette::Base), 0.62);
}

QColor nameColor(int index, const QPalette &palette)
{
    static const QRgb light[nameColorCount] = {0x2563c4, 0xc2570c, 0x14804a, 0xa3277d,
                                               0x0e7490, 0x8a6d00, 0x6d41c9, 0xb42318};
    static const QRgb dark[nameColorCount] = {0x7aa9ff, 0xffa05c, 0x62d394, 0xf08bd0,
                                              0x5fd0e8, 0xe3c454, 0xb79cff, 0xff8a80};
    return QColor(isDark(palette) ? dark[index % nameColorCount] : light[index % nameColorCount]);
}

QString plainToolTip(const QString &text)
{
    return u"<p style='white-space:pre-wrap'>%1</p>"_s.arg(text.toHtmlEscaped());
}

QColor mixed(const QColor &over, const QColor &under, double part)
{
    return QColor::fromRgbF(float(over.redF() * part + under.redF() * (1 - part)),
                            float(over.greenF() * part + under.greenF() * (1 - part)),
                            float(over.blueF() * part + under.blueF() * (1 - part)));
}

} // namespace Pyvent::Inspector
