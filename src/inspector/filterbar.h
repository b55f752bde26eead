// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_FILTERBAR_H
#define PYVENT_INSPECTOR_FILTERBAR_H

#include "eventfilter.h"

#include <QtWidgets/qwidget.h>

class QHBoxLayout;
class QLineEdit;

namespace Pyvent::Inspector {

// Which events are shown: their names, senders, and a text in them.
class FilterBar : public QWidget
{
    Q_OBJECT

public:
    explicit FilterBar(QWidget *parent = nullptr);

    FilterTexts texts() const;
    void setTexts(const FilterTexts &texts);
    void clear() { setTexts({}); }
    void focusName();
    void addButton(QAction *action);

Q_SIGNALS:
    void changed();

private:
    QLineEdit *addField(const QString &name, const QString &label, const QString &hint, const QString &toolTip,
                        int stretch);

    QHBoxLayout *m_layout;
    QLineEdit *m_name;
    QLineEdit *m_sender;
    QLineEdit *m_text;
};

} // namespace Pyvent::Inspector

#endif
