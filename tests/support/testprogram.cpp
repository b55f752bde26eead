// SPDX-License-Identifier: MIT
#include "support/testprogram.h"

#include <algorithm>
#include <cstdio>
#include <limits>
#include <utility>

#ifdef QT_WIDGETS_LIB
#    include <QtWidgets/qapplication.h>
using Application = QApplication;
#else
#    include <QtCore/qcoreapplication.h>
using Application = QCoreApplication;
#endif

namespace PyventTests {
namespace {

constinit const TestSource *first = nullptr;

QByteArrayView nameOf(QByteArrayView file)
{
    file = file.sliced(file.lastIndexOf('/') + 1);
    Q_ASSERT(file.startsWith("tst_") && file.endsWith(".cpp"));
    return file.sliced(4).chopped(4);
}

} // namespace

TestSource::TestSource(const char *file, Run function)
    : m_name(nameOf(file))
    , m_run(function)
    , m_next(std::exchange(first, this))
{
}

const TestSource *TestSource::find(QByteArrayView name)
{
    const TestSource *source = first;
    while (source && source->m_name != name)
        source = source->m_next;
    return source;
}

QByteArrayList TestSource::names()
{
    QByteArrayList names;
    for (const TestSource *source = first; source; source = source->m_next)
        names.append(source->m_name.toByteArray());
    std::sort(names.begin(), names.end());
    return names;
}

} // namespace PyventTests

int main(int argc, char **argv)
{
    using PyventTests::TestSource;

    const TestSource *source = argc > 1 ? TestSource::find(argv[1]) : nullptr;
    if (!source) {
        std::fprintf(stderr, "Usage: %s SOURCE [QtTest's arguments]\nSOURCE is one of: %s\n", argv[0],
                     TestSource::names().join(", ").constData());
        return 2;
    }
    // CTest has a limit for each test. QtTest's own, of five minutes, would end the long runs with a seed.
    if (!qEnvironmentVariableIsSet("QTEST_FUNCTION_TIMEOUT"))
        qputenv("QTEST_FUNCTION_TIMEOUT", QByteArray::number(std::numeric_limits<int>::max()));
    argv[1] = argv[0];
    --argc;
    ++argv;

    Application application(argc, argv);
    Application::setAttribute(Qt::AA_Use96Dpi); // as QTEST_MAIN
    return source->run(argc, argv);
}
