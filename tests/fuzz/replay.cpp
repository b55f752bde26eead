// SPDX-License-Identifier: MIT
// What stands in for libFuzzer in a normal build: runs a fuzz target on the files that are given, or that lie
// in the folders that are given, and then on mutations of them for a few seconds. PYVENT_SEED repeats a run,
// PYVENT_FUZZ_SECONDS makes it longer or shorter, and PYVENT_FUZZ_RUNS says how many mutations instead. An input that a target
// does not survive, or does not come to the end of, is in the file that it says.
#include <QtCore/qdir.h>
#include <QtCore/qelapsedtimer.h>
#include <QtCore/qrandom.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include <fcntl.h>
#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

namespace {

// What is large takes a hundred times as long, and is mostly what nobody looks at: it is taken once where it would have been so
// often.
constexpr qsizetype largeInput = 10'000;
constexpr int largeInputsShare = 10;

QByteArray current; // is run now

// Longer than any input takes, on a slow machine with sanitizers.
constexpr unsigned secondsOfAnInput = 100;

// As little as may be done in a signal handler.
extern "C" void keepInput(int signal)
{
    constexpr char name[] = "fuzz-input";
    const int file = ::open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || ::write(file, current.constData(), std::size_t(current.size())) != current.size())
        ::_exit(1);
    constexpr char text[] = "The input is in the file fuzz-input.\n";
    if (::write(STDERR_FILENO, text, sizeof text - 1) < 0)
        ::_exit(1);
    ::raise(signal); // for those that do not come by themselves
}

// Whatever ends a process. A sanitizer's own handlers stay.
void keepInputOfAnEnd()
{
    static char stack[64 * 1024]; // the other one may be full
    const stack_t alternative{.ss_sp = stack, .ss_flags = 0, .ss_size = sizeof stack};
    ::sigaltstack(&alternative, nullptr);
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGALRM}) {
        struct sigaction before = {};
        if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_DFL)
            continue;
        struct sigaction action = {};
        action.sa_handler = keepInput;
        action.sa_flags = int(SA_ONSTACK | SA_RESETHAND);
        ::sigaction(signal, &action, nullptr);
    }
}

void run(const QByteArray &bytes)
{
    current = bytes;
    ::alarm(secondsOfAnInput);
    // Exactly as large as the input, so that a sanitizer sees each byte read beyond it.
    const auto size = size_t(bytes.size());
    const auto copy = std::make_unique<uint8_t[]>(size);
    std::copy(bytes.begin(), bytes.end(), copy.get());
    LLVMFuzzerTestOneInput(copy.get(), size);
}

QByteArray contentsOf(const QString &path)
{
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

QList<QByteArray> readCorpus(const QStringList &paths)
{
    QList<QByteArray> corpus;
    for (const QString &path : paths) {
        if (!QFileInfo(path).isDir())
            corpus.append(contentsOf(path));
        const QStringList names =
            QDir(path).entryList(QDir::Files, QDir::Name); // sorted, so that a seed means the same again
        for (const QString &name : names)
            corpus.append(contentsOf(QDir(path).filePath(name)));
    }
    return corpus;
}

void mutate(QByteArray *bytes, const QByteArray &other, QRandomGenerator *random)
{
    const int at = random->bounded(int(bytes->size()) + 1);
    const char byte = char(random->bounded(256));
    switch (random->bounded(6)) {
    case 0:
        if (at < bytes->size())
            (*bytes)[at] = byte;
        break;
    case 1:
        bytes->insert(at, byte);
        break;
    case 2:
        bytes->remove(at, 1 + random->bounded(8));
        break;
    case 3:
        if (at < bytes->size())
            (*bytes)[at] = char((*bytes)[at] ^ char(1 << random->bounded(8)));
        break;
    case 4:
        bytes->insert(at, other.mid(random->bounded(int(other.size()) + 1), 1 + random->bounded(40)));
        break;
    default:
        bytes->insert(at, bytes->mid(random->bounded(int(bytes->size()) + 1), 1 + random->bounded(40)));
    }
}

} // namespace

int main(int argc, char **argv)
{
    bool isGiven = false;
    quint32 seed = qEnvironmentVariable("PYVENT_SEED").toUInt(&isGiven);
    if (!isGiven)
        seed = QRandomGenerator::global()->generate();
    bool hasSeconds = false;
    int seconds = qEnvironmentVariableIntValue("PYVENT_FUZZ_SECONDS", &hasSeconds);
    if (!hasSeconds)
        seconds = 5;
    const qint64 mostRuns = qEnvironmentVariable("PYVENT_FUZZ_RUNS").toLongLong(); // 0: as many as there is time for

    QStringList paths;
    for (int i = 1; i < argc; ++i)
        paths.append(QFile::decodeName(argv[i]));
    const QList<QByteArray> corpus = readCorpus(paths);
    keepInputOfAnEnd();
    for (const QByteArray &input : corpus)
        run(input);
    if (corpus.isEmpty()) {
        qCritical("There is nothing to replay.");
        return 1;
    }

    QRandomGenerator random(seed);
    QElapsedTimer timer;
    timer.start();
    qint64 runs = 0;
    const auto goesOn = [&] { return mostRuns > 0 ? runs < mostRuns : timer.elapsed() < seconds * qint64(1000); };
    for (; goesOn(); ++runs) {
        const auto pick = [&] {
            for (;;) {
                const QByteArray &input = corpus[random.bounded(int(corpus.size()))];
                if (input.size() < largeInput || random.bounded(largeInputsShare) == 0)
                    return input;
            }
        };
        QByteArray input = pick();
        for (int i = 1 + random.bounded(6); i > 0; --i)
            mutate(&input, pick(), &random);
        run(input);
    }
    ::alarm(0);
    qInfo("PYVENT_SEED=%u: %lld files replayed, %lld mutations run in %.1f s", seed, qlonglong(corpus.size()), runs,
          double(timer.elapsed()) / 1000);
    return 0;
}
