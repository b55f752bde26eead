// SPDX-License-Identifier: MIT
#include "inspectorarguments.h"

#include <QtCore/qcommandlineparser.h>
#include <QtCore/qcoreapplication.h>

namespace Pyvent::Inspector {

using namespace Qt::StringLiterals;

namespace {

QString helpText()
{
    return u"Usage: pyvent-inspector [options] [LOG]\n"
           "Shows the events on a Pyvent bus, and sends events. It serves the bus only if you tell it to in its Bus "
           "menu.\n"
           "\n"
           "LOG is a file of events, one a line, as 'pyvent listen --json' prints them.\n"
           "\n"
           "Options:\n"
           "  --port N        Port of the bus, 1 to 65534. Default: the last one used, 52002 at first.\n"
           "  --address HOST  Name or IP address of the server's host. Default: the last one used, 127.0.0.1 at "
           "first.\n"
           "  --key FILE      Join a server on another machine with this secret key, which 'pyvent keygen' has made.\n"
           "  --server-key K  Join only the server whose public key is this one, or is in this .pub file.\n"
           "  --help          This text.\n"
           "  --version       The version.\n"_s;
}

InspectorArguments mistake(const QString &text)
{
    return {.output = u"pyvent-inspector: "_s + text + u"\nTry 'pyvent-inspector --help'.\n"_s, .isMistake = true};
}

} // namespace

InspectorArguments InspectorArguments::parse(const QStringList &words)
{
    QCommandLineParser parser;
    parser.addOptions({
        {u"port"_s, {}, u"N"_s},
        {u"address"_s, {}, u"HOST"_s},
        {u"key"_s, {}, u"FILE"_s},
        {u"server-key"_s, {}, u"K"_s},
        {{u"help"_s, u"h"_s}, {}},
        {{u"version"_s, u"v"_s}, {}},
    });
    if (!parser.parse(QStringList(u"pyvent-inspector"_s) + words))
        return mistake(parser.errorText());
    if (parser.isSet(u"help"_s))
        return {.output = helpText()};
    if (parser.isSet(u"version"_s))
        return {.output = u"pyvent-inspector "_s + QCoreApplication::applicationVersion() + u'\n'};

    InspectorArguments arguments;
    if (parser.isSet(u"port"_s)) {
        bool isNumber = false;
        const QString text = parser.value(u"port"_s);
        const int port = text.toInt(&isNumber);
        if (!isNumber || port < 1 || port > 65534)
            return mistake(u"--port takes a number from 1 to 65534, not '%1'."_s.arg(text));
        arguments.port = port;
    }
    if (parser.isSet(u"address"_s)) {
        if (parser.value(u"address"_s).isEmpty())
            return mistake(u"--address takes an IP address or a host's name."_s);
        arguments.address = parser.value(u"address"_s);
    }
    arguments.keyFile = parser.value(u"key"_s);
    arguments.serverKey = parser.value(u"server-key"_s);
    if (arguments.keyFile.isEmpty() != arguments.serverKey.isEmpty())
        return mistake(u"--key and --server-key go together: a server with keys knows its clients by theirs."_s);
    const QStringList logs = parser.positionalArguments();
    if (logs.size() > 1)
        return mistake(u"it opens one log, and not also '%1'."_s.arg(logs[1]));
    arguments.log = logs.value(0);
    return arguments;
}

} // namespace Pyvent::Inspector
