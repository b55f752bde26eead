// SPDX-License-Identifier: MIT
#include "linereader.h"
#include "support/testprogram.h"

#include <QtTest>

#include <array>
#include <fcntl.h>
#include <unistd.h>

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

// A pipe whose ends close with it.
class Pipe
{
public:
    Pipe() { m_isOpen = ::pipe2(m_ends.data(), O_CLOEXEC) == 0; }
    ~Pipe()
    {
        closeWriteEnd();
        ::close(m_ends[0]);
    }
    Q_DISABLE_COPY_MOVE(Pipe)

    int readEnd() const { return m_ends[0]; }
    bool write(const QByteArray &bytes)
    {
        return ::write(m_ends[1], bytes.constData(), size_t(bytes.size())) == bytes.size();
    }
    void closeWriteEnd()
    {
        if (std::exchange(m_isOpen, false))
            ::close(m_ends[1]);
    }

private:
    std::array<int, 2> m_ends = {-1, -1};
    bool m_isOpen = false;
};

} // namespace

class tst_LineReader : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void readsLines_data();
    void readsLines();
    void leavesOutLongLines();
    void tellsWhatWasCutOff();
    void tellsWhatIsThere();
    void isInterrupted();
    void tellsOfAFailure();
};

void tst_LineReader::readsLines_data()
{
    QTest::addColumn<QByteArrayList>("pieces"); // each is read for itself
    QTest::addColumn<QByteArrayList>("lines");

    using List = QByteArrayList;
    QTest::newRow("nothing") << List{} << List{};
    QTest::newRow("one line") << List{"a\n"} << List{"a"};
    QTest::newRow("without an end") << List{"a\nb"} << List{"a", "b"};
    QTest::newRow("empty lines") << List{"\n\na\n\n"} << List{"", "", "a", ""};
    QTest::newRow("in pieces") << List{"a", "b", "c\nd", "\n"} << List{"abc", "d"};
    QTest::newRow("bytes of any kind") << List{"\0\xff\r\n"_ba} << List{"\0\xff\r"_ba};
    const QByteArray large(20'000, 'x'); // thrice as much fits into a pipe
    QTest::newRow("large") << List{large, large + '\n', large} << List{large + large, large};
}

void tst_LineReader::readsLines()
{
    QFETCH(QByteArrayList, pieces);
    QFETCH(QByteArrayList, lines);
    Pipe pipe;
    Pipe interruption;
    LineReader reader(pipe.readEnd(), interruption.readEnd());
    QByteArrayList read;
    QByteArray line;
    const auto take = [&] {
        while (reader.isReady() && reader.next(&line) == LineReader::Result::Line)
            read.append(line);
    };
    // A piece without a line's end would be waited for, so the end of the pipe comes in time.
    for (const QByteArray &piece : pieces)
        QVERIFY(pipe.write(piece));
    pipe.closeWriteEnd();
    take();
    QCOMPARE(read, lines);
    QCOMPARE(reader.next(&line), LineReader::Result::End);
}

void tst_LineReader::leavesOutLongLines()
{
    constexpr qsizetype longest = 10;
    Pipe pipe;
    Pipe interruption;
    LineReader reader(pipe.readEnd(), interruption.readEnd(), longest);
    QVERIFY(pipe.write("0123456789\n" + QByteArray(60'000, 'x')));
    QByteArray line;
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QCOMPARE(line, "0123456789");
    QVERIFY(pipe.write("x\n01234567890\nok"));
    pipe.closeWriteEnd();
    QCOMPARE(reader.next(&line), LineReader::Result::TooLong);
    QCOMPARE(reader.next(&line), LineReader::Result::TooLong);
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QCOMPARE(line, "ok");
    QCOMPARE(reader.next(&line), LineReader::Result::End);
}

void tst_LineReader::tellsWhatWasCutOff()
{
    // From a file, which nothing interrupts, and whose longest line could not be reserved.
    QTemporaryFile file;
    QVERIFY(file.open());
    file.write("whole\n\n" + QByteArray(300'000, 'x') + "\ncut o");
    QVERIFY(file.flush() && file.seek(0));
    LineReader reader(file.handle(), LineReader::nothing, qsizetype(1) << 40);
    QByteArray line;
    for (const qint64 end : {6, 7, 300'008}) {
        QCOMPARE(reader.next(&line), LineReader::Result::Line);
        QVERIFY(!reader.isUnended());
        QCOMPARE(reader.position(), end);
    }
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QCOMPARE(line, "cut o");
    QVERIFY(reader.isUnended());
    QCOMPARE(reader.position(), file.size());
    QCOMPARE(reader.next(&line), LineReader::Result::End);
}

void tst_LineReader::tellsWhatIsThere()
{
    Pipe pipe;
    Pipe interruption;
    LineReader reader(pipe.readEnd(), interruption.readEnd());
    QVERIFY(!reader.isReady());
    QVERIFY(pipe.write("a\nb\n"));
    QVERIFY(reader.isReady());
    QByteArray line;
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QVERIFY(reader.isReady()); // of what was read already
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QVERIFY(!reader.isReady());
    pipe.closeWriteEnd();
    QVERIFY(reader.isReady());
    QCOMPARE(reader.next(&line), LineReader::Result::End);
}

void tst_LineReader::isInterrupted()
{
    Pipe pipe;
    Pipe interruption;
    LineReader reader(pipe.readEnd(), interruption.readEnd());
    QVERIFY(pipe.write("a\nb"));
    QByteArray line;
    QCOMPARE(reader.next(&line), LineReader::Result::Line);
    QVERIFY(interruption.write("!"));
    QCOMPARE(reader.next(&line), LineReader::Result::Interrupted);
}

void tst_LineReader::tellsOfAFailure()
{
    const int folder = ::open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    QVERIFY(folder >= 0);
    Pipe interruption;
    LineReader reader(folder, interruption.readEnd());
    QByteArray line;
    const LineReader::Result result = reader.next(&line);
    const int error = errno;
    ::close(folder);
    QCOMPARE(result, LineReader::Result::Failed);
    QCOMPARE(error, EISDIR);
}

PYVENT_TEST(tst_LineReader)
#include "tst_linereader.moc"
