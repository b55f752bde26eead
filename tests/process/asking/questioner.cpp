// SPDX-License-Identifier: MIT
// One process, one node, that asks or answers:
//
//   questioner serve PORT
//   questioner answer PORT MS client|server      "double", with 2 * n, after so many milliseconds
//   questioner ask PORT COUNT UNDERWAY MS [tcp]  so many questions, some of them under way at a time, with this time-out
//
// It says "ready" when it is. Who answers says "asked N" of each question that takes its time, and "canceled N" if nobody waits for that any
// more. Who asks says, in the end, how many
// questions have ended in which way: "value 10 AnswererLost 3", then "wrong" and how many values were others, "twice" and how many
// ended twice, and "longest" and the longest time in ms.
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qelapsedtimer.h>
#include <QtCore/qmetaobject.h>
#include <QtCore/qtimer.h>

#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

namespace {

void say(const QString &text)
{
    std::printf("%s\n", qPrintable(text));
    std::fflush(stdout);
}

int number(int argument)
{
    return std::atoi(QCoreApplication::arguments().value(argument).toLatin1());
}

class Asking : public QObject
{
public:
    Asking(PyventNode *node, int count, int underWay, std::chrono::milliseconds timeout)
        : m_node(node)
        , m_count(count)
        , m_timeout(timeout)
    {
        for (int i = 0; i < underWay; ++i)
            askNext();
        QTimer::singleShot(0, this, &Asking::sayThatAllIsSent);
    }

private:
    void askNext()
    {
        if (m_asked >= m_count)
            return;
        const int n = m_asked++;
        auto *const timer = new QElapsedTimer;
        timer->start();
        m_node->ask("double", {{u"n"_s, n}}, {.timeout = m_timeout})
            .then(this, [this, n, timer](const QFuture<PyventAnswer> &future) {
                m_longest = std::max(m_longest, timer->elapsed());
                m_twice += future.resultCount() != 1;
                const PyventAnswer answer = future.resultCount() > 0 ? future.resultAt(0) : PyventAnswer();
                const auto kinds = QMetaEnum::fromType<PyventAskError::Kind>();
                ++m_ends[answer ? u"value"_s : QString::fromLatin1(kinds.valueToKey(answer.error().kind))];
                m_wrong += answer && answer.value().toInt() != 2 * n;
                if (++m_ended == m_count)
                    return tell();
                askNext();
            });
    }

    // Of what is under way at first: the server has taken it.
    void sayThatAllIsSent()
    {
        if (m_ended > 0 || (m_node->state() == PyventNode::Ready && m_node->unacknowledged() == 0))
            return say(u"sent"_s);
        QTimer::singleShot(10ms, this, &Asking::sayThatAllIsSent);
    }

    void tell()
    {
        QString text;
        for (auto end = m_ends.cbegin(); end != m_ends.cend(); ++end)
            text += u"%1 %2 "_s.arg(end.key()).arg(end.value());
        say(u"end %1wrong %2 twice %3 longest %4"_s.arg(text).arg(m_wrong).arg(m_twice).arg(m_longest));
        qApp->quit();
    }

    PyventNode *const m_node;
    const int m_count;
    const std::chrono::milliseconds m_timeout;
    int m_asked = 0;
    int m_ended = 0;
    int m_wrong = 0;
    int m_twice = 0;
    qint64 m_longest = 0;
    QMap<QString, int> m_ends;
};

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QString role = app.arguments().value(1);
    const bool mayServe = role == u"serve"_s || app.arguments().value(4) == u"server"_s;
    PyventNode node(PyventOptions{.port = number(2), .server = mayServe, .lane = app.arguments().value(6) != u"tcp"_s});
    std::unique_ptr<Asking> asking;
    if (role == u"answer"_s) {
        const std::chrono::milliseconds delay(number(3));
        node.answer("double", {"n"}, &node, [&node, delay](int n) -> QFuture<int> {
            if (delay == 0ms)
                return QtFuture::makeReadyFuture(2 * n);
            say(u"asked %1"_s.arg(n));
            const auto promise = std::make_shared<QPromise<int>>();
            promise->start();
            auto *const looks = new QTimer(&node);
            QObject::connect(looks, &QTimer::timeout, &node, [promise, looks, n] {
                if (!promise->isCanceled())
                    return;
                say(u"canceled %1"_s.arg(n));
                promise->finish();
                looks->deleteLater();
            });
            looks->start(20ms);
            QTimer::singleShot(delay, looks, [promise, looks, n] {
                promise->addResult(2 * n);
                promise->finish();
                looks->deleteLater();
            });
            return promise->future();
        });
    } else if (role == u"ask"_s) {
        asking = std::make_unique<Asking>(&node, number(3), number(4), std::chrono::milliseconds(number(5)));
        return app.exec();
    }
    node.whenReady().then(&node, [] { say(u"ready"_s); });
    return app.exec();
}
