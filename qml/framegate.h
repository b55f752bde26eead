// SPDX-License-Identifier: MIT
#ifndef PYVENT_QML_FRAMEGATE_H
#define PYVENT_QML_FRAMEGATE_H

#include <PyventEvent>

#include <QtCore/qabstractanimation.h>
#include <QtCore/qhash.h>

#include <utility>
#include <vector>

namespace Pyvent::Qml {

// Keeps events until the next frame, and of each name and sending node only the newest. What ticks is Qt's clock of animations: a window
// of Qt Quick has it go once a frame, and where there is none, a timer does, every 16 ms. It runs only while events come.
class FrameGate : public QAbstractAnimation
{
    Q_OBJECT

public:
    explicit FrameGate(QObject *parent = nullptr);
    ~FrameGate() override;

    int duration() const override { return -1; }

    void put(const PyventEvent &event);

    // What has come since the last call, each name and node where its first one was.
    std::vector<PyventEvent> take();

    // Forgets it.
    void clear();

Q_SIGNALS:
    // It is time to take(). Not within the animation's own turn, so that whoever does may destroy it.
    void opened();

protected:
    void updateCurrentTime(int time) override;

private:
    std::vector<PyventEvent> m_events;
    QHash<std::pair<QString, QUuid>, std::size_t> m_places;
    bool m_isStarting = false;
    bool m_hasOpened = false; // and what waits was not taken
};

} // namespace Pyvent::Qml

#endif
