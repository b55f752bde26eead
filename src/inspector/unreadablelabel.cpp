// SPDX-License-Identifier: MIT
#include "unreadablelabel.h"

#include <QtCore/qlocale.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

// So many names fit a tool tip.
constexpr std::size_t mostNames = 20;

} // namespace

UnreadableLabel::UnreadableLabel(BusLink *link, QWidget *parent)
    : ToneLabel(Tone::Bad, parent)
{
    setObjectName(u"unreadable"_s);
    hide();
    connect(link, &BusLink::unreadable, this, &UnreadableLabel::setCounts);
}

void UnreadableLabel::setCounts(quint64 count, const QMap<QString, quint64> &byName)
{
    const QLocale locale;
    setText(tr("%1 unreadable").arg(locale.toString(count)));

    std::vector<std::pair<QString, quint64>> names(byName.keyValueBegin(), byName.keyValueEnd());
    std::stable_sort(names.begin(), names.end(),
                     [](const auto &one, const auto &other) { return one.second > other.second; });
    QStringList lines{tr("Events that arrived and could not be read, or only in part:")};
    quint64 others = count;
    for (std::size_t i = 0; i < std::min(names.size(), mostNames); ++i) {
        const auto &[name, times] = names[i];
        others -= times;
        lines += tr("%1 of %2").arg(locale.toString(times), name.isEmpty() ? tr("an invalid name") : name);
    }
    if (others > 0)
        lines += tr("%1 of other names").arg(locale.toString(others));
    setToolTip(plainToolTip(lines.join(u'\n')));
    setVisible(count > 0);
}

} // namespace Pyvent::Inspector
