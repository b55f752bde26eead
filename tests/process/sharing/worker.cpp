// SPDX-License-Identifier: MIT
// One process, one node:
//
//   worker serve PORT lane|tcp
//   worker work PORT lane|tcp MS client|server [COUNT]   takes "job" as a member of the group "workers", and has finished after so many
//                                                        milliseconds; 0: when its handler returns; -1: never. Ends after COUNT of them
//   worker send PORT lane|tcp COUNT client|server
//
// It says "ready" when it is, and "error TEXT" of each error. Who works says "had N", or "again N" of one that is given once more, and "did N".
#include <PyventNode>

#include <QtCore/qcoreapplication.h>
#include <QtCore/qpromise.h>
#include <QtCore/qtimer.h>

#include <cstdio>
#include <cstdlib>

using namespace Qt::StringLiterals;

namespace {

void say(const QString &text)
{
    std::printf("%s\n", qPrintable(text));
    std::fflush(stdout);
}

int number(int argument)
{
    return std::atoi(QCoreApplication::arguments().value(argument).toLatin1());
}

// Some time later, in the event loop of \a node.
QFuture<void> doneLater(PyventNode *node, int milliseconds, int job)
{
    static std::vector<std::shared_ptr<QPromise<void>>> all; // what nobody keeps is given up
    const auto promise = all.emplace_back(std::make_shared<QPromise<void>>());
    promise->start();
    const auto end = [promise, job] {
        static int left = number(6);
        say(u"did %1"_s.arg(job));
        promise->finish();
        if (--left == 0)
            qApp->quit();
    };
    if (milliseconds == 0)
        end();
    else if (milliseconds > 0)
        QTimer::singleShot(milliseconds, node, end);
    return promise->future();
}

} // namespace

int main(int argc, char **argv)
{
    QCoreApplication app(argc, argv);
    const QString role = app.arguments().value(1);
    const bool mayServe = role == u"serve"_s || app.arguments().value(5) == u"server"_s;
    PyventNode node(
        PyventOptions{.port = number(2), .server = mayServe, .lane = app.arguments().value(3) == u"lane"_s});
    QObject::connect(&node, &PyventNode::errorOccurred, &node, [](const PyventError &error) {
        say(u"error %1 %2"_s.arg(QString::fromLatin1(QMetaEnum::fromType<PyventError::Code>().valueToKey(error.code)),
                                 error.text));
    });
    if (role == u"work"_s) {
        node.on("job", {.share = u"workers"_s}, &node, [&](const PyventEvent &event) {
            const int job = event.args.value(u"n"_s).toInt();
            say((event.redelivered ? u"again %1"_s : u"had %1"_s).arg(job));
            return doneLater(&node, number(4), job);
        });
    } else if (role == u"send"_s) {
        for (int i = 0; i < number(4); ++i)
            node.send("job", {{u"n"_s, i}});
    }
    node.whenReady().then(&node, [] { say(u"ready"_s); });
    return app.exec();
}
