// SPDX-License-Identifier: MIT
#include "04-sender-tool/rigremote.h"
#include "support/contrast.h"
#include "support/freeport.h"
#include "support/mnemonics.h"
#include "support/program.h"
#include "support/testprogram.h"
#include "support/waituntil.h"

#include <PyventTestBus>

#include <QtTest>

#include <csignal>

using namespace PyventTests;
using namespace std::chrono_literals;

// The Widgets tool of example 04: its window, driven with the mouse and the keys, and the program on an X server.
class tst_SenderTool : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void init() { m_port = freePort(); }

    void sendsWhatItsControlsSay();
    void hasItsControlsOffWithoutABus();
    void canBeReadWhatIsOff_data();
    void canBeReadWhatIsOff();
    void keysDoNotClash();
    void obeysAKeyboard();

private:
    QStringList listen(const QStringList &words)
    {
        return QStringList{"listen", "--port", QString::number(m_port)} + words;
    }

    int m_port = 0;
};

namespace {

QPushButton *button(const QWidget &window, const QString &text)
{
    for (QPushButton *candidate : window.findChildren<QPushButton *>())
        if (candidate->text() == text)
            return candidate;
    return nullptr;
}

bool shows(const QWidget &window, const QString &text)
{
    const QList<QLabel *> labels = window.findChildren<QLabel *>();
    return std::any_of(labels.begin(), labels.end(), [&](const QLabel *label) { return label->text() == text; });
}

} // namespace

void tst_SenderTool::sendsWhatItsControlsSay()
{
    PyventTestBus bus;
    RigRemote remote(bus.options("remote"));
    remote.show();
    QVERIFY(QTest::qWaitForWindowExposed(&remote));
    QTRY_VERIFY_WITH_TIMEOUT(shows(remote, QString("On the bus at 127.0.0.1:%1").arg(bus.port())), patience);
    const auto tells = [&](const char *name, const QVariantMap &args = {}) {
        const auto found = bus.waitFor(name, args, 60s);
        return found && found->sender == "pyvent.remote" && found->args == args;
    };

    QTest::mouseClick(button(remote, "&Start"), Qt::LeftButton);
    QVERIFY(tells("rig-start"));

    const QList<QSlider *> sliders = remote.findChildren<QSlider *>();
    QCOMPARE(sliders.size(), 2);
    QTest::keyClick(sliders[0], Qt::Key_PageUp);
    QVERIFY(tells("rig-speed", {{"rpm", 100}}));
    QTest::keyClick(sliders[1], Qt::Key_Right);
    QVERIFY(tells("rig-*", {{"celsius", 21}}));

    auto *note = remote.findChild<QLineEdit *>(QString(), Qt::FindChildrenRecursively);
    for (QLineEdit *edit : remote.findChildren<QLineEdit *>())
        if (edit->accessibleName() == "Note")
            note = edit;
    QPushButton *send = button(remote, "S&end");
    QVERIFY(!send->isEnabled());
    QTest::keyClicks(note, "bearing is warm");
    QTest::keyClick(note, Qt::Key_Return);
    QVERIFY(tells("rig-*", {{"text", "bearing is warm"}}));
    QCOMPARE(note->text(), QString());

    QTest::mouseClick(button(remote, "S&top"), Qt::LeftButton);
    QVERIFY(tells("rig-stop"));
    QCOMPARE(bus.heard().size(), 5);
    const QString log = remote.findChild<QPlainTextEdit *>()->toPlainText();
    QCOMPARE(log.count('\n'), 4);
    QVERIFY2(log.contains("rig-speed       rpm=100"), qPrintable(log));
}

void tst_SenderTool::hasItsControlsOffWithoutABus()
{
    RigRemote remote(PyventOptions{.port = m_port, .server = false});
    remote.show();
    QVERIFY(shows(remote, QString("Waiting for the bus at 127.0.0.1:%1").arg(m_port)));
    QVERIFY(!button(remote, "&Start")->isEnabled());
    {
        Program rig(listen({}));
        QVERIFY(rig.complains("listening to everything"));
        QTRY_VERIFY_WITH_TIMEOUT(button(remote, "&Start")->isEnabled(), patience);
    }
    QTRY_VERIFY_WITH_TIMEOUT(!button(remote, "&Start")->isEnabled(), patience);
}

void tst_SenderTool::canBeReadWhatIsOff_data()
{
    QTest::addColumn<QColor>("window");
    QTest::addColumn<QColor>("text");
    QTest::addColumn<QColor>("base");
    QTest::newRow("light") << QColor(0xef, 0xf0, 0xf1) << QColor(Qt::black) << QColor(Qt::white);
    QTest::newRow("dark") << QColor(0x2b, 0x2e, 0x33) << QColor(0xe6, 0xe8, 0xea) << QColor(0x1f, 0x21, 0x25);
    QTest::newRow("black") << QColor(Qt::black) << QColor(Qt::white) << QColor(Qt::black);
}

void tst_SenderTool::canBeReadWhatIsOff()
{
    QFETCH(QColor, window);
    QFETCH(QColor, text);
    QFETCH(QColor, base);
    QPalette palette(window);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
        palette.setColor(QPalette::Active, role, text), palette.setColor(QPalette::Inactive, role, text);
    palette.setColor(QPalette::Base, base);
    const QPalette before = QApplication::palette();
    const auto restore = qScopeGuard([&] { QApplication::setPalette(before); });

    // The palette changes while it runs: as it does in the evening.
    RigRemote remote(PyventOptions{.port = m_port, .server = false});
    remote.show();
    QVERIFY(QTest::qWaitForWindowExposed(&remote));
    QApplication::setPalette(palette);
    const auto readable = [&remote](const QString &text) {
        const QImage image = button(remote, text)->grab().toImage();
        const QRect inner = image.rect().adjusted(4, 4, -4, -4); // without its edge
        return largestContrast(image.copy(inner), image.pixelColor(inner.topLeft()));
    };
    for (const char *name : {"&Start", "S&top", "S&end"}) {
        QVERIFY(!button(remote, name)->isEnabled());
        QTRY_VERIFY2(readable(name) >= 3, qPrintable(QString("%1 has a contrast of %2").arg(name).arg(readable(name))));
    }
    // The field for a note can be seen to be one.
    for (QLineEdit *edit : remote.findChildren<QLineEdit *>()) {
        if (edit->accessibleName() == "Note")
            QVERIFY(largestContrast(edit->grab(QRect(20, 0, 40, 3)).toImage(), base) >= 1.7);
    }
}

void tst_SenderTool::keysDoNotClash()
{
    RigRemote remote(PyventOptions{.port = m_port, .server = false});
    QCOMPARE(clashesIn(&remote), QStringList());
}

void tst_SenderTool::obeysAKeyboard()
{
    if (QStandardPaths::findExecutable("Xvfb").isEmpty() || QStandardPaths::findExecutable("xdotool").isEmpty())
        QSKIP("Xvfb or xdotool is not here (Debian: apt-get install xvfb xdotool)");
    Program rig(listen({"rig-*"}));
    QVERIFY2(rig.complains("listening to 'rig-*'"), qPrintable(rig.errors()));
    Program keys(PRESS_KEYS, {"alt+s", "Test rig remote", SENDER_TOOL, "--port", QString::number(m_port)});
    const bool isStarted = rig.prints("rig-start  pyvent.remote\n");
    keys.sendSignal(SIGTERM);
    const int exitCode = keys.exitCode(); // after which nothing of it runs any more
    QVERIFY2(isStarted, qPrintable(keys.output() + keys.errors() + rig.errors()));
    QCOMPARE(exitCode, 0);
}

PYVENT_TEST(tst_SenderTool)

#include "tst_sendertool.moc"
