// SPDX-License-Identifier: MIT
#include "commandline.h"
#include "jsonwriter.h"
#include "nearestword.h"
#include "output.h"
#include "pythontext.h"

#include <PyventRulesCheck>

#include <algorithm>

namespace Pyvent::Cli {

using namespace Pyvent::Text;
using namespace Qt::StringLiterals;

namespace {

QList<QCommandLineOption> checkRulesOptions()
{
    return {
        {u"allow"_s, u"Look whether the keys that the rules name are in FILE, the list of allowed keys."_s, u"FILE"_s},
        {u"json"_s, u"Print each finding as one JSON object on one line, and no summary."_s},
    };
}

QString kindText(PyventRulesFinding::Kind kind)
{
    switch (kind) {
    case PyventRulesFinding::Mistake:
        return u"mistake"_s;
    case PyventRulesFinding::NeverMatches:
        return u"never-matches"_s;
    case PyventRulesFinding::Hidden:
        return u"hidden"_s;
    case PyventRulesFinding::PartlyHidden:
        return u"partly-hidden"_s;
    case PyventRulesFinding::Repeated:
        return u"repeated"_s;
    case PyventRulesFinding::Contradiction:
        return u"contradiction"_s;
    case PyventRulesFinding::Note:
        break;
    }
    return u"note"_s;
}

QString textOf(const PyventRulesFinding &finding)
{
    const QString nearest = nearestWord(finding.word, finding.choices);
    return nearest.isEmpty() ? finding.text : finding.text + u"; did you mean '%1'?"_s.arg(nearest);
}

// As compilers write it, so that editors find the line.
QString asLine(const QString &file, const PyventRulesFinding &finding)
{
    QString line = file + u':';
    for (const int number : {finding.line, finding.column}) {
        if (number > 0)
            line += QString::number(number) + u':';
    }
    if (finding.kind == PyventRulesFinding::Note)
        line += u" note:"_s;
    return printable(line + u' ' + textOf(finding)) + u'\n';
}

QByteArray asJson(const QString &file, const PyventRulesFinding &finding)
{
    QVariantList otherLines;
    for (const int line : finding.otherLines)
        otherLines.append(line);
    QByteArray line;
    JsonWriter(&line).writeObject({
        {u"file"_s, file},
        {u"line"_s, finding.line},
        {u"column"_s, finding.column},
        {u"kind"_s, kindText(finding.kind)},
        {u"other_lines"_s, otherLines},
        {u"text"_s, textOf(finding)},
    });
    return line + '\n';
}

int runCheckRules(const CommandLine &line)
{
    if (line.words().isEmpty())
        throw UsageError{u"the FILE with the rules is missing"_s};
    line.expectWords(1);
    if (line.isSet(u"allow"_s) && line.value(u"allow"_s).isEmpty())
        throw UsageError{u"--allow needs the name of a file"_s};
    const QString file = line.words().constFirst();
    if (file.isEmpty())
        throw UsageError{u"the FILE with the rules is missing"_s};

    const auto check = PyventRulesCheck::ofFile(file, line.value(u"allow"_s));
    const QList<PyventRulesFinding> findings = check.findings();
    const bool isJson = line.isSet(u"json"_s);
    QByteArray text;
    for (const PyventRulesFinding &finding : findings)
        text += isJson ? asJson(file, finding) : asLine(file, finding).toUtf8();
    if (!isJson) {
        const QStringList summary = check.summary();
        for (const QString &each : summary)
            text += printable(each).toUtf8() + '\n';
    }
    if (Output().write(text) == Output::Result::Failed)
        return Failed;
    const bool isGood = std::all_of(findings.begin(), findings.end(), [](const PyventRulesFinding &finding) {
        return finding.kind == PyventRulesFinding::Note;
    });
    return isGood ? Success : Failed;
}

} // namespace

const Command checkRulesCommand = {
    .name = "check-rules"_L1,
    .syntax = "FILE"_L1,
    .otherSyntax = ""_L1,
    .summary = "Look for mistakes in rules of who may send and hear what."_L1,
    .description =
        "Reads FILE, a server's rules of who may send and hear which events, and prints what its author should look\n"
        "at, one finding a line: mistakes, rules that are for nobody, rules that earlier ones hide, and rules that\n"
        "say the same or the contrary of others. Then it prints what everyone may do.\n"
        "\n"
        "A rule is a line, and the first one that is for the peer, the right and the event's name decides:\n"
        "  allow user ada      send, hear   oven.*  door\n"
        "  allow key kitchen   hear         *\n"
        "  deny  anyone        anything\n"
        "What no rule allows is refused. It is for 'user NAME', 'key NAME' or 'anyone'; '*' stands for every user or\n"
        "key. The rights are send, hear, speak-for-others, and anything, which is all of them.\n"
        "\n"
        "With --json a line is\n"
        "  {\"column\":...,\"file\":...,\"kind\":...,\"line\":...,\"other_lines\":[...],\"text\":...}\n"
        "\n"
        "It asks no server. Ends with 0 if there is nothing to look at but notes, with 1 if there is."_L1,
    .options = checkRulesOptions,
    .run = runCheckRules,
};

} // namespace Pyvent::Cli
