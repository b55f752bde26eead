// SPDX-License-Identifier: MIT
#include "kitchen.h"
#include "support/mnemonics.h"
#include "support/testprogram.h"
#include "windowtest.h"

#include "argumentmodel.h"
#include "argumenttext.h"
#include "emptyhint.h"
#include "imageview.h"
#include "sendpanel.h"
#include "valuewindow.h"

#include <QtGui/qclipboard.h>
#include <QtWidgets>

#include <csignal>

using namespace Pyvent::Inspector;
using namespace PyventTests;
using namespace Qt::StringLiterals;

// The window as a person uses it, beside real programs on a real bus.
class tst_Inspector : public WindowTest
{
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void init();
    void cleanup();

    void showsWhatIsSent();
    void filtersFromTheKeyboard();
    void pausesAndClears();
    void sendsWhatIsTyped();
    void marksAMistakeAndDoesNotSend();
    void remembersWhatWasSent();
    void sendsAgainAfterAChange();
    void saysThatNobodyServesAndRecovers();
    void offersToServe();
    void saysThatTheHostHasNoAddress();
    void joinsWithItsKeys();
    void neverServesUnlessTold();
    void showsWhoIsThere();
    void savesAndOpensALog();
    void readsTheCommandLinesLog();
    void opensWhatIsWholeOfALog();
    void refusesWhatIsNoLog();
    void showsAValueInAWindow();
    void copiesInEachLanguage();
    void staysWhereItIsUnlessAtTheNewest();
    void staysResponsiveWithAMillion();
    void tellsOfLostAndDroppedEvents();
    void countsWhatItCouldNotRead();
    void remembersTheWindow();
    void canBeUsedWithoutAMouse();
    void programTakesItsArguments_data();
    void programTakesItsArguments();
    void programOpensALog();
    void screenshots();
};

void tst_Inspector::initTestCase()
{
    QVERIFY(prepare(u"tst_inspector"_s));
}

void tst_Inspector::init()
{
    begin();
    QVERIFY(open());
}

void tst_Inspector::cleanup()
{
    end();
}

void tst_Inspector::showsWhatIsSent()
{
    QVERIFY(joins());
    QCOMPARE(part<QLabel>("state")->text(), u"Connected to 127.0.0.1:%1, hearing everything"_s.arg(m_port));
    const QString when = uR"(when:={"$type":"date","value":"2026-01-31"})"_s;
    const QString at = uR"(at:={"$type":"tuple","value":[1,{"table":2}]})"_s;
    QCOMPARE(send({u"order-food"_s, u"food=sushi"_s, u"pieces:=8"_s, when, at, u"--id"_s, u"till"_s}), 0);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->events().rowCount(), 1, patience);
    QCOMPARE(cell(0, EventModel::Name), u"order-food"_s);
    QCOMPARE(cell(0, EventModel::Sender), u"pyvent.till"_s);
    QCOMPARE(cell(0, EventModel::Arguments),
             u"at=(1, {'table': 2}) food='sushi' pieces=8 when=datetime.date(2026, 1, 31)"_s);
    QCOMPARE(cell(0, EventModel::Node), u"till"_s);
    QCOMPARE(cell(0, EventModel::Sequence), u"1"_s);
    QCOMPARE(part<QLabel>("counts")->text(), u"1 event"_s);

    // The tree of the selected event, opened with the keyboard.
    select(0);
    QVERIFY(part<QLabel>("selectedEvent")->text().startsWith(u"order-food"_s));
    auto *tree = part<QTreeView>("arguments");
    const QAbstractItemModel &arguments = *tree->model();
    QCOMPARE(arguments.rowCount(), 4);
    QCOMPARE(arguments.index(0, ArgumentModel::Type).data().toString(), u"tuple [2]"_s);
    QCOMPARE(arguments.index(1, ArgumentModel::Type).data().toString(), u"str"_s);
    QCOMPARE(arguments.index(2, ArgumentModel::Type).data().toString(), u"int"_s);
    QCOMPARE(arguments.index(3, ArgumentModel::Type).data().toString(), u"date"_s);
    tree->setCurrentIndex(arguments.index(0, 0));
    QTest::keyClick(tree, Qt::Key_Right);
    QVERIFY(tree->isExpanded(arguments.index(0, 0)));
    const QModelIndex inner = arguments.index(1, ArgumentModel::Type, arguments.index(0, 0));
    QCOMPARE(inner.data().toString(), u"dict [1]"_s);
}

void tst_Inspector::filtersFromTheKeyboard()
{
    for (const char *name : {"order-food", "order-drink", "food-ready"})
        append(QLatin1StringView(name), {{u"table"_s, 1LL}});
    append(u"order-food"_s, {{u"food"_s, u"tempura"_s}});
    QTRY_COMPARE(m_window->events().rowCount(), 4);

    QTest::keyClick(m_window.get(), Qt::Key_F, Qt::ControlModifier);
    auto *field = part<QLineEdit>("nameFilter");
    QTRY_COMPARE(m_window->focusWidget(), field);
    QTest::keyClicks(field, u"order-*"_s);
    QTRY_COMPARE(m_window->events().rowCount(), 3);
    QTRY_COMPARE(part<QLabel>("counts")->text(), u"3 of 4 events"_s);
    QTest::keyClicks(part<QLineEdit>("textFilter"), u"'tempura'"_s);
    QTRY_COMPARE(m_window->events().rowCount(), 1);
    QCOMPARE(cell(0, EventModel::Arguments), u"food='tempura'"_s);
    append(u"order-food"_s, {{u"food"_s, u"ramen"_s}}); // what comes is filtered, too
    append(u"order-food"_s, {{u"food"_s, u"tempura"_s}});
    QTRY_COMPARE(m_window->events().rowCount(), 2);

    QTest::keyClick(field, Qt::Key_Escape);
    QTRY_COMPARE(m_window->events().rowCount(), 6);
    QVERIFY(field->text().isEmpty());
    QTest::keyClicks(part<QLineEdit>("senderFilter"), u"!pyvent"_s);
    QTRY_COMPARE(m_window->events().rowCount(), 0);
}

void tst_Inspector::pausesAndClears()
{
    append(u"first"_s);
    QTRY_COMPARE(m_window->events().rowCount(), 1);
    auto *view = part<EventView>("events");
    view->setFocus();
    QTest::keyClick(view, Qt::Key_Space);
    QVERIFY(m_window->events().isPaused());
    QVERIFY(part<QAction>("pause")->isChecked());
    append(u"second"_s);
    QTRY_COMPARE(part<QLabel>("counts")->text(), u"1 event · paused, 1 new event waits"_s);
    QCOMPARE(m_window->events().rowCount(), 1);
    QTest::keyClick(view, Qt::Key_Space);
    QTRY_COMPARE(m_window->events().rowCount(), 2);
    QVERIFY(!part<QAction>("pause")->isChecked());

    select(0);
    QTest::keyClick(m_window.get(), Qt::Key_L, Qt::ControlModifier);
    QTRY_COMPARE(m_window->events().rowCount(), 0);
    QCOMPARE(part<QLabel>("counts")->text(), u"0 events"_s);
    QCOMPARE(part<QTreeView>("arguments")->model()->rowCount(), 0);
    append(u"third"_s); // and it goes on
    QTRY_COMPARE(m_window->events().rowCount(), 1);
}

void tst_Inspector::sendsWhatIsTyped()
{
    QVERIFY(joins());
    Program listener(onBus({u"wait"_s, u"order-food"_s, u"--json"_s, u"--timeout"_s, u"20"_s, u"--no-server"_s}));
    Program ready(onBus({u"listen"_s, u"--no-server"_s})); // subscribes after it, and says so
    QVERIFY(ready.complains(u"listening to"_s));
    // 'wait' says nothing before it hears: what is typed is sent until it has heard.
    QTest::keyClick(m_window.get(), Qt::Key_N, Qt::ControlModifier);
    auto *name = part<QLineEdit>("sendName");
    QTRY_COMPARE(m_window->focusWidget(), name);
    QTest::keyClicks(name, u"order-food"_s);
    QTest::keyClick(name, Qt::Key_Tab);
    QTest::keyClick(m_window->focusWidget(), Qt::Key_Tab);
    auto *arguments = part<QPlainTextEdit>("sendArguments");
    QCOMPARE(m_window->focusWidget(), arguments);
    QTest::keyClicks(arguments, u"food=sushi"_s);
    QTest::keyClick(arguments, Qt::Key_Return);
    QTest::keyClicks(arguments, u"pieces:=8"_s);
    QTRY_VERIFY_WITH_TIMEOUT(
        (QTest::keyClick(arguments, Qt::Key_Return, Qt::ControlModifier), !listener.output().isEmpty()), patience);
    QCOMPARE(listener.exitCode(), 0);
    QVERIFY2(listener.output().contains(u"\"food\":\"sushi\""_s), qPrintable(listener.output()));
    QVERIFY2(listener.output().contains(u"\"pieces\":8"_s), qPrintable(listener.output()));
    const QLabel &told = *part<QLabel>("sendMessage");
    QTRY_VERIFY2(told.text().startsWith(u"order-food was sent"_s), qPrintable(told.text()));
    QTRY_VERIFY(m_window->events().rowCount() > 0);
    QCOMPARE(cell(0, EventModel::Sender), u"pyvent.inspector"_s);
}

void tst_Inspector::marksAMistakeAndDoesNotSend()
{
    QVERIFY(joins());
    auto *arguments = part<QPlainTextEdit>("sendArguments");
    QTest::keyClicks(part<QLineEdit>("sendName"), u"order-food"_s);
    arguments->setFocus();
    QTest::keyClicks(arguments, u"food=sushi"_s);
    QTest::keyClick(arguments, Qt::Key_Return);
    QTest::keyClicks(arguments, u"pieces:=eight"_s);
    auto *message = part<QLabel>("sendMessage");
    QCOMPARE(message->text(), u"Line 2: a value (a string has double quotes) should be here"_s);
    const QList<QTextEdit::ExtraSelection> marks = arguments->extraSelections();
    QCOMPARE(marks.size(), 2);
    QCOMPARE(marks[1].cursor.selectedText(), u"eight"_s);

    QTest::keyClick(arguments, Qt::Key_Return, Qt::ControlModifier);
    QVERIFY(!message->text().contains(u"sent"_s));
    QCOMPARE(arguments->textCursor().position(), int(qstrlen("food=sushi\npieces:=")));
    // Mended it is sent, as the first and only one.
    arguments->moveCursor(QTextCursor::EndOfLine, QTextCursor::KeepAnchor);
    QTest::keyClicks(arguments, u"8"_s);
    QVERIFY(arguments->extraSelections().isEmpty());
    QVERIFY(message->text().isEmpty());
    QTest::mouseClick(part<QPushButton>("send"), Qt::LeftButton);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->events().rowCount(), 1, patience);
    QCOMPARE(cell(0, EventModel::Sequence), u"1"_s);

    // What the bus refuses is said here, too.
    part<QLineEdit>("sendName")->setText(u"two words"_s);
    QTest::mouseClick(part<QPushButton>("send"), Qt::LeftButton);
    QVERIFY2(message->text().contains(u"two words"_s), qPrintable(message->text()));
    QVERIFY2(this->message().isEmpty(), qPrintable(this->message()));
    // And not any longer than it counts: until the name is mended.
    part<QLineEdit>("sendName")->setFocus();
    part<QLineEdit>("sendName")->selectAll();
    QTest::keyClicks(part<QLineEdit>("sendName"), u"one-word"_s);
    QVERIFY2(message->text().isEmpty(), qPrintable(message->text()));
    QTest::mouseClick(part<QPushButton>("send"), Qt::LeftButton);
    QTRY_VERIFY2_WITH_TIMEOUT(message->text().startsWith(u"one-word was sent"_s), qPrintable(message->text()),
                              patience);
    QVERIFY2(this->message().isEmpty(), qPrintable(this->message()));
}

void tst_Inspector::remembersWhatWasSent()
{
    QVERIFY(joins());
    auto *panel = m_window->findChild<SendPanel *>();
    panel->setDraft({u"first"_s, {}, u"a=1"_s});
    QVERIFY(panel->send());
    panel->setDraft({u"second"_s, u"me"_s, u"b:=2"_s});
    QVERIFY(panel->send());
    m_window->close();
    QVERIFY(open());
    panel = m_window->findChild<SendPanel *>();
    auto *name = part<QLineEdit>("sendName");
    name->setText(u"being-written"_s);
    QTest::keyClick(name, Qt::Key_Up, Qt::AltModifier);
    QCOMPARE(panel->draft(), (Draft{u"second"_s, u"me"_s, u"b:=2"_s}));
    QTest::keyClick(name, Qt::Key_Up, Qt::AltModifier);
    QCOMPARE(panel->draft(), (Draft{u"first"_s, {}, u"a=1"_s}));
    QTest::keyClick(name, Qt::Key_Down, Qt::AltModifier);
    QTest::keyClick(name, Qt::Key_Down, Qt::AltModifier);
    QCOMPARE(panel->draft().name, u"being-written"_s);
}

void tst_Inspector::sendsAgainAfterAChange()
{
    QVERIFY(joins());
    const QVariantMap sent{{u"food"_s, u"sushi"_s}, {u"a=b"_s, QVariantList{1LL, 2.5}}};
    append(u"order-food"_s, sent);
    QTRY_COMPARE(m_window->events().rowCount(), 1);
    select(0);
    QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
    auto *panel = m_window->findChild<SendPanel *>();
    QCOMPARE(panel->draft().name, u"order-food"_s);
    QCOMPARE(parseArguments(panel->draft().arguments).arguments, sent);
    auto *arguments = part<QPlainTextEdit>("sendArguments");
    QTRY_COMPARE(m_window->focusWidget(), arguments);
    arguments->moveCursor(QTextCursor::End);
    QTest::keyClicks(arguments, u", fresh"_s);
    QTest::keyClick(arguments, Qt::Key_Return, Qt::ControlModifier);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->events().rowCount(), 2, patience);
    QCOMPARE(cell(1, EventModel::Arguments), u"'a=b'=[1, 2.5] food='sushi, fresh'"_s);
}

void tst_Inspector::saysThatNobodyServesAndRecovers()
{
    m_window->join({u"127.0.0.1"_s, m_port});
    auto *state = part<QLabel>("state");
    QTRY_COMPARE_WITH_TIMEOUT(state->text(), u"Nobody serves port %1 of 127.0.0.1; trying…"_s.arg(m_port), patience);
    const QColor bad = state->palette().color(QPalette::WindowText);
    auto *panel = m_window->findChild<SendPanel *>();
    panel->setDraft({u"early"_s, {}, {}});
    QVERIFY(panel->send());
    auto *told = part<QLabel>("sendMessage");
    QCOMPARE(told->text(), u"early waits: it is sent as soon as a server answers."_s);
    QVERIFY(panel->send());
    QCOMPARE(told->text(), u"2 events wait: they are sent as soon as a server answers."_s);

    QVERIFY(serves());
    QTRY_COMPARE_WITH_TIMEOUT(state->text(), u"Connected to 127.0.0.1:%1, hearing everything"_s.arg(m_port), patience);
    QVERIFY(state->palette().color(QPalette::WindowText) != bad);
    QTRY_VERIFY2_WITH_TIMEOUT(told->text().startsWith(u"early was sent at "_s), qPrintable(told->text()), patience);
    QCOMPARE(send({u"late"_s}), 0);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->events().rowCount() > 0, patience);
    QTRY_COMPARE_WITH_TIMEOUT(cell(m_window->events().rowCount() - 1, EventModel::Name), u"late"_s, patience);

    // And again, when it goes.
    m_server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(state->text().startsWith(u"Nobody serves"_s), patience);
    m_server = std::make_unique<Program>(onBus({u"serve"_s}));
    QTRY_VERIFY_WITH_TIMEOUT(state->text().startsWith(u"Connected"_s), patience);
    // What waits when the bus is left is told, too.
    m_server.reset();
    QTRY_VERIFY_WITH_TIMEOUT(state->text().startsWith(u"Nobody serves"_s), patience);
    QVERIFY(panel->send());
    m_window->link().leave();
    QCOMPARE(told->text(), u"early was not sent: this window has left the bus."_s);
    QVERIFY(joins());
    // Disconnecting is said, and does not try again.
    QTest::mouseClick(part<QPushButton>("connect"), Qt::LeftButton);
    QCOMPARE(state->text(), u"Not connected"_s);
    // What cannot be is said in the bar.
    part<QLineEdit>("address")->setText(u"no such host!"_s);
    QTest::keyClick(part<QLineEdit>("address"), Qt::Key_Return);
    QTRY_VERIFY2_WITH_TIMEOUT(message().contains(u"no such host!"_s), qPrintable(message()), patience);
    // It goes when that is mended.
    part<QLineEdit>("address")->setText(u"127.0.0.1"_s);
    QTest::keyClick(part<QLineEdit>("address"), Qt::Key_Return);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->link().isReady(), patience);
    QVERIFY2(message().isEmpty(), qPrintable(message()));
}

void tst_Inspector::offersToServe()
{
    auto *hint = part<EmptyHint>("eventsHint");
    QVERIFY(hint->text().startsWith(u"This window is not on a bus"_s));
    auto *remedy = part<QPushButton>("eventsRemedy");
    auto *button = part<QToolButton>("serveHere");
    QVERIFY(!remedy->isVisible() && !button->isVisible());
    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(remedy->isVisible() && button->isVisible(), patience);
    QCOMPARE(remedy->text(), u"Serve Here"_s);
    QVERIFY2(hint->text().startsWith(u"Nobody serves port %1 of 127.0.0.1."_s.arg(m_port)), qPrintable(hint->text()));
    QTest::mouseClick(remedy, Qt::LeftButton);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->link().isServing() && m_window->link().isReady(), patience);
    QTRY_VERIFY(!remedy->isVisible() && !button->isVisible());
    QVERIFY(hint->text().startsWith(u"No events yet."_s));
    QCOMPARE(send({u"heard"_s}), 0);
    QTRY_COMPARE_WITH_TIMEOUT(events().rowCount(), 1, patience);
    QVERIFY(!hint->isVisible());
}

void tst_Inspector::saysThatTheHostHasNoAddress()
{
    // No label of a name is so long, so nobody has to be asked for its address.
    const QString host(70, u'x');
    m_window->join({host, m_port});
    QTRY_COMPARE_WITH_TIMEOUT(part<QLabel>("state")->text(), u"The host %1 has no address; trying…"_s.arg(host),
                              patience);
    auto *hint = part<EmptyHint>("eventsHint");
    QVERIFY2(hint->text().startsWith(u"The host %1 has no address"_s.arg(host)), qPrintable(hint->text()));
    QVERIFY(!part<QPushButton>("eventsRemedy")->isVisible());
    QVERIFY(!part<QToolButton>("serveHere")->isVisible());
    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(hint->text().startsWith(u"Nobody serves port"_s), patience);
}

void tst_Inspector::joinsWithItsKeys()
{
    const auto at = [this](const QString &name) { return m_folder.filePath(name); };
    for (const QString &name : {u"server"_s, u"ada"_s})
        QCOMPARE(PyventSecurity::makeKeys(at(name)), QString());
    QVERIFY(QFile::copy(at(u"ada.pub"_s), at(u"allowed"_s)));
    QVERIFY(QFile::setPermissions(at(u"allowed"_s), QFile::ReadOwner | QFile::WriteOwner));
    m_server = std::make_unique<Program>(
        onBus({u"serve"_s, u"--no-lane"_s, u"--keys"_s, at(u"server.key"_s), u"--allow"_s, at(u"allowed"_s)}));
    QVERIFY(m_server->complains(u"serving at"_s));
    QString key;
    const auto connection =
        connect(&m_window->link(), &BusLink::answered, this, [&](const QList<PyventNodeInfo> &nodes) {
            for (const PyventNodeInfo &node : nodes) {
                if (node.uuid == m_window->link().uuid())
                    key = node.key;
            }
        });
    m_window->link().setKeys(at(u"ada.key"_s), at(u"server.pub"_s));
    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(m_window->link().isReady(), patience);
    QTRY_VERIFY_WITH_TIMEOUT((m_window->link().findNodes(), !key.isEmpty()), patience);
    QCOMPARE(key, u"ada"_s);
    disconnect(connection);
}

void tst_Inspector::neverServesUnlessTold()
{
    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(part<QLabel>("state")->text().startsWith(u"Nobody serves"_s), patience);
    QVERIFY(!m_window->link().isServing());
    QCOMPARE(send({u"unheard"_s, u"--quiet"_s}), 3);

    part<QAction>("serve")->trigger();
    QTRY_COMPARE_WITH_TIMEOUT(part<QLabel>("state")->text(),
                              u"Serving at 127.0.0.1:%1, hearing everything"_s.arg(m_port), patience);
    QVERIFY(part<QAction>("serve")->isChecked());
    QCOMPARE(send({u"heard"_s}), 0);
    QTRY_VERIFY_WITH_TIMEOUT(m_window->events().rowCount() > 0, patience);
    part<QAction>("serve")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!m_window->link().isServing(), patience);
    QVERIFY(!part<QAction>("serve")->isChecked());

    // Where another serves, it says so.
    m_server = std::make_unique<Program>(onBus({u"serve"_s}));
    QVERIFY(m_server->complains(u"serving at"_s));
    QTRY_VERIFY_WITH_TIMEOUT(m_window->link().isReady(), patience);
    part<QAction>("serve")->trigger();
    QTRY_VERIFY_WITH_TIMEOUT(!message().isEmpty(), patience);
    QVERIFY(!part<QAction>("serve")->isChecked());
}

void tst_Inspector::showsWhoIsThere()
{
    QVERIFY(joins());
    Program listener(onBus({u"listen"_s, u"order-*"_s, u"--id"_s, u"kitchen"_s, u"--no-server"_s}));
    QVERIFY(listener.complains(u"listening to"_s));
    m_window->findChild<QTabWidget *>()->setCurrentIndex(1);
    QAbstractItemModel &nodes = m_window->nodes();
    const auto rowOf = [&](int column, const QString &text) {
        for (int row = 0; row < nodes.rowCount(); ++row) {
            if (nodes.index(row, column).data().toString() == text)
                return row;
        }
        return -1;
    };
    // F5 asks; what is asked before the last answer came is not asked twice.
    QTRY_VERIFY_WITH_TIMEOUT((QTest::keyClick(m_window.get(), Qt::Key_F5), rowOf(NodesModel::Node, u"kitchen"_s) >= 0),
                             patience);
    const int kitchen = rowOf(NodesModel::Node, u"kitchen"_s);
    QCOMPARE(nodes.index(kitchen, NodesModel::Role).data().toString(), u"here"_s);
    QVERIFY(nodes.index(kitchen, NodesModel::Program).data().toString().startsWith(u"pyvent"_s));
    const QString toolTip = nodes.index(kitchen, NodesModel::Node).data(Qt::ToolTipRole).toString();
    QVERIFY(toolTip.contains(u"order-*"_s));
    QVERIFY2(toolTip.contains(u"Reaches the server by the lane"_s), qPrintable(toolTip));
    QTRY_VERIFY_WITH_TIMEOUT(rowOf(NodesModel::Role, u"serves"_s) >= 0, patience);
    QVERIFY(rowOf(NodesModel::Role, u"this window"_s) >= 0);
    // One that is killed is gone, and then not listed any more; and so is everyone when the bus is left.
    listener.sendSignal(SIGKILL);
    QTRY_VERIFY_WITH_TIMEOUT((m_window->link().findNodes(), rowOf(NodesModel::Node, u"kitchen"_s) < 0), patience);
    QVERIFY(nodes.rowCount() > 0);
    m_window->link().leave();
    QCOMPARE(nodes.rowCount(), 0);
}

void tst_Inspector::savesAndOpensALog()
{
    QVERIFY(joins());
    Program listener(onBus({u"listen"_s, u"--json"_s, u"--count"_s, u"2"_s, u"--no-server"_s}));
    QVERIFY(listener.complains(u"listening to"_s));
    QCOMPARE(send({u"order-food"_s, u"food=säsjö \"x\""_s, u"n:=123456789012345678901234567890"_s}), 0);
    const QString bytes = uR"(b:={"$type":"bytes","value":"AAEC"})"_s;
    QCOMPARE(send({u"food-ready"_s, bytes}), 0);
    QCOMPARE(listener.exitCode(), 0);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->events().rowCount(), 2, patience);
    m_window->saveLog(path(u"saved.jsonl"_s));
    QTRY_VERIFY_WITH_TIMEOUT(QFile::exists(path(u"saved.jsonl"_s)), patience);
    QFile saved(path(u"saved.jsonl"_s));
    QVERIFY(saved.open(QIODevice::ReadOnly));
    QCOMPARE(QString::fromUtf8(saved.readAll()), listener.output()); // byte for byte
    QTRY_VERIFY_WITH_TIMEOUT(part<QProgressBar>("progress")->isHidden(), patience);

    // All that is shown is saved: it is replaced without a question.
    m_window->openLog(path(u"saved.jsonl"_s));
    QTRY_VERIFY_WITH_TIMEOUT(message().contains(u"saved.jsonl"_s), patience);
    QCOMPARE(m_window->events().rowCount(), 2);
    QCOMPARE(cell(1, EventModel::Arguments), u"b=b'\\x00\\x01\\x02'"_s);
    QVERIFY(m_window->events().isPaused());
    QCOMPARE(send({u"meanwhile"_s}), 0);
    QTRY_COMPARE_WITH_TIMEOUT(m_window->events().waiting(), 1, patience);
}

void tst_Inspector::readsTheCommandLinesLog()
{
    append(u"unsaved"_s);
    QTRY_COMPARE(m_window->events().rowCount(), 1);
    QFile file(path(u"listened.jsonl"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    // As `pyvent listen --json` prints what Python sent, and an object of a class that only Python has.
    file.write(
        R"({"name":"order","sender":"till","args":{"o":{"$type":"Order","value":{"module":"shop","name":"Order",)"
        R"("args":[3]}}},"node":null,"seq":null,"time":null})"
        "\n");
    file.close();
    m_window->openLog(file.fileName());
    // What is shown is not saved: it is asked for.
    QMessageBox *box = nullptr;
    QTRY_VERIFY_WITH_TIMEOUT((box = m_window->findChild<QMessageBox *>(u"replaceLog"_s)), patience);
    QCOMPARE(cell(0, EventModel::Name), u"unsaved"_s);
    QTest::keyClick(box, Qt::Key_Return);
    QTRY_COMPARE(cell(0, EventModel::Name), u"order"_s);
    QCOMPARE(cell(0, EventModel::Time), u"–"_s);
    QCOMPARE(cell(0, EventModel::Node), u"Python"_s);
    QVERIFY(cell(0, EventModel::Arguments).startsWith(u"o=<Order "_s));
    // It cannot be sent from here, and is marked.
    m_window->activateWindow();
    QTRY_VERIFY(m_window->isActiveWindow());
    select(0);
    QTest::keyClick(m_window.get(), Qt::Key_E, Qt::ControlModifier);
    QVERIFY(part<QLabel>("sendMessage")->text().contains(u"'Order'"_s));
    QVERIFY(!m_window->findChild<SendPanel *>()->send());
    part<QAction>("copyCpp")->trigger();
    QVERIFY2(message().contains(u"Nothing was copied"_s) && message().contains(u"Order"_s), qPrintable(message()));
}

void tst_Inspector::opensWhatIsWholeOfALog()
{
    QFile file(path(u"broken.jsonl"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    const QByteArray good = R"({"name":"a","sender":"s","args":{},"node":null,"seq":null,"time":null})"
                            "\n";
    file.write(good + '\n' + good + R"({"name":"b","sender":"s","ar)");
    file.close();
    m_window->openLog(file.fileName());
    QTRY_VERIFY_WITH_TIMEOUT(!message().isEmpty(), patience);
    QVERIFY2(message().contains(u"broken.jsonl"_s)
                 && message().contains(u"last line, 4, is cut off and was left out"_s),
             qPrintable(message()));
    QCOMPARE(events().rowCount(), 2);
    QTest::mouseClick(part<QToolButton>("closeMessage"), Qt::LeftButton);
    QVERIFY(message().isEmpty());
}

void tst_Inspector::refusesWhatIsNoLog()
{
    append(u"kept"_s);
    QTRY_COMPARE(events().rowCount(), 1);
    QFile file(path(u"picture.png"_s));
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("\x89PNG and no event\n");
    file.close();
    m_window->openLog(file.fileName());
    QTRY_VERIFY2_WITH_TIMEOUT(message().contains(u"picture.png' is no log of events"_s), qPrintable(message()),
                              patience);
    QCOMPARE(cell(0, EventModel::Name), u"kept"_s);
    QVERIFY(!events().isPaused());
    m_window->openLog(path(u"missing.jsonl"_s));
    QTRY_VERIFY_WITH_TIMEOUT(message().contains(u"cannot be read"_s), patience);
}

void tst_Inspector::showsAValueInAWindow()
{
    QImage image(32, 20, QImage::Format_RGB32);
    image.fill(Qt::red);
    QByteArray png;
    QBuffer buffer(&png);
    QVERIFY(buffer.open(QIODevice::WriteOnly) && image.save(&buffer, "PNG"));
    const QString prose = u"first line\nsecond line with \"quotes\"\n"_s.repeated(300);
    append(u"camera"_s, {{u"image"_s, png}, {u"by"_s, u"hall"_s}});
    append(u"report"_s, {{u"text"_s, prose}, {u"page"_s, 1LL}});
    QTRY_COMPARE(events().rowCount(), 2);
    auto *action = part<QAction>("showValue");
    QVERIFY(!action->isEnabled());

    // Where none of the arguments is chosen, it is the one with most in it.
    select(0);
    QVERIFY(action->isEnabled());
    action->trigger();
    auto *window = part<ValueWindow>("valueWindow");
    QVERIFY(QTest::qWaitForWindowExposed(window, patience));
    QCOMPARE(window->windowTitle(), u"image of camera"_s);
    auto *shown = window->findChild<ImageView *>();
    QVERIFY(shown && shown->isVisible());
    QCOMPARE(shown->image().size(), image.size());
    QCOMPARE(shown->grab().toImage().pixelColor(shown->rect().center()), QColor(Qt::red));
    QVERIFY2(window->findChild<QLabel *>(u"valueNote"_s)->text().contains(u"PNG, 32 × 20 pixels"_s),
             qPrintable(window->findChild<QLabel *>(u"valueNote"_s)->text()));
    QCOMPARE(window->content(), png); // what is saved
    window->close();
    QTRY_VERIFY(!m_window->findChild<ValueWindow *>());

    // A double-click on one shows that: the text as it is, with its lines.
    select(1);
    auto *tree = part<QTreeView>("arguments");
    const QModelIndex text = tree->model()->index(1, ArgumentModel::Value);
    QTest::mouseClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(text).center());
    QTest::mouseDClick(tree->viewport(), Qt::LeftButton, {}, tree->visualRect(text).center());
    QTRY_VERIFY(m_window->findChild<ValueWindow *>());
    window = part<ValueWindow>("valueWindow");
    QCOMPARE(window->windowTitle(), u"text of report"_s);
    QCOMPARE(window->findChild<QPlainTextEdit *>()->toPlainText(), prose);
    QVERIFY(!window->findChild<ImageView *>());
    QCOMPARE(clashesIn(window), QStringList());
}

void tst_Inspector::copiesInEachLanguage()
{
    append(u"order-food"_s, {{u"food"_s, u"it's \"raw\"\n"_s}, {u"at"_s, QVariantList{1LL, QVariantList{}}}});
    QTRY_COMPARE(m_window->events().rowCount(), 1);
    auto *view = part<EventView>("events");
    view->setFocus();
    select(0);
    const QClipboard &clipboard = *QGuiApplication::clipboard();
    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier);
    const QString json = u"{\"name\":\"order-food\",\"sender\":\"pyvent\",\"args\":{\"at\":[1,[]],"
                         "\"food\":\"it's \\\"raw\\\"\\n\"},\"node\":null"_s;
    QVERIFY2(clipboard.text().startsWith(json), qPrintable(clipboard.text()));
    QTest::keyClick(view, Qt::Key_C, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(clipboard.text(),
             u"node.send(\"order-food\", {{\"at\", QVariantList{QVariant(1), QVariant(QVariantList())}}, "
             u"{\"food\", \"it's \\\"raw\\\"\\n\"}});"_s);
    QTest::keyClick(view, Qt::Key_Q, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(clipboard.text(), u"bus.send(\"order-food\", {at: [1, []], food: \"it's \\\"raw\\\"\\n\"})"_s);
    QTest::keyClick(view, Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
    QCOMPARE(clipboard.text(), u"pyvent.send('order-food', at=[1, []], food='it\\'s \"raw\"\\n')"_s);
}

void tst_Inspector::staysWhereItIsUnlessAtTheNewest()
{
    const auto appendMany = [this](int count) {
        const int before = m_window->events().rowCount();
        for (int i = 0; i < count; ++i)
            append(u"tick"_s, {{u"i"_s, qlonglong(before + i)}});
        return waitUntil([&] { return m_window->events().rowCount() == before + count; });
    };
    auto *view = part<EventView>("events");
    QVERIFY(appendMany(200));
    QVERIFY(view->isAtNewest());
    QVERIFY(appendMany(100));
    QVERIFY(view->isAtNewest());
    view->scrollTo(m_window->events().index(50, 0), QAbstractItemView::PositionAtTop);
    QCOMPARE(view->rowAt(0), 50);
    QVERIFY(appendMany(100));
    QCOMPARE(view->rowAt(0), 50);
    // Where the oldest go, it is another row with the same event.
    const QString shown = cell(50, EventModel::Arguments);
    m_window->events().setMaximum(390);
    QCOMPARE(m_window->events().rowCount(), 387);
    QCOMPARE(cell(view->rowAt(0), EventModel::Arguments), shown);
    QTest::keyClick(m_window.get(), Qt::Key_End, Qt::ControlModifier);
    QTRY_VERIFY(view->isAtNewest());
}

void tst_Inspector::staysResponsiveWithAMillion()
{
    EventStore store;
    for (int i = 0; i < 1'000'000; ++i) {
        const bool isRare = i % 1000 == 0;
        store.append({.name = isRare ? u"rare"_s : u"common"_s, .sender = u"pyvent"_s, .args = {{u"i"_s, i}}}, {});
    }
    m_window->events().replaceStore(std::move(store));
    auto *view = part<EventView>("events");
    QVERIFY(view->isAtNewest());
    QElapsedTimer turn;
    qint64 longest = 0;
    const auto runs = [&](const std::function<bool()> &isDone) {
        for (turn.start(); !isDone(); turn.restart()) {
            QCoreApplication::processEvents();
            longest = std::max(longest, turn.elapsed());
        }
    };
    part<QLineEdit>("nameFilter")->setText(u"rare"_s);
    runs([&] { return !m_window->events().isScanning(); });
    QCOMPARE(m_window->events().rowCount(), 1000);
    QVERIFY(m_window->events().lastScan().largestSlice <= EventModel::rowsPerSlice);
    QVERIFY(view->isAtNewest());
    part<QLineEdit>("nameFilter")->clear();
    // Events go on coming at the end of the million, one batch a frame.
    QSignalSpy batches(&m_window->events(), &QAbstractItemModel::rowsInserted);
    int sent = 0;
    runs([&] {
        for (int i = 0; i < 100 && sent < 5000; ++i, ++sent)
            append(u"new"_s);
        return m_window->events().waiting() == 0;
    });
    QVERIFY(batches.size() < 5000);
    QVERIFY(view->isAtNewest());
    QCOMPARE(cell(view->rowAt(view->viewport()->height() - 2), EventModel::Name), u"new"_s);
    qInfo() << "with a million rows, the longest turn of the event loop took" << longest << "ms;" << batches.size()
            << "batches";
}

void tst_Inspector::tellsOfLostAndDroppedEvents()
{
    const QUuid node = QUuid::createUuid();
    Q_EMIT m_window->link().lost(u"order-food"_s, node, 3);
    QCOMPARE(part<QLabel>("lost")->text(), u"3 lost"_s);
    QVERIFY(message().contains(u"3 events 'order-food'"_s));
    m_window->events().setMaximum(100);
    for (int i = 0; i < 150; ++i)
        append(u"tick"_s);
    QTRY_VERIFY(message().contains(u"drops the oldest"_s));
    QTRY_VERIFY(part<QLabel>("counts")->text().contains(u"the oldest 51 were dropped"_s));
}

void tst_Inspector::countsWhatItCouldNotRead()
{
    QVERIFY(joins());
    QVERIFY(!part<QLabel>("unreadable")->isVisible());
    Program sender(QStringLiteral(PYTHON_PROGRAM),
                   {QStringLiteral(PYTHON_PEER), u"frames"_s, QString::number(m_port), uR"(b'a }s.')"_s,
                    uR"(b'<b>b</b> }s.')"_s, uR"(b'a }s.')"_s, uR"(b'good')"_s});
    QVERIFY2(sender.exitCode() == 0, qPrintable(sender.errors()));
    QTRY_COMPARE_WITH_TIMEOUT(part<QLabel>("unreadable")->text(), u"3 unreadable"_s, patience);
    QVERIFY(part<QLabel>("unreadable")->isVisible());
    const QString toolTip = part<QLabel>("unreadable")->toolTip();
    QVERIFY2(toolTip.contains(u"2 of a\n1 of &lt;b&gt;b"_s), qPrintable(toolTip));
    QTRY_VERIFY_WITH_TIMEOUT(message().contains(u"cannot be read"_s), patience);
    // Another bus, another count.
    m_window->join({u"127.0.0.1"_s, freePort()});
    QVERIFY(!part<QLabel>("unreadable")->isVisible());
}

void tst_Inspector::remembersTheWindow()
{
    m_window->join({u"127.0.0.1"_s, m_port});
    m_window->resize(900, 640);
    auto *header = part<EventView>("events")->horizontalHeader();
    header->resizeSection(EventModel::Name, 222);
    auto *side = part<QSplitter>("logSide");
    side->setSizes({300, 150});
    const QList<int> sizes = side->sizes();
    m_window->findChild<QTabWidget *>()->setCurrentIndex(1);
    m_window->close();
    QVERIFY(open());
    QCOMPARE(m_window->rememberedPlace(), (Place{u"127.0.0.1"_s, m_port}));
    QCOMPARE(part<QSpinBox>("port")->value(), m_port);
    QTRY_COMPARE(m_window->size(), QSize(900, 640));
    QCOMPARE(part<EventView>("events")->horizontalHeader()->sectionSize(EventModel::Name), 222);
    QTRY_COMPARE(part<QSplitter>("logSide")->sizes(), sizes);
    QCOMPARE(m_window->findChild<QTabWidget *>()->currentIndex(), 1);
}

void tst_Inspector::canBeUsedWithoutAMouse()
{
    // Every field that can be typed into or chosen from has a name for a screen reader.
    const QList<QWidget *> widgets = m_window->findChildren<QWidget *>();
    int fields = 0;
    for (QWidget *widget : widgets) {
        const bool isField = qobject_cast<QLineEdit *>(widget) || qobject_cast<QPlainTextEdit *>(widget)
            || qobject_cast<QAbstractItemView *>(widget) || qobject_cast<QSpinBox *>(widget);
        if (!isField || qobject_cast<QSpinBox *>(widget->parentWidget()) || qobject_cast<QHeaderView *>(widget)
            || qobject_cast<QTabBar *>(widget))
            continue;
        ++fields;
        QVERIFY2(!widget->accessibleName().isEmpty(), qPrintable(widget->objectName()));
    }
    QVERIFY(fields >= 11);
    // Tab goes through all parts of the window and comes back.
    QSet<QString> met;
    part<QLineEdit>("address")->setFocus();
    for (int i = 0; i < 40; ++i) {
        met.insert(m_window->focusWidget()->objectName());
        QTest::keyClick(m_window->focusWidget(), Qt::Key_Tab);
    }
    for (const char *name : {"address", "port", "connect", "nameFilter", "senderFilter", "textFilter", "events",
                             "arguments", "names", "sendName", "sendSender", "sendArguments", "send"})
        QVERIFY2(met.contains(QLatin1StringView(name)), name);
}

void tst_Inspector::programTakesItsArguments_data()
{
    QTest::addColumn<QStringList>("arguments");
    QTest::addColumn<int>("exitCode");
    QTest::addColumn<QString>("text");
    QTest::newRow("help") << QStringList{u"--help"_s} << 0 << u"Usage: pyvent-inspector"_s;
    QTest::newRow("version") << QStringList{u"--version"_s} << 0 << u"pyvent-inspector "_s;
    QTest::newRow("port") << QStringList{u"--port"_s, u"x"_s} << 2
                          << u"--port takes a number from 1 to 65534, not 'x'"_s;
    QTest::newRow("address") << QStringList{u"--address="_s} << 2 << u"--address takes"_s;
    QTest::newRow("a key alone") << QStringList{u"--key"_s, u"a.key"_s} << 2 << u"--key and --server-key go together"_s;
    QTest::newRow("option") << QStringList{u"--prot"_s} << 2 << u"Unknown option 'prot'"_s;
    QTest::newRow("logs") << QStringList{u"a"_s, u"b"_s} << 2 << u"not also 'b'"_s;
}

void tst_Inspector::programTakesItsArguments()
{
    QFETCH(QStringList, arguments);
    QFETCH(int, exitCode);
    QFETCH(QString, text);
    Program program(QStringLiteral(PYVENT_INSPECTOR_PROGRAM), arguments);
    QCOMPARE(program.exitCode(), exitCode);
    const QString said = exitCode == 0 ? program.output() : program.errors();
    QVERIFY2(said.contains(text), qPrintable(said));
}

void tst_Inspector::programOpensALog()
{
    // The real program on this bus: it joins, and does not serve.
    m_server = std::make_unique<Program>(onBus({u"serve"_s}));
    QVERIFY(m_server->complains(u"serving at"_s));
    qputenv("XDG_CONFIG_HOME", m_folder.path().toLocal8Bit());
    Program program(QStringLiteral(PYVENT_INSPECTOR_PROGRAM), {u"--port"_s, QString::number(m_port)});
    m_window->join({u"127.0.0.1"_s, m_port});
    QTRY_VERIFY_WITH_TIMEOUT(m_window->link().isReady(), patience);
    const auto others = [this] {
        int count = 0;
        for (int row = 0; row < m_window->nodes().rowCount(); ++row) {
            const QString text = m_window->nodes().index(row, NodesModel::Program).data().toString();
            count += text.startsWith(u"pyvent-inspector"_s) ? 1 : 0;
        }
        return count;
    };
    QTRY_VERIFY_WITH_TIMEOUT((m_window->link().findNodes(), others() == 1), patience);
}

void tst_Inspector::screenshots()
{
    // Light and dark; written where PYVENT_SCREENSHOTS says: see src/inspector/README.md.
    const QString folder = qEnvironmentVariable("PYVENT_SCREENSHOTS");
    QVERIFY(joins());
    m_window->resize(1200, 800);
    const QPalette before = QApplication::palette();
    for (const bool dark : {false, true}) {
        QApplication::setPalette(dark ? Kitchen::darkPalette() : Kitchen::lightPalette());
        if (m_window->events().rowCount() == 0)
            Kitchen::fill(m_window.get());
        QTRY_VERIFY(m_window->events().rowCount() > 100);
        int order = m_window->events().rowCount() - 1;
        while (cell(order, EventModel::Name) != u"order-food"_s)
            --order;
        select(order);
        part<EventView>("events")->goToNewest();
        part<QTreeView>("arguments")->expandToDepth(1);
        QCoreApplication::processEvents();
        const QImage image = m_window->grab().toImage();
        QCOMPARE(image.size() / image.devicePixelRatio(), QSize(1200, 800));
        // The window follows the palette: dark is dark.
        const QColor corner = image.pixelColor(image.width() / 2, image.height() - 4);
        QCOMPARE(corner.lightness() < 128, dark);
        if (!folder.isEmpty())
            QVERIFY(image.save(folder + (dark ? "/screenshot-dark.png"_L1 : "/screenshot.png"_L1)));
    }
    QApplication::setPalette(before);
}

PYVENT_TEST(tst_Inspector)
#include "tst_inspector.moc"
