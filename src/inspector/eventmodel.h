// SPDX-License-Identifier: MIT
#ifndef PYVENT_INSPECTOR_EVENTMODEL_H
#define PYVENT_INSPECTOR_EVENTMODEL_H

#include "eventfilter.h"
#include "eventstore.h"

#include <QtCore/qabstractitemmodel.h>
#include <QtCore/qcache.h>
#include <QtCore/qtimer.h>

#include <deque>
#include <functional>
#include <optional>

namespace Pyvent::Inspector {

// The log as a table, filtered. However many events there are, no turn of the event loop does more than a slice of the
// work: new events are shown in one batch per frame, and a new filter is applied from the newest event back, slice by
// slice, so that what fits shows at once.
class EventModel : public QAbstractTableModel
{
    Q_OBJECT

public:
    enum Column { Time, Name, Sender, Arguments, Node, Sequence, ColumnCount };

    // One slice: this many events, or this many bytes of JSON to decode, whichever comes first.
    static constexpr qsizetype rowsPerSlice = 20'000;
    static constexpr qsizetype bytesPerSlice = 128 * 1024;
    // Between two batches of new events: more often than a screen shows them is of no use.
    static constexpr int frame = 25; // milliseconds

    explicit EventModel(QObject *parent = nullptr);

    const EventStore &store() const { return m_store; }

    void append(const PyventEvent &event);
    // Shows another log instead.
    void replaceStore(EventStore &&store);
    void clear();
    void setMaximum(qsizetype events);

    // While paused the table stands still; what is heard is kept, and shown afterwards.
    void setPaused(bool paused);
    bool isPaused() const { return m_paused; }
    qsizetype waiting() const { return qsizetype(m_store.end() - m_taken); } // events that are kept, but not shown yet

    void setFilter(const FilterTexts &texts);
    const FilterTexts &filter() const { return m_filterTexts; }
    bool isScanning() const { return m_unscanned > m_store.begin(); }
    qsizetype unscanned() const { return isScanning() ? qsizetype(m_unscanned - m_store.begin()) : 0; }

    // How a node is called in the table: "kitchen" instead of the beginning of its uuid.
    using NodeNames = std::function<QString(const QUuid &node)>;
    void setNodeNames(NodeNames names);
    QString nodeText(Serial serial) const;

    Serial serialAt(int row) const { return m_rows[size_t(row)]; }
    std::optional<int> rowOf(Serial serial) const;

    int rowCount(const QModelIndex &parent = {}) const override;
    int columnCount(const QModelIndex &parent = {}) const override;
    QVariant data(const QModelIndex &index, int role = Qt::DisplayRole) const override;
    QVariant headerData(int section, Qt::Orientation orientation, int role = Qt::DisplayRole) const override;

    // For tests: what the last scan took.
    struct Scan
    {
        qsizetype slices = 0;
        qsizetype rows = 0;
        qsizetype largestSlice = 0;
    };
    const Scan &lastScan() const { return m_scan; }

Q_SIGNALS:
    // The table, the filter's progress, or what waits has changed.
    void changed();
    // The oldest \a count events had to go.
    void dropped(qsizetype count);

private:
    void takeUp();
    void scanSlice();
    void dropOldest();
    void restartScan();
    QString timeText(Serial serial) const;
    QVariant text(Serial serial, int column) const;
    QVariant toolTip(Serial serial, int column) const;

    EventStore m_store;
    EventFilter m_filter;
    FilterTexts m_filterTexts;
    NodeNames m_nodeNames;
    std::deque<Serial> m_rows;
    Serial m_taken = 0;     // events before this one are shown, or filtered out, or before m_unscanned
    Serial m_unscanned = 0; // events before this one wait for the filter
    bool m_paused = false;
    QTimer m_frame;
    QTimer m_slice;
    Scan m_scan;
    mutable QCache<Serial, QString> m_summaries;
};

} // namespace Pyvent::Inspector

#endif
