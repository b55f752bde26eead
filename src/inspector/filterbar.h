// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_FILTERBAR_H
#define PYVENT_INSPECTOR_FILTERBAR_H

#include "eventfilter.h"
#include "wrappingrow.h"

class QBoxLayout;
class QLineEdit;

namespace Pyvent::Inspector {

// Which events are shown: their names, senders, and a text in them.
class FilterBar : public WrappingRow
{
    Q_OBJECT

public:
    explicit FilterBar(QWidget *parent = nullptr);

    FilterTexts texts() const;
    void setTexts(const FilterTexts &texts);
    void clear() { setTexts({}); }
    bool isEmpty() const { return texts() == FilterTexts(); }
    bool hasFocusInside() const;
    void focusName();
    void addButton(QAction *action);

Q_SIGNALS:
    void changed();

private:
    QLineEdit *addField(QBoxLayout *half, const QString &name, const QString &label, const QString &hint,
                        const QString &toolTip, int stretch);

    QLineEdit *m_name;
    QLineEdit *m_sender;
    QLineEdit *m_text;
};

} // namespace Pyvent::Inspector

#endif
