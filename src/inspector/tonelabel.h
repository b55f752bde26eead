// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_TONELABEL_H
#define PYVENT_INSPECTOR_TONELABEL_H

#include "textstyle.h"

#include <QtWidgets/qlabel.h>

namespace Pyvent::Inspector {

// A label in the colour of a tone, which it keeps to when the palette changes from light to dark.
class ToneLabel : public QLabel
{
    Q_OBJECT

public:
    explicit ToneLabel(Tone tone, QWidget *parent = nullptr);

protected:
    void changeEvent(QEvent *event) override;

private:
    void paintTone();

    const Tone m_tone;
    bool m_isPainting = false;
};

} // namespace Pyvent::Inspector

#endif
