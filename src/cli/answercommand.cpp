// SPDX-License-Identifier: MIT
#include "answeringprogram.h"
#include "commandline.h"
#include "report.h"
#include "unixsignals.h"

#include <PyventNode>
#include <PyventPattern>

#include <QtCore/qeventloop.h>

namespace Pyvent::Cli {

using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> answerOptions()
{
    return {
        {u"with"_s, u"Answer with what this command of the shell prints."_s, u"COMMAND"_s},
        senderOption(u"Answer questions whose sender is S or begins with 'S.'. Default: of any sender."_s),
        {u"json"_s, u"The command prints the answer as JSON. Default: it prints a text."_s},
    };
}

int runAnswer(const CommandLine &line)
{
    if (line.words().isEmpty())
        throw UsageError{u"which questions? Give their name"_s};
    line.expectWords(1);
    const PyventPattern pattern(line.words().constFirst());
    if (!line.isSet(u"with"_s) || line.value(u"with"_s).isEmpty())
        throw UsageError{u"what answers '%1'? Give a command, --with COMMAND"_s.arg(pattern.text())};
    const PyventSender sender = line.sender() ? PyventSender(*line.sender()) : PyventSender(PyventSender::Any);

    UnixSignals signal;
    QEventLoop loop;
    QObject::connect(&signal, &UnixSignals::received, &loop, &QEventLoop::quit);
    PyventNode node;
    reportProblems(&node);
    if (!node.configure(line.nodeOptions()))
        return UsageMistake;
    if (!line.isQuiet()) {
        QObject::connect(&node, &PyventNode::stateChanged, &node, [&](PyventNode::State state) {
            if (state != PyventNode::Ready)
                return;
            const auto text = node.isServer() ? u"answering '%1', and serving at %2"_s : u"answering '%1' at %2"_s;
            report(text.arg(pattern.text(), whereaboutsOf(node)));
        });
    }
    AnsweringProgram program(line.value(u"with"_s), line.isSet(u"json"_s));
    const auto answer = [&program](const PyventEvent &question) { return program.answer(question); };
    if (!node.answer(pattern.text(), {.sender = sender}, &program, answer))
        return UsageMistake;
    loop.exec();
    return Success;
}

} // namespace

const Command answerCommand = {
    .name = "answer"_L1,
    .syntax = "NAME|GLOB --with COMMAND"_L1,
    .otherSyntax = ""_L1,
    .summary = "Answer questions with what a command prints."_L1,
    .description =
        "Answers each question of the name NAME, as C++, QML, Python or 'pyvent ask' ask it, with what COMMAND "
        "prints:\n"
        "a text without the last line's end, or, with --json, any value. The shell runs COMMAND. On standard input it\n"
        "has the question's arguments as a JSON object, and in its environment PYVENT_NAME and PYVENT_SENDER.\n"
        "\n"
        "Where COMMAND ends with another status than 0, the answer is an error, with what it has printed on standard\n"
        "error for its text. As many commands run at a time as there are processors. One whose asker does not wait "
        "any\n"
        "more is killed.\n"
        "\n"
        "Questions come from whoever is on the bus: have COMMAND read the arguments as data.\n"
        "\n"
        "The line 'pyvent: answering ...' on standard error tells that a question asked from then on is answered.\n"
        "\n"
        "Ends with 0 at SIGINT or SIGTERM."_L1,
    .options = answerOptions,
    .run = runAnswer,
};

} // namespace Pyvent::Cli
