// SPDX-License-Identifier: MIT
#include "tablecolumns.h"

#include "namedelegate.h"
#include "textstyle.h"

#include <QtCore/qcoreevent.h>
#include <QtCore/qscopedvaluerollback.h>
#include <QtWidgets/qheaderview.h>
#include <QtWidgets/qscrollbar.h>
#include <QtWidgets/qstyle.h>
#include <QtWidgets/qtableview.h>

#include <algorithm>
#include <numeric>

namespace Pyvent::Inspector {

namespace {

constexpr int delay = 30; // milliseconds: once for all that changes within a frame

// What a kept state begins with.
const QByteArray arranged = QByteArrayLiteral("A");
const QByteArray shared = QByteArrayLiteral("S");

} // namespace

TableColumns::TableColumns(QTableView *view, const QList<Column> &columns, int rest)
    : QObject(view)
    , m_view(view)
    , m_columns(columns)
    , m_rest(rest)
    , m_widest(columns.size(), 0)
{
    m_soon.setSingleShot(true);
    connect(&m_soon, &QTimer::timeout, this, [this] {
        measureRows();
        fit();
    });
    for (int column = 0; column < m_columns.size(); ++column) {
        if (m_columns[column].kind == Name)
            m_view->setItemDelegateForColumn(column, new NameDelegate(m_view));
    }
    m_view->setWordWrap(false);
    m_view->setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    // One height for all rows: nothing is measured, however many there are.
    m_view->verticalHeader()->setSectionResizeMode(QHeaderView::Fixed);
    m_view->verticalHeader()->setMinimumSectionSize(1);
    m_view->verticalHeader()->hide();
    QHeaderView *const header = m_view->horizontalHeader();
    header->setHighlightSections(false);
    header->setSectionResizeMode(QHeaderView::Interactive);
    header->setStretchLastSection(false);
    connect(header, &QHeaderView::sectionResized, this, [this] { noteArranged(); });
    connect(header, &QHeaderView::sectionMoved, this, [this] { noteArranged(); });

    const QAbstractItemModel *const model = m_view->model();
    connect(model, &QAbstractItemModel::rowsInserted, this, &TableColumns::schedule);
    connect(model, &QAbstractItemModel::dataChanged, this, &TableColumns::schedule);
    connect(model, &QAbstractItemModel::modelReset, this, &TableColumns::schedule);
    connect(m_view->verticalScrollBar(), &QScrollBar::valueChanged, this, &TableColumns::schedule);
    m_view->installEventFilter(this);
    m_view->viewport()->installEventFilter(this);
    measureFont();
    fit();
}

// The first rows at once: nobody should see them squeezed.
void TableColumns::schedule()
{
    if (!m_soon.isActive())
        m_soon.start(m_isMeasured ? delay : 0);
}

bool TableColumns::eventFilter(QObject *watched, QEvent *event)
{
    const bool isViewport = watched != m_view; // which may be no more than a QWidget, at its end
    switch (event->type()) {
    case QEvent::Resize:
        if (isViewport)
            fit();
        break;
    case QEvent::Show:
        schedule();
        break;
    case QEvent::FontChange:
    case QEvent::StyleChange:
        if (!isViewport) {
            measureFont();
            measureRows();
            fit();
        }
        break;
    default:
        break;
    }
    return QObject::eventFilter(watched, event);
}

// What a cell has beside its text; the style draws no text into it.
int TableColumns::padding() const
{
    return 2 * (m_view->style()->pixelMetric(QStyle::PM_FocusFrameHMargin, nullptr, m_view) + 1) + 4;
}

void TableColumns::measureFont()
{
    QHeaderView *const header = m_view->horizontalHeader();
    const int height = std::max(m_view->fontMetrics().height(), QFontMetrics(monospaced()).height());
    m_view->verticalHeader()->setDefaultSectionSize(height + std::max(4, height / 5));
    header->setMinimumSectionSize(m_view->fontMetrics().averageCharWidth() * 2);
    m_widest.fill(0);
    m_isMeasured = false;
    m_chosenFor = -1;
}

// Those in sight: more would take too long, and what nobody sees needs no room.
void TableColumns::measureRows()
{
    const QAbstractItemModel *const model = m_view->model();
    const int last = m_view->rowAt(m_view->viewport()->height() - 1);
    const int end = last < 0 ? model->rowCount() : last + 1;
    m_isMeasured = end > 0;
    for (int row = std::max(0, m_view->rowAt(0)); row < end; ++row) {
        for (int column = 0; column < m_columns.size(); ++column) {
            if (m_columns[column].kind == Text)
                continue;
            const QModelIndex index = model->index(row, column);
            const QVariant font = index.data(Qt::FontRole);
            const QFontMetrics metrics(font.isValid() ? font.value<QFont>() : m_view->font());
            const int icon = index.data(Qt::DecorationRole).isValid() ? m_view->iconSize().width() + padding() : 0;
            const int width = metrics.horizontalAdvance(index.data().toString()) + icon + padding();
            if (width > m_widest[column]) {
                m_widest[column] = width;
                m_chosenFor = -1;
            }
        }
    }
}

bool TableColumns::isShown(int column) const
{
    return !m_view->horizontalHeader()->isSectionHidden(column);
}

int TableColumns::header(int column) const
{
    return m_view->horizontalHeader()->sectionSizeHint(column);
}

// What a column should not do without.
int TableColumns::least(int column) const
{
    const Column &kind = m_columns[column];
    const int characters = kind.least * m_view->fontMetrics().averageCharWidth();
    const int content = kind.kind == Whole ? m_widest[column]
        : kind.kind == Name                ? std::min(m_widest[column], characters)
                                           : characters;
    return std::max(content, header(column));
}

// What it could use beyond that.
int TableColumns::wanted(int column) const
{
    const Column &kind = m_columns[column];
    const int most = kind.most * m_view->fontMetrics().averageCharWidth();
    const int useful = kind.kind == Name ? std::min(most, m_widest[column]) : most;
    return kind.kind == Whole ? 0 : std::max(0, useful - least(column));
}

// Which columns are shown. Anew for another width only: none vanishes while its neighbour is being moved.
void TableColumns::choose()
{
    const int width = m_view->viewport()->width();
    if (m_chosenFor == width)
        return;
    m_chosenFor = width;
    QList<int> order(m_columns.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(),
                     [this](int left, int right) { return m_columns[left].missed < m_columns[right].missed; });
    int used = 0;
    for (const int column : std::as_const(order)) {
        used += least(column);
        m_view->setColumnHidden(column, m_columns[column].missed > 0 && used > width);
    }
}

void TableColumns::fit()
{
    const QScopedValueRollback fitting(m_isFitting, true);
    QHeaderView *const header = m_view->horizontalHeader();
    choose();
    if (!m_isArranged)
        share();
    int others = 0;
    for (int column = 0; column < m_columns.size(); ++column) {
        if (column == m_rest || !isShown(column))
            continue;
        if (m_columns[column].kind == Whole && (header->sectionSize(column) < least(column) || !m_isArranged))
            header->resizeSection(column, least(column));
        others += header->sectionSize(column);
    }
    header->resizeSection(m_rest, std::max(this->header(m_rest), m_view->viewport()->width() - others));
}

// Gives each column its least, and of what is left as much as it can use, as far as it goes. Where there is less than that,
// numbers keep theirs.
void TableColumns::share()
{
    int left = m_view->viewport()->width();
    int more = 0;
    int less = 0;
    for (int column = 0; column < m_columns.size(); ++column) {
        if (!isShown(column))
            continue;
        left -= least(column);
        more += wanted(column);
        less += m_columns[column].kind == Whole ? 0 : least(column) - header(column);
    }
    const double part =
        left >= 0 ? std::min(1.0, double(left) / std::max(1, more)) : std::max(-1.0, double(left) / std::max(1, less));
    for (int column = 0; column < m_columns.size(); ++column) {
        if (!isShown(column) || m_columns[column].kind == Whole)
            continue;
        const int change = left >= 0 ? wanted(column) : least(column) - header(column);
        m_view->horizontalHeader()->resizeSection(column, least(column) + int(change * part));
    }
}

// By a person: the table itself is fitting otherwise.
void TableColumns::noteArranged()
{
    if (m_isFitting || !m_view->isVisible())
        return;
    m_isArranged = true;
    schedule(); // and not at once: the header is in the middle of it
}

QByteArray TableColumns::saveState() const
{
    return (m_isArranged ? arranged : shared) + m_view->horizontalHeader()->saveState();
}

void TableColumns::restoreState(const QByteArray &state)
{
    if (!state.startsWith(arranged) && !state.startsWith(shared))
        return;
    const QScopedValueRollback fitting(m_isFitting, true);
    m_isArranged = m_view->horizontalHeader()->restoreState(state.sliced(1)) && state.startsWith(arranged);
    fit();
}

} // namespace Pyvent::Inspector
