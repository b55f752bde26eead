// SPDX-License-Identifier: MIT
#include "inspectorarguments.h"
#include "mainwindow.h"

#include <QtGui/qicon.h>
#include <QtWidgets/qapplication.h>

#include <cstdio>

using namespace Pyvent::Inspector;
using namespace Qt::StringLiterals;

int main(int argc, char **argv)
{
    QCoreApplication::setOrganizationName(u"Pyvent"_s);
    QCoreApplication::setApplicationName(u"pyvent-inspector"_s);
    QCoreApplication::setApplicationVersion(QStringLiteral(PYVENT_VERSION));

    // Before there is a display to connect to: help and mistakes need none.
    QStringList words;
    for (int i = 1; i < argc; ++i)
        words.append(QString::fromLocal8Bit(argv[i]));
    const InspectorArguments arguments = InspectorArguments::parse(words);
    if (!arguments.output.isEmpty()) {
        std::fputs(arguments.output.toLocal8Bit().constData(), arguments.isMistake ? stderr : stdout);
        return arguments.isMistake ? 2 : 0;
    }

    QApplication application(argc, argv);
    QGuiApplication::setApplicationDisplayName(u"Pyvent Inspector"_s);
    QGuiApplication::setDesktopFileName(u"pyvent-inspector"_s);
    QIcon::setFallbackSearchPaths(QIcon::fallbackSearchPaths() << u":/pyvent-inspector"_s);
    QApplication::setWindowIcon(QIcon::fromTheme(u"pyvent-inspector"_s, QIcon(u":/pyvent-inspector/icon.png"_s)));

    MainWindow window;
    Place place = window.rememberedPlace();
    if (arguments.port)
        place.port = *arguments.port;
    if (arguments.address)
        place.address = *arguments.address;
    window.link().setKeys(arguments.keyFile, arguments.serverKey);
    window.show();
    window.join(place);
    if (!arguments.log.isEmpty())
        window.openLog(arguments.log);
    return QApplication::exec();
}
