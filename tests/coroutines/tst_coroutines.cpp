// SPDX-License-Identifier: MIT
#include <PyventNode>

#include "support/freeport.h"
#include "support/testprogram.h"

#include <QCoro/QCoroFuture>
#include <QCoro/QCoroTask>

#include <QtTest>

using namespace Qt::StringLiterals;
using namespace std::chrono_literals;

// Coroutines of QCoro's that wait for answers.
class tst_Coroutines : public QObject
{
    Q_OBJECT

private:
    // Not within the coroutines: GCC 12 does not compile lists of initializers there.
    static QFuture<PyventAnswer> ask(PyventNode *node, const QString &name, int n)
    {
        return node->ask(name, {{u"n"_s, n}}, {.timeout = 1min});
    }

    static QCoro::Task<int> total(PyventNode *node)
    {
        int sum = 0;
        for (int n = 1; n <= 3; ++n) {
            const PyventAnswer answer = co_await ask(node, u"double"_s, n);
            sum += answer.value().toInt();
        }
        co_return sum;
    }

    static QCoro::Task<QString> failure(PyventNode *node)
    {
        const PyventAnswer answer = co_await ask(node, u"nothing"_s, 0);
        co_return answer.error().text;
    }

private Q_SLOTS:
    void awaitAnswers()
    {
        const int port = PyventTests::freePort();
        PyventNode answerer(PyventOptions{.port = port});
        answerer.answer("double", {"n"}, this, [](int n) { return 2 * n; });
        QVERIFY(answerer.waitForReady());
        PyventNode asker(PyventOptions{.port = port, .server = false});
        QCOMPARE(QCoro::waitFor(total(&asker)), 12);
        QCOMPARE(QCoro::waitFor(failure(&asker)), u"nobody answers 'nothing'"_s);
    }
};

PYVENT_TEST(tst_Coroutines)
#include "tst_coroutines.moc"
