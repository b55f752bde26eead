// SPDX-License-Identifier: MIT
#include "node/pyventnode_p.h"

#include <QtCore/qloggingcategory.h>

using namespace Pyvent::Internal;
using namespace Qt::StringLiterals;

namespace {

// Never deleted: the destructors of static objects may use a node.
const QLoggingCategory &log()
{
    static const auto *const category = new QLoggingCategory("pyvent.node");
    return *category;
}

template <typename... Functions>
struct Overloaded : Functions...
{
    using Functions::operator()...;
};
template <typename... Functions>
Overloaded(Functions...) -> Overloaded<Functions...>; // clang 14 does not deduce it

} // namespace

// What the session has to tell comes before.
void PyventNodePrivate::notify(const Lock &lock, Notices::Notice notice)
{
    collectNews(lock);
    m_notices(lock).add(std::move(notice));
}

void PyventNodePrivate::collectNews(const Lock &lock)
{
    Notices &notices = m_notices(lock);
    while (auto item = m_session(lock).news().take()) {
        std::visit(
            Overloaded{
                [&](Session::State state) {
                    notices.stateChanged(state);
                    if (state == Session::State::Ready)
                        m_serving(lock).forgetComplaints();
                },
                [&](const PyventError &error) {
                    m_group->log(lock, log(), error.text);
                    notices.add([error](PyventNode *node) { Q_EMIT node->errorOccurred(error); });
                },
                [&](const News::HandlerFailed &failure) {
                    if (notices.handlerFailed(failure.name, failure.reason))
                        m_group->log(lock, log(), u"A handler of %1 failed: %2"_s.arg(failure.name, failure.reason));
                },
                [&](const News::Refusal &refusal) {
                    notices.add([refusal](PyventNode *node) {
                        Q_EMIT node->eventsRefused(refusal.name, refusal.node, refusal.count, refusal.why);
                    });
                },
                [&](News::Described &described) {
                    notices.add(
                        [node = std::move(described.node)](PyventNode *self) { Q_EMIT self->nodeDescribed(node); });
                },
                [&](Roster::Appeared &appeared) {
                    notices.add(
                        [node = std::move(appeared.node)](PyventNode *self) { Q_EMIT self->nodeAppeared(node); });
                },
                [&](Roster::Vanished &vanished) {
                    const auto reason = vanished.reason == Control::Gone::Left ? PyventNode::Left : PyventNode::Lost;
                    notices.add([node = std::move(vanished.node), reason](PyventNode *self) {
                        Q_EMIT self->nodeVanished(node, reason);
                    });
                },
                [&](News::Kept &kept) {
                    notices.add([kept = std::move(kept)](PyventNode *self) {
                        Q_EMIT self->keptEvents(kept.frames, kept.next);
                    });
                },
                [&](News::Last &last) {
                    notices.add(
                        [last = std::move(last)](PyventNode *self) { Q_EMIT self->lastEvent(last.name, last.frame); });
                },
                [&](Presence::Finished &finished) {
                    const auto shared = std::make_shared<Presence::Finished>(std::move(finished));
                    notices.add([shared](PyventNode *) {
                        shared->promise.addResult(shared->nodes);
                        shared->promise.finish();
                    });
                },
            },
            *item);
    }
    if (m_session(lock).hasNewValues())
        collectValues(lock);
}

bool PyventNodePrivate::hasNotices(const Lock &lock) const
{
    return m_session(lock).hasNewValues() || !m_session(lock).news().isEmpty()
        || !m_session(lock).news().losses.isEmpty() || !m_notices(lock).isEmpty();
}

bool PyventNodePrivate::hasNews(const Lock &lock)
{
    collectNews(lock);
    return hasNotices(lock);
}

void PyventNodePrivate::handlerFailed(const QString &name, const QString &reason)
{
    {
        const Lock lock = this->lock();
        m_session(lock).news().add(News::HandlerFailed{name, reason});
        collectNews(lock);
    }
    tell();
}

// Told with the turn's end, because there are many of them.
void PyventNodePrivate::handlerMissed(const PyventEvent &event)
{
    const Lock lock = this->lock();
    m_session(lock).news().losses.add(event.name, event.nodeId, 1);
    scheduleTurn();
}

void PyventNodePrivate::tell()
{
    const std::shared_ptr<PyventNodePrivate> self = shared_from_this();
    const bool isHere = m_waker.isNodeThread();
    for (;;) {
        Notices::Notice notice;
        QHash<LossCounter::Stream, quint64> losses;
        {
            const Lock lock = this->lock();
            if (!hasNews(lock))
                return;
            if (!isHere)
                break;
            losses = m_session(lock).news().losses.take();
            notice = m_notices(lock).take();
        }
        for (auto loss = losses.cbegin(); node() && loss != losses.cend(); ++loss)
            Q_EMIT node()->eventsLost(loss.key().first, loss.key().second, loss.value());
        if (notice && node())
            notice(node());
    }
    scheduleTurn();
}
