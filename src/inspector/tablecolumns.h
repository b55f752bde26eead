// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_TABLECOLUMNS_H
#define PYVENT_INSPECTOR_TABLECOLUMNS_H

#include <QtCore/qlist.h>
#include <QtCore/qobject.h>
#include <QtCore/qtimer.h>

class QTableView;

namespace Pyvent::Inspector {

// Keeps a table readable in every font and at every width. Rows are as high as their text. Columns share the width by what
// is in sight of them: a number is never cut, whoever moves the columns; a name that is cut keeps both of its ends; and one
// column takes what is left. Where even the least of all does not fit, columns that can be missed are not shown, and then names
// and texts get less.
class TableColumns : public QObject
{
    Q_OBJECT

public:
    enum Kind {
        Whole, // numbers, times, words: as wide as the widest in sight, and the header
        Name,  // as wide as the widest in sight where there is room
        Text   // cut at its end
    };
    struct Column
    {
        Kind kind;
        int least =
            0; // average characters that it should have at least, if it has so many; its header has room in any case
        int most = 0;   // and at most, as far as the table itself chooses
        int missed = 0; // the higher, the sooner it is not shown; 0: it always is
    };

    // For a view that has its model. Its column \a rest takes what is left.
    TableColumns(QTableView *view, const QList<Column> &columns, int rest);

    // The columns as they are, and whether a person has arranged them: else the next window shares its width anew.
    QByteArray saveState() const;
    void restoreState(const QByteArray &state);

    bool eventFilter(QObject *watched, QEvent *event) override;

private:
    void schedule();
    void measureFont();
    void measureRows();
    void fit();
    void choose();
    void share();
    bool isShown(int column) const;
    int header(int column) const;
    int least(int column) const;
    int wanted(int column) const;
    int padding() const;
    void noteArranged();

    QTableView *const m_view;
    const QList<Column> m_columns;
    const int m_rest;
    QList<int> m_widest; // of what was in sight, in pixels
    QTimer m_soon;
    int m_chosenFor = -1; // the width that the columns that are shown were chosen for
    bool m_isMeasured = false;
    bool m_isFitting = false;
    bool m_isArranged = false; // by a person: names keep the width that they were given
};

} // namespace Pyvent::Inspector

#endif
