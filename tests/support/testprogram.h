// SPDX-License-Identifier: MIT
#ifndef PYVENT_TESTS_TESTPROGRAM_H
#define PYVENT_TESTS_TESTPROGRAM_H

#include <QtTest/qtest.h>

// A test program holds the tests of several sources, and runs those of the one that its first argument names:
// "tst_pickle picklereader" runs tst_picklereader.cpp, and what follows is QtTest's.

namespace PyventTests {

// One source's tests. All that there are form a list.
class TestSource
{
public:
    using Run = int (*)(int argc, char **argv);

    // \a file is the source's __FILE__.
    TestSource(const char *file, Run function);
    Q_DISABLE_COPY_MOVE(TestSource)

    // The one of \a name, without "tst_" and ".cpp"; null if there is none.
    static const TestSource *find(QByteArrayView name);
    static QByteArrayList names();

    int run(int argc, char **argv) const { return m_run(argc, argv); }

private:
    QByteArrayView m_name;
    Run m_run;
    const TestSource *m_next;
};

template <typename Test>
int runTest(int argc, char **argv)
{
    Test test;
    return QTest::qExec(&test, argc, argv);
}

} // namespace PyventTests

// Once in each source of tests, in place of QtTest's QTEST_MAIN.
#define PYVENT_TEST(Test) static const PyventTests::TestSource sourceOf##Test(__FILE__, &PyventTests::runTest<Test>);

#endif
