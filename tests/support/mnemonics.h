// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_SUPPORT_MNEMONICS_H
#define PYVENT_TESTS_SUPPORT_MNEMONICS_H

#include <QtGui/qaction.h>
#include <QtGui/qkeysequence.h>
#include <QtWidgets/qabstractbutton.h>
#include <QtWidgets/qgroupbox.h>
#include <QtWidgets/qlabel.h>
#include <QtWidgets/qmenu.h>
#include <QtWidgets/qmenubar.h>
#include <QtWidgets/qtabbar.h>

namespace PyventTests {

// Keys that stand for more than one thing.
class KeyOwners
{
public:
    void add(const QKeySequence &key, const QString &owner)
    {
        if (!key.isEmpty())
            m_owners[key.toString()].append(owner);
    }

    QStringList clashes() const
    {
        QStringList clashes;
        for (auto key = m_owners.cbegin(); key != m_owners.cend(); ++key) {
            if (key.value().size() > 1)
                clashes.append(key.key() + QStringLiteral(": ") + key.value().join(QStringLiteral(", ")));
        }
        return clashes;
    }

private:
    QMap<QString, QStringList> m_owners = {};
};

inline QStringList clashesOfMenu(const QMenu *menu)
{
    KeyOwners owners;
    QStringList clashes;
    const QList<QAction *> actions = menu->actions();
    for (const QAction *action : actions) {
        owners.add(QKeySequence::mnemonic(action->text()), action->text());
        if (action->menu())
            clashes += clashesOfMenu(action->menu());
    }
    return clashes + owners.clashes();
}

// Of everything in \a window that a key with Alt, or a shortcut of the window, reaches: what is hidden now may be shown beside
// the rest later, so that it counts, too.
inline QStringList clashesIn(QWidget *window)
{
    KeyOwners owners;
    QStringList clashes;
    const QList<QWidget *> widgets = window->findChildren<QWidget *>();
    for (QWidget *widget : widgets) {
        if (widget->window() != window)
            continue;
        if (const auto *label = qobject_cast<QLabel *>(widget); label && label->buddy())
            owners.add(QKeySequence::mnemonic(label->text()), label->text());
        else if (const auto *button = qobject_cast<QAbstractButton *>(widget))
            owners.add(button->shortcut(), button->text());
        else if (const auto *box = qobject_cast<QGroupBox *>(widget))
            owners.add(QKeySequence::mnemonic(box->title()), box->title());
        else if (const auto *tabs = qobject_cast<QTabBar *>(widget)) {
            for (int i = 0; i < tabs->count(); ++i)
                owners.add(QKeySequence::mnemonic(tabs->tabText(i)), tabs->tabText(i));
        } else if (const auto *bar = qobject_cast<QMenuBar *>(widget)) {
            const QList<QAction *> menus = bar->actions();
            for (const QAction *menu : menus) {
                owners.add(QKeySequence::mnemonic(menu->text()), menu->text());
                clashes += clashesOfMenu(menu->menu());
            }
        }
    }
    const QList<QAction *> actions = window->findChildren<QAction *>();
    for (const QAction *action : actions) {
        if (action->shortcutContext() == Qt::WindowShortcut)
            owners.add(action->shortcut(), action->text());
    }
    return clashes + owners.clashes();
}

} // namespace PyventTests

#endif
