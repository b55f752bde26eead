// SPDX-License-Identifier: MIT
#include "support/freeport.h"
#include "support/waituntil.h"

#include <QtQml/qqmlcomponent.h>
#include <QtQml/qqmlengine.h>
#include <QtTest>

#include <csignal>
#include <memory>

#include <sys/wait.h>
#include <unistd.h>

using namespace PyventTests;
using namespace Qt::StringLiterals;

namespace {

bool call(QObject *bus, const char *function)
{
    QVariant result;
    return QMetaObject::invokeMethod(bus, function, Q_RETURN_ARG(QVariant, result)) && result.toBool();
}

// What a child that cannot use its parent's element has to say of it; empty: all is well.
QByteArray whyNotRefused(QObject *bus, const QByteArray &function)
{
    const bool works = call(bus, function);
    if (function == "joinsAnew")
        return works ? "" : "it does not work";
    if (works)
        return "it works";
    if (!call(bus, "isRefused"))
        return "no error is told";
    if (bus->property("state").toInt() != 0 || bus->property("ready").toBool())
        return "it is not stopped";
    const bool isWait = function == "waits" || function == "waitsWithCallback" || function == "asks";
    const auto hasSettled = [&] { return !bus->property("settled").toString().isEmpty(); };
    if (isWait && (!waitUntil(hasSettled) || bus->property("settled").toString() == u"heard"))
        return "the wait does not end";
    return {};
}

// In a child of fork(), AddressSanitizer's allocator may wait for ever for a lock that a thread of the parent's had.
#if defined(__SANITIZE_ADDRESS__)
constexpr int attempts = 5;
#else
constexpr int attempts = 1;
#endif

} // namespace

// Processes that fork while they have the QML element.
class tst_QmlFork : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyVerbIsRefused_data()
    {
        QTest::addColumn<QByteArray>("function");
        for (const char *function : {"sends", "dispatches", "waits", "waitsWithCallback", "asks", "subscribes",
                                     "models", "hearsOtherNames", "joinsAnew"})
            QTest::newRow(function) << QByteArray(function);
    }
    void everyVerbIsRefused()
    {
        QFETCH(const QByteArray, function);
#if defined(__SANITIZE_THREAD__)
        if (function == "joinsAnew")
            QSKIP("ThreadSanitizer does not support threads made in a child of fork()");
#endif

        QQmlEngine engine;
        engine.addImportPath(QStringLiteral(PYVENT_QML_IMPORTS));
        QQmlComponent component(&engine, QUrl::fromLocalFile(QStringLiteral(QML_FILE)));
        const std::unique_ptr<QObject> bus(component.createWithInitialProperties({{u"port"_s, freePort()}}));
        QVERIFY2(bus, qPrintable(component.errorString()));
        QTRY_VERIFY_WITH_TIMEOUT(bus->property("ready").toBool(), patience);

        int status = 0;
        for (int left = attempts;; --left) {
            const pid_t child = ::fork();
            if (child == 0) {
                const QByteArray why = whyNotRefused(bus.get(), function);
                if (!why.isEmpty())
                    qWarning("in the child: %s", why.constData());
                ::_exit(why.isEmpty() ? 0 : 6);
            }
            if (waitUntil([&] { return ::waitpid(child, &status, WNOHANG) == child; }, left > 1 ? 10'000 : patience))
                break;
            ::kill(child, SIGKILL);
            ::waitpid(child, nullptr, 0);
            QVERIFY2(left > 1, "the child did not end");
            qInfo("The child did not end, and another one tries");
        }
        QVERIFY(WIFEXITED(status));
        QCOMPARE(WEXITSTATUS(status), 0);

        // The parent notices nothing.
        QVERIFY(bus->property("ready").toBool());
        QVERIFY(call(bus.get(), "sendsWhatItHears"));
        QTRY_COMPARE_WITH_TIMEOUT(bus->property("heard").toInt(), 1, patience);
    }
};

QTEST_GUILESS_MAIN(tst_QmlFork)

#include "tst_fork.moc"
